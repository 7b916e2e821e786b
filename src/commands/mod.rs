//! The subcommands: one file each, and what they share.

pub(crate) mod check;
pub(crate) mod explain;
pub(crate) mod rules;
pub(crate) mod schema;
pub(crate) mod synth;

use std::collections::BTreeMap;

use crate::catalogue::level;
use crate::diag::{Diagnostic, Diagnostics, across, by_cause};
use crate::model::LintLevel;
use crate::names::Date;
use crate::rules::allow::{self, Checked};
use crate::rules::{Rule, all};

/// Levels of findings by id or code.
type Levels = BTreeMap<String, LintLevel>;

/// Does the same for every item, side by side, the first on this thread; results keep the order of the items.
fn side_by_side<T: Send, R: Send>(items: Vec<T>, one: impl Fn(T) -> R + Sync) -> Vec<R> {
    let mut items = items.into_iter();
    let results = std::thread::scope(|scope| {
        let first = items.next();
        let threads: Vec<_> = items.map(|item| scope.spawn(|| one(item))).collect();
        let first = first.map(&one).map(Ok);
        let others = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        first.into_iter().chain(others).collect::<Result<Vec<_>, _>>()
    });
    // A panic is our own bug; it goes on here and ends in the report of one.
    results.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Makes one list of what was found while loading and in each environment: without what is accepted, each finding once,
/// with the levels that the project sets, causes first.
fn settle(levels: &Levels, loading: Diagnostics, checked: Vec<Checked>, today: Option<Date>) -> Vec<Diagnostic> {
    let rules: Vec<&Rule> = all().collect();
    let found = across(allow::apply(checked, &rules, today));
    let leveled = loading.into_sorted().into_iter().chain(found).filter_map(|mut finding| {
        finding.severity = level(levels, &finding)?;
        Some(finding)
    });
    by_cause(leveled.collect())
}
