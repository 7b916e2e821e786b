//! What several kinds check alike.

use super::Kind;
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::Bounds;
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
