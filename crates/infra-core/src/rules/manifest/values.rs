//! The forms of text that Kubernetes knows: names, labels, quantities, schedules, addresses.
//!
//! Source of all: `k8s.io/apimachinery/pkg/util/validation` and `api/resource`,
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/> (read 2026-11-30).

use std::borrow::Cow;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::names::is_label_part;
pub(super) use crate::names::{is_label_value, quantity};
use crate::view::Prop;

/// The text of a value, where all of it is known: none with a hole that a template fills.
pub(super) fn known(prop: Option<Prop<'_>>) -> Option<Cow<'_, str>> {
    prop?.text().filter(|text| !has_hole(text))
}

/// Whether a tool still fills a part of the text: Helm and others `{{ … }}`, `envsubst` `${…}`.
pub(super) fn has_hole(text: &str) -> bool {
    text.contains("{{") || text.contains("${") || text.contains("<%")
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// A DNS label of RFC 1123: lower-case letters, digits and hyphens, at most 63.
pub(super) fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = bytes.first().is_some_and(|b| is_alphanumeric(*b)) && bytes.last().is_some_and(|b| is_alphanumeric(*b));
    ends && text.len() <= 63 && bytes.iter().all(|b| is_alphanumeric(*b) || *b == b'-')
}

/// A DNS subdomain of RFC 1123: parts of lower-case letters, digits and hyphens with dots between, at most 253.
pub(super) fn is_subdomain(text: &str) -> bool {
    let part = |part: &str| {
        let bytes = part.as_bytes();
        let ends =
            bytes.first().is_some_and(|b| is_alphanumeric(*b)) && bytes.last().is_some_and(|b| is_alphanumeric(*b));
        ends && bytes.iter().all(|b| is_alphanumeric(*b) || *b == b'-')
    };
    text.len() <= 253 && text.split('.').all(part)
}

/// The key of a label or annotation: a name, before it perhaps a domain and a slash.
pub(super) fn is_qualified(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && is_label_part(name),
        None => is_label_part(text),
    }
}

/// The name of a port: lower-case letters, digits and single hyphens, one letter at least, at most 15.
pub(super) fn is_port_name(text: &str) -> bool {
    let plain = text.bytes().all(|b| is_alphanumeric(b) || b == b'-');
    plain
        && (1..=15).contains(&text.len())
        && text.bytes().any(|b| b.is_ascii_lowercase())
        && !text.contains("--")
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A key of a `ConfigMap` or Secret.
pub(super) fn is_config_key(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && text != "."
        && !text.starts_with("..")
}

/// What the quantity was probably meant to be: `512MB` is `512M`, `1GiB` is `1Gi`, `500 m` is `500m`.
pub(super) fn meant_quantity(text: &str) -> Option<String> {
    let compact: String = text.split_whitespace().collect();
    let trimmed = compact.trim_end_matches(['b', 'B']);
    let upper = |text: &str| {
        let at = text.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, unit) = text.split_at_checked(at)?;
        let unit = match unit.to_ascii_lowercase().as_str() {
            "ki" => "Ki",
            "mi" | "mb" => "Mi",
            "gi" | "gb" => "Gi",
            "ti" => "Ti",
            "k" => "k",
            "g" => "G",
            "t" => "T",
            _ => return None,
        };
        Some(format!("{number}{unit}"))
    };
    let found = [Some(trimmed.to_owned()), upper(trimmed)].into_iter().flatten().find(|text| quantity(text).is_some());
    found.filter(|found| found != text)
}

/// Whether text is base64 with its padding; line breaks do not count.
pub(super) fn is_base64(text: &str) -> bool {
    let text: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let padding = text.iter().rev().take_while(|b| **b == b'=').count();
    let body = text.get(..text.len() - padding).unwrap_or_default();
    text.len().is_multiple_of(4)
        && padding <= 2
        && body.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
}

/// A time of RFC 3339: `2026-11-30T12:00:00Z`, perhaps with a fraction and an offset.
pub(super) fn is_time(text: &str) -> bool {
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    let form = |part: &str, separator: char| {
        let mut parts = part.split(separator);
        let first = if separator == '-' { 4 } else { 2 };
        let is_first = parts.next().is_some_and(|part| digits(part, first));
        is_first && parts.clone().count() == 2 && parts.all(|part| digits(part, 2))
    };
    let Some((date, clock)) = text.split_once('T') else { return false };
    let end = clock.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(clock.len());
    let Some((clock, zone)) = clock.split_at_checked(end) else { return false };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let offset = |zone: &str| {
        let parts = zone.strip_prefix(['+', '-']).and_then(|zone| zone.split_once(':'));
        parts.is_some_and(|(hours, minutes)| digits(hours, 2) && digits(minutes, 2))
    };
    let is_zone = zone == "Z" || offset(zone);
    form(date, '-') && form(clock, ':') && !fraction.is_empty() && digits(fraction, fraction.len()) && is_zone
}

/// An address; numbers with leading zeros are none.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// A block of addresses; bits behind the prefix are taken.
pub(super) fn block(text: &str) -> Option<IpNet> {
    text.parse().ok()
}

/// A share such as `25%` or a count; nothing if it is neither.
pub(super) fn share(text: &str) -> Option<u32> {
    text.strip_suffix('%').unwrap_or(text).parse().ok()
}

/// The smallest and largest number of each field of a schedule.
///
/// Source: <https://pkg.go.dev/github.com/robfig/cron/v3>, which the `CronJob` controller reads schedules with
/// (read 2026-11-30). Sunday is 0 only.
const SCHEDULE: [(&str, u32, u32, &[&str]); 5] = [
    ("minute", 0, 59, &[]),
    ("hour", 0, 23, &[]),
    ("day of the month", 1, 31, &[]),
    ("month", 1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    ("day of the week", 0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

/// Says what is wrong with a schedule of cron.
pub(super) fn schedule_fault(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("is empty".to_owned());
    }
    if text.contains("TZ=") {
        return Some("names a time zone, which `timeZone` is for".to_owned());
    }
    if let Some(name) = text.strip_prefix('@') {
        let known = ["yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly"];
        let every = name.strip_prefix("every ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        return (!known.contains(&name) && !every).then(|| format!("has no form `@{name}`"));
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != SCHEDULE.len() {
        return Some(format!("has {}, not 5", crate::diag::counted(i64::try_from(fields.len()).unwrap_or(0), "field")));
    }
    let mut faults = fields.iter().zip(SCHEDULE).filter_map(|(field, (name, low, high, names))| {
        let bad = field.split(',').find(|part| !is_part(part, low, high, names))?;
        Some(format!("has the {name} `{bad}`; it is {low} to {high}"))
    });
    faults.next()
}

fn is_part(part: &str, low: u32, high: u32, names: &[&str]) -> bool {
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (part, None),
    };
    if step.is_some_and(|step| step.parse::<u32>().is_ok_and(|step| step == 0) || step.parse::<u32>().is_err()) {
        return false;
    }
    if matches!(range, "*" | "?") {
        return true;
    }
    let number = |text: &str| -> Option<u32> {
        let at = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let month_or_day = at.and_then(|at| u32::try_from(at).ok()).map(|at| at + low);
        month_or_day.or_else(|| text.parse().ok()).filter(|number| (low..=high).contains(number))
    };
    match range.split_once('-') {
        Some((from, to)) => matches!((number(from), number(to)), (Some(from), Some(to)) if from <= to),
        None => number(range).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_quantity_is_corrected() {
        assert_eq!(meant_quantity("512MB").as_deref(), Some("512M"));
        assert_eq!(meant_quantity("1gi").as_deref(), Some("1Gi"));
        assert_eq!(meant_quantity("100MiB").as_deref(), Some("100Mi"));
        assert_eq!(meant_quantity("much"), None);
    }

    #[test]
    fn names_and_labels_are_those_of_kubernetes() {
        assert!(is_label("a-1") && !is_label("A") && !is_label("a-") && !is_label("a.b") && !is_label(""));
        assert!(is_subdomain("a.b-c") && !is_subdomain("a..b") && !is_subdomain("a_b"));
        assert!(is_label_value("") && is_label_value("1.0_a") && !is_label_value("1.0-") && !is_label_value("a b"));
        assert!(is_qualified("app.kubernetes.io/name") && !is_qualified("a/b/c") && !is_qualified("/a"));
        assert!(is_port_name("http-2") && !is_port_name("80") && !is_port_name("a-very-long-port-name"));
        assert!(is_config_key("log.level") && !is_config_key("log/level") && !is_config_key(".."));
    }

    #[test]
    fn schedules_are_those_of_cron() {
        for good in ["*/5 * * * *", "0 7-19/2 1,15 JAN-MAR mon", "@daily", "@every 1h", "? ? * * 0"] {
            assert_eq!(schedule_fault(good), None, "{good}");
        }
        for bad in
            ["every 5 minutes", "60 * * * *", "* * * * 7", "*/0 * * * *", "* * * * * *", "", "@often", "5-1 * * * *"]
        {
            assert!(schedule_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn times_are_those_of_rfc_3339() {
        for good in ["2026-11-30T12:00:00Z", "2026-11-30T12:00:00.123456+01:00"] {
            assert!(is_time(good), "{good}");
        }
        for bad in ["yesterday", "2026-11-30", "2026-11-30T12:00Z", "2026-11-30T12:00:00", "26-11-30T12:00:00Z"] {
            assert!(!is_time(bad), "{bad}");
        }
    }

    #[test]
    fn base64_has_its_padding() {
        assert!(is_base64("aGVsbG8=") && is_base64("") && is_base64("aGVs\nbG8=\n"));
        assert!(!is_base64("hello!") && !is_base64("aGVsbG8"));
    }
}
