//! What must hold of a record, and of all records of one zone together.

use std::collections::BTreeMap;

use super::{Failover, Geolocation, Record, Routing, Values};
use crate::diag::{At, Diagnostic, Diagnostics};
use crate::kinds::HostedZone;
use crate::names::DomainName;
use crate::resolve::Bound;
use crate::route;

/// The page about routing policies.
const POLICIES: &str = "https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html";

/// Checks one record.
pub(super) fn check(entry: Bound<'_, Record>, diags: &mut Diagnostics) {
    let zone = entry.follow(&entry.spec().zone);
    let name = &entry.spec().name;
    if !name.is_within(&zone.domain) {
        diags.push(
            Diagnostic::error("records/outside-zone", format!("`{name}` does not lie in the zone `{}`", zone.domain))
                .at(entry.at(&route!["name"]), "outside")
                .also(zone.at(&route!["domain"]), "the zone")
                .help(format!("end the name in `.{}`, or name another zone", zone.domain)),
        );
    }
    match (&entry.spec().alias, &entry.spec().values) {
        (Some(_), Some(_)) | (None, None) => diags.push(
            Diagnostic::error("records/one-answer", "a record has either `alias` or `values`")
                .at(entry.at(&route!["alias"]), "not exactly one of them"),
        ),
        (Some(_), None) => check_alias(entry, zone, diags),
        (None, Some(values)) => check_values(entry, zone, values, diags),
    }
    check_routing(entry, diags);
}

fn check_alias(entry: Bound<'_, Record>, zone: Bound<'_, HostedZone>, diags: &mut Diagnostics) {
    let Some(alias) = &entry.spec().alias else { return };
    let name = &entry.spec().name;
    if let Some((names, at)) = alias.serves(entry)
        && !names.iter().any(|served| served.covers(name))
    {
        let served: Vec<&str> = names.iter().map(DomainName::as_str).collect();
        diags.push(
            Diagnostic::error("records/alias-not-served", format!("the target does not serve `{name}`"))
                .at(entry.at(&route!["name"]), "this name")
                .also(at, format!("serves {}", crate::resolve::list(served)))
                .note("the name would resolve and then fail: the target answers only for names it lists")
                .help(format!("add `{name}` to the target, or use one of its names here")),
        );
    }
    if alias.is_cloudfront() {
        if zone.is_private() {
            let title = "CloudFront cannot be an alias target in a private zone";
            let error = Diagnostic::error("records/cloudfront-in-private-zone", title);
            diags.push(error.at(entry.at(&route!["zone"]), "a private zone").help("put the record into the public zone"));
        }
        if entry.spec().evaluate_target_health == Some(true) {
            diags.push(
                Diagnostic::error("records/cloudfront-health", "Route 53 cannot look at the health of CloudFront")
                    .at(entry.at(&route!["evaluate-target-health"]), "must be false")
                    .help("remove the line; for failover name a `health-check`"),
            );
        }
    }
    if let super::AliasTarget::Record(other) = alias {
        let other = entry.follow(other);
        if other.follow(&other.spec().zone).id != zone.id {
            let error = Diagnostic::error("records/alias-other-zone", "an alias of a record needs one of its own zone");
            diags.push(error.at(entry.at(&route!["alias"]), "another zone").also(other.at(&route!["zone"]), "its zone"));
        }
        if entry.end().is_none() {
            let error = Diagnostic::error("records/alias-of-itself", "a record cannot be an alias of itself");
            let text = if other.id == entry.id { "this record" } else { "leads round in a circle" };
            diags.push(error.at(entry.at(&route!["alias"]), text));
        }
    }
}

fn check_values(entry: Bound<'_, Record>, zone: Bound<'_, HostedZone>, values: &Values, diags: &mut Diagnostics) {
    if values.len() == 0 {
        let error = Diagnostic::error("records/no-values", "a record needs at least one value");
        diags.push(error.at(entry.at(&route!["values"]), "empty"));
    }
    if let Values::Txt(texts) = values {
        for (index, text) in texts.iter().enumerate().filter(|(_, text)| is_quoted(text)) {
            diags.push(
                Diagnostic::warning("records/quoted-text", "the quotes and backslashes of this text become part of it")
                    .at(entry.at(&route!["values", "txt", index]), format!("written as other tools write it: `{text}`"))
                    .note("text is written plainly here; quotes, escapes and the splitting of long text are added")
                    .help("write the text without quotes around it and without backslashes before `;` and `\"`"),
            );
        }
    }
    let apex = entry.spec().name == zone.domain;
    if apex && matches!(values, Values::Cname(_)) {
        diags.push(
            Diagnostic::error("records/cname-at-apex", "the apex of a zone cannot be a CNAME")
                .at(entry.at(&route!["values"]), format!("`{}` is the zone's own name", zone.domain))
                .note("Route 53 refuses it: \"RRSet of type CNAME … is not permitted at apex in zone\"")
                .help("use `alias`"),
        );
    }
    if entry.spec().name.is_wildcard() && matches!(values, Values::Ns(_)) {
        let error = Diagnostic::error("records/wildcard-ns", "a wildcard cannot be delegated");
        diags.push(error.at(entry.at(&route!["name"]), "a wildcard"));
    }
}

/// Whether a text is in the quotes, or has the escapes, of a zone file.
fn is_quoted(text: &str) -> bool {
    (text.len() > 1 && text.starts_with('"') && text.ends_with('"')) || text.contains("\\;") || text.contains("\\\"")
}

fn check_routing(entry: Bound<'_, Record>, diags: &mut Diagnostics) {
    let alias = entry.spec().alias.as_ref();
    match &entry.spec().routing {
        Some(Routing::Latency(latency)) => {
            let target = alias.and_then(|alias| alias.region(entry));
            let at = entry.at(&route!["routing", "latency", "region"]);
            match (latency.region, target) {
                (None, None) => diags.push(
                    Diagnostic::error("records/latency-region", "a latency record needs a region")
                        .at(at, "not named, and the target has none")
                        .help("add `region`"),
                ),
                (Some(written), Some(target)) if written != target => diags.push(
                    Diagnostic::error("records/latency-region", format!("the target lives in {target}, not in {written}"))
                        .at(at, "steers traffic to the far region")
                        .note("Route 53 does not check it: the wrong region answers and nothing fails")
                        .help("remove `region`; that of the target is taken"),
                ),
                (Some(_), _) | (None, Some(_)) => {}
            }
        }
        Some(Routing::Failover(Failover::Primary)) => {
            let healthy = match alias {
                None => entry.spec().health_check.is_some(),
                Some(alias) => entry.spec().health_check.is_some() || alias.answer(entry).has_health,
            };
            if !healthy {
                diags.push(
                    Diagnostic::error("records/failover-without-health", "this primary can never fail over")
                        .at(entry.at(&route!["routing"]), "nothing tells Route 53 that it is unhealthy")
                        .note("APIs, distributions and plain values have no health of their own that Route 53 sees")
                        .help("add `health-check`"),
                );
            }
        }
        Some(Routing::Weighted(_) | Routing::Failover(Failover::Secondary) | Routing::Geolocation(_) | Routing::Multivalue(_))
        | None => {}
    }
    if matches!(entry.spec().routing, Some(Routing::Multivalue(_))) && alias.is_some() {
        let error = Diagnostic::error("records/multivalue-alias", "multivalue answers are for plain values");
        diags.push(error.at(entry.at(&route!["routing"]), "this record is an alias"));
    }
}

/// Checks the records of one name and type against each other; they may stand in different stacks.
pub(in crate::kinds) fn check_zone(zone: Bound<'_, HostedZone>, diags: &mut Diagnostics) {
    let mut groups: BTreeMap<(&DomainName, &'static str), Vec<Bound<'_, Record>>> = BTreeMap::new();
    for record in zone.referrers::<Record>() {
        for (record_type, _) in record.sets() {
            groups.entry((&record.spec().name, record_type)).or_default().push(record);
        }
    }
    for ((name, record_type), records) in groups {
        // What holds of the A records of an alias holds of its AAAA records; once is enough.
        if record_type == "AAAA" && records.iter().all(|record| record.spec().alias.is_some()) {
            continue;
        }
        check_group(name, record_type, &records, diags);
    }
}

fn check_group(name: &DomainName, record_type: &str, records: &[Bound<'_, Record>], diags: &mut Diagnostics) {
    let [first, rest @ ..] = records else { return };
    let policy = |record: &Bound<'_, Record>| record.spec().routing.as_ref().map(word);
    if let Some(other) = rest.iter().find(|other| policy(other) != policy(first)) {
        let title = format!("the {record_type} records of {name} have different routing policies");
        diags.push(
            Diagnostic::error("records/mixed-routing", title)
                .at(other.at(&route!["routing"]), policy(other).unwrap_or("none"))
                .also(first.at(&route!["routing"]), policy(first).unwrap_or("none"))
                .note(format!("one name and type has one policy: {POLICIES}")),
        );
        return;
    }
    match &first.spec().routing {
        Some(Routing::Failover(_)) => check_failover(name, records, diags),
        Some(Routing::Geolocation(_)) => check_geolocation(name, first, records, diags),
        Some(Routing::Latency(_)) => check_latency(name, records, diags),
        Some(Routing::Weighted(_)) => check_weighted(name, first, rest, diags),
        Some(Routing::Multivalue(_)) | None => {}
    }
}

fn word(routing: &Routing) -> &'static str {
    match routing {
        Routing::Weighted(_) => "weighted",
        Routing::Latency(_) => "latency",
        Routing::Failover(_) => "failover",
        Routing::Geolocation(_) => "geolocation",
        Routing::Multivalue(_) => "multivalue",
    }
}

fn check_failover(name: &DomainName, records: &[Bound<'_, Record>], diags: &mut Diagnostics) {
    for (role, text) in [(Failover::Primary, "primary"), (Failover::Secondary, "secondary")] {
        let of_role: Vec<_> =
            records.iter().filter(|record| record.spec().routing == Some(Routing::Failover(role))).collect();
        let at: Option<At> = match of_role.as_slice() {
            [_] => continue,
            [] => records.first().map(|record| record.at(&route!["routing"])),
            [_, second, ..] => Some(second.at(&route!["routing"])),
        };
        let title = format!("{name} has {} {text} failover records instead of one", of_role.len());
        let error = Diagnostic::error("records/failover-pair", title);
        diags.extend(at.map(|at| error.at(at, "failover is a pair").help("declare one primary and one secondary")));
    }
    let distributions = records.iter().filter(|record| record.spec().alias.as_ref().is_some_and(super::AliasTarget::is_cloudfront));
    if distributions.count() > 1
        && let Some(second) = records.get(1)
    {
        let title = format!("primary and secondary of {name} cannot both be CloudFront");
        diags.push(
            Diagnostic::error("records/failover-both-cloudfront", title)
                .at(second.at(&route!["alias"]), "a name belongs to one distribution only")
                .help("use one distribution with an origin group"),
        );
    }
}

fn check_geolocation(name: &DomainName, first: &Bound<'_, Record>, records: &[Bound<'_, Record>], diags: &mut Diagnostics) {
    let default = Some(Routing::Geolocation(Geolocation::Default));
    if !records.iter().any(|record| record.spec().routing == default) {
        diags.push(
            Diagnostic::error("records/no-default-location", format!("{name} has no answer for the rest of the world"))
                .at(first.at(&route!["routing"]), "no record is the default")
                .note(format!("Route 53 gives no answer where no location matches: {POLICIES}"))
                .help("add a record with `routing: { geolocation: default }`"),
        );
    }
}

fn check_latency(name: &DomainName, records: &[Bound<'_, Record>], diags: &mut Diagnostics) {
    let mut seen = BTreeMap::new();
    for record in records {
        let Some(Routing::Latency(latency)) = &record.spec().routing else { continue };
        let Some(region) = record.latency_region(latency) else { continue };
        if let Some(earlier) = seen.insert(region, record) {
            diags.push(
                Diagnostic::error("records/latency-twice", format!("{name} has two latency records for {region}"))
                    .at(record.at(&route!["routing"]), "this one")
                    .also(earlier.at(&route!["routing"]), "and this one"),
            );
        }
    }
}

fn check_weighted(name: &DomainName, first: &Bound<'_, Record>, rest: &[Bound<'_, Record>], diags: &mut Diagnostics) {
    let plain = |record: &Bound<'_, Record>| record.spec().values.is_some();
    if let Some(other) = rest.iter().find(|other| plain(other) && plain(first) && other.ttl != first.ttl) {
        diags.push(
            Diagnostic::error("records/weighted-ttl", format!("the weighted records of {name} need one `ttl`"))
                .at(other.at(&route!["ttl"]), format!("{} seconds", other.ttl))
                .also(first.at(&route!["ttl"]), format!("{} seconds", first.ttl)),
        );
    }
}
