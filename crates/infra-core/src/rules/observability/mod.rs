//! Traces, logs and alarms.

mod alarm_window;
mod broken_request_id;
mod collector_identity;
mod dimension_value;
mod fifo_topic_tracing;
mod forgotten_alarm;
mod log_retention;
mod propagators;
mod unheard_alarm;
mod unknown_metric;
mod xray_daemon;

use super::Rule;
use crate::view::{Prop, Resource};

pub(super) const RULES: &[&Rule] = &[
    &alarm_window::RULE,
    &broken_request_id::RULE,
    &collector_identity::RULE,
    &dimension_value::RULE,
    &fifo_topic_tracing::RULE,
    &forgotten_alarm::RULE,
    &log_retention::RULE,
    &propagators::RULE,
    &unheard_alarm::RULE,
    &unknown_metric::RULE,
    &xray_daemon::RULE,
];

/// Returns the objects of an alarm that name a metric: its own properties, or the metrics of its queries.
fn metrics<'v>(alarm: &Resource<'v>) -> impl Iterator<Item = Prop<'v>> + use<'v> {
    let queries = alarm.each("Metrics").filter_map(|query| query.get("MetricStat.Metric"));
    std::iter::once(alarm.properties()).filter(|own| own.key("MetricName").is_some()).chain(queries)
}
