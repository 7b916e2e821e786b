//! What must hold of a monitor beyond its types.

use super::{Monitor, Things, Watch, own};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::{Bounds, acm, cloudwatch};
use crate::kinds::{Topic, check};
use crate::names::Region;
use crate::resolve::Bound;
use crate::route;
use crate::source::Route;

/// The page that says what an alarm may hold.
const SOURCE: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html";

/// The page that says when certificates are renewed.
const RENEWAL: &str = "https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html";

/// Reports every mistake of one monitor.
pub(super) fn check(entry: Bound<'_, Monitor>, diags: &mut Diagnostics) {
    let notify = entry.follow(&entry.spec().notify);
    check::same_region(entry, diags, &route!["notify"], notify);
    standard(entry, &route!["notify"], notify, diags);
    if let Some(topic) = &entry.spec().notify_edge {
        edge_topic(entry, entry.follow(topic), diags);
    }
    limits(entry, diags);
    own::check(entry, diags);
    places(entry, diags);
}

fn standard(entry: Bound<'_, Monitor>, route: &Route, topic: Bound<'_, Topic>, diags: &mut Diagnostics) {
    if topic.fifo {
        diags.push(
            Diagnostic::error("monitors/fifo-topic", "alarms cannot tell a FIFO topic")
                .at(entry.at(route), "a FIFO topic")
                .also(topic.at(&route!["fifo"]), "the topic")
                .note(SOURCE)
                .help("refer to a standard topic"),
        );
    }
}

fn edge_topic(entry: Bound<'_, Monitor>, topic: Bound<'_, Topic>, diags: &mut Diagnostics) {
    let route = route!["notify-edge"];
    standard(entry, &route, topic, diags);
    if *topic.region() != Region::US_EAST_1 {
        diags.push(
            Diagnostic::error("monitors/edge-topic", "alarms of us-east-1 tell a topic of us-east-1")
                .at(entry.at(&route), format!("this topic lives in {}", topic.region()))
                .note("CloudFront and Route 53 are measured in us-east-1 alone, and an alarm tells topics of its region")
                .help("refer to a topic of a stack with `region: us-east-1`"),
        );
    }
}

fn limits(entry: Bound<'_, Monitor>, diags: &mut Diagnostics) {
    let limits = &entry.spec().limits;
    for (key, value) in [
        ("api-errors-percent", limits.api_errors_percent),
        ("database-cpu-percent", limits.database_cpu_percent),
        ("database-connections-percent", limits.database_connections_percent),
        ("database-free-storage-percent", limits.database_free_storage_percent),
        ("function-errors-percent", limits.function_errors_percent),
        ("site-errors-percent", limits.site_errors_percent),
    ] {
        percent(entry, &route!["limits", key], u32::from(value), cloudwatch::PERCENT, diags);
    }
    let days = u32::from(limits.certificate_days);
    let route = route!["limits", "certificate-days"];
    percent(entry, &route, days, cloudwatch::CERTIFICATE_DAYS, diags);
    let watched = entry.pick(|things| &things.certificates);
    if days >= acm::RENEWAL_DAYS && watched.iter().any(|certificate| certificate.imported.is_empty()) {
        diags.push(
            Diagnostic::warning("monitors/every-renewal", "this alarm goes off at every renewal")
                .at(entry.at(&route), format!("{days} days before the end"))
                .note(format!("ACM starts to renew a certificate {} days before its end: {RENEWAL}", acm::RENEWAL_DAYS))
                .help("set 30 days: a renewal that works is over by then"),
        );
    }
}

fn percent(entry: Bound<'_, Monitor>, route: &Route, value: u32, bounds: Bounds, diags: &mut Diagnostics) {
    check::bounds(entry, diags, route, value, (bounds, SOURCE));
}

/// Reports what cannot be watched from here, and alarms that would tell nobody.
fn places(entry: Bound<'_, Monitor>, diags: &mut Diagnostics) {
    let subjects = entry.subjects();
    if let Watch::Only(things) = &entry.spec().watch
        && **things == Things::default()
        && entry.own.is_empty()
    {
        diags.push(
            Diagnostic::error("monitors/nothing", "this monitor has nothing to watch")
                .at(entry.at(&route!["watch"]), "names nothing")
                .help("name something, or write `watch: all`"),
        );
    }
    for subject in subjects.iter().filter(|subject| entry.place_for(subject.region).is_none()) {
        diags.push(
            Diagnostic::warning("monitors/other-region", format!("{} is not watched", subject.name))
                .at(entry.at(&route!["watch"]), format!("measured in {}, the monitor is in {}", subject.region, entry.region()))
                .note(format!("an alarm watches metrics of its own region: {SOURCE}"))
                .help(format!("add a monitor to a stack of {}", subject.region)),
        );
    }
    let mut told_nobody = subjects.iter().filter(|subject| {
        entry.place_for(subject.region).is_some() && entry.topic_for(subject.region).is_none()
    });
    if let Some(subject) = told_nobody.next() {
        let more = told_nobody.count();
        let others = if more > 0 { format!(" and {more} more") } else { String::new() };
        diags.push(
            Diagnostic::warning("monitors/tells-nobody", format!("alarms of {}{others} tell nobody", subject.name))
                .at(entry.at(&route!["notify-edge"]), "no topic in us-east-1")
                .note("CloudFront and Route 53 are measured in us-east-1 alone, and an alarm tells topics of its region")
                .help("make a topic in a stack with `region: us-east-1` and name it in `notify-edge`"),
        );
    }
}
