//! What several kinds check alike.

use super::Kind;
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::{self, Bounds};
use crate::resolve::Bound;
use crate::source::Route;

/// Reports a number outside what the service takes; `source` is the page that says so.
pub(super) fn bounds<K: Kind>(
    entry: Bound<'_, K>,
    diags: &mut Diagnostics,
    route: &Route,
    value: u32,
    (bounds, source): (Bounds, &str),
) {
    if bounds.contains(u64::from(value)) {
        return;
    }
    let key = route.last_key().unwrap_or("value");
    let title = format!("`{key}` must be from {} to {}", bounds.min, bounds.max);
    diags.push(
        Diagnostic::error("kinds/out-of-range", title)
            .at(entry.at(route), format!("{value} is outside"))
            .note(format!("the service refuses other values: {source}")),
    );
}

/// Words in a key that say that its value is to be kept secret.
const SECRET_WORDS: [&str; 8] =
    ["password", "passwd", "secret", "privatekey", "private_key", "apikey", "api_key", "accesskey"];

/// Starts of values that are credentials whatever their key.
const SECRET_STARTS: [&str; 6] = ["AKIA", "ASIA", "-----BEGIN", "ghp_", "sk_live_", "xoxb-"];

/// Reports a literal that looks like a secret, without printing it.
pub(super) fn secret_literal(key: &str, value: &str, at: crate::diag::At) -> Option<Diagnostic> {
    let plain = key.to_ascii_lowercase().replace('-', "_");
    let by_key = SECRET_WORDS.iter().any(|word| plain.contains(word)) && !value.is_empty();
    let by_value = SECRET_STARTS.iter().any(|start| value.starts_with(start))
        || (value.contains("://") && value.split_once('@').is_some_and(|(user, _)| user.matches(':').count() > 1));
    (by_key || by_value).then(|| {
        Diagnostic::error("kinds/secret-literal", format!("`{key}` looks like a secret"))
            .at(at.hidden(), "a literal; it is not shown here")
    })
}

/// Reports a retention of logs that CloudWatch Logs does not offer.
pub(super) fn log_retention<K: Kind>(entry: Bound<'_, K>, diags: &mut Diagnostics, route: &Route, days: u32) {
    let offered = limits::logs::RETENTION_DAYS;
    if offered.contains(&days) {
        return;
    }
    let nearest = offered.iter().copied().find(|offer| *offer > days).unwrap_or(3_653);
    diags.push(
        Diagnostic::error("kinds/log-retention", format!("CloudWatch Logs cannot keep logs for {days} days"))
            .at(entry.at(route), "not one of its periods")
            .note(format!("it offers {offered:?} days: {}", limits::logs::SOURCE))
            .help(format!("write {nearest}")),
    );
}

/// Reports a reference to something of another region where AWS wants one of the same region.
pub(super) fn same_region<K: Kind, T: Kind>(
    entry: Bound<'_, K>,
    diags: &mut Diagnostics,
    route: &Route,
    other: Bound<'_, T>,
) {
    if entry.region() == other.region() {
        return;
    }
    let title = format!("a {} takes a {} of its own region", K::NOUN, T::NOUN);
    diags.push(
        Diagnostic::error("kinds/other-region", title)
            .at(entry.at(route), format!("the {} lives in {}, this one in {}", T::NOUN, other.region(), entry.region()))
            .help(format!("refer to a {} of a stack in {}", T::NOUN, entry.region())),
    );
}
