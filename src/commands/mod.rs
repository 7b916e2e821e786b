//! The subcommands: one file each, and what they share.

pub(crate) mod apply;
pub(crate) mod bootstrap;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod destroy;
pub(crate) mod diff;
pub(crate) mod dns;
pub(crate) mod doctor;
pub(crate) mod drift;
pub(crate) mod explain;
pub(crate) mod iam;
pub(crate) mod id;
pub(crate) mod init;
pub(crate) mod list;
pub(crate) mod live;
pub(crate) mod man;
pub(crate) mod new;
pub(crate) mod outputs;
pub(crate) mod recover;
pub(crate) mod rules;
pub(crate) mod schema;
pub(crate) mod status;
pub(crate) mod synth;
pub(crate) mod templates;

use std::collections::BTreeMap;

use crate::assembly::Assembly;
use crate::catalogue::level;
use crate::diag::{Diagnostic, Diagnostics, Severity, across, by_cause};
use crate::files::Project;
use crate::model::{Definition, Environment, LintLevel};
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

/// One compiled environment.
struct Compiled {
    environment: Environment,
    assembly: Assembly,
}

/// Compiles environments, or all if none is named; nothing if any finding is an error.
fn compile(
    project: &mut Project,
    environments: &[String],
    stacks: &[String],
) -> anyhow::Result<(Option<Vec<Compiled>>, Vec<Diagnostic>)> {
    let mut diags = Diagnostics::default();
    let definitions = project.definitions(environments, &mut diags)?;
    let complete = definitions.is_some();
    let sources = &project.sources;
    let results = side_by_side(definitions.unwrap_or_default(), |definition: Definition| {
        let mut diags = Diagnostics::default();
        let environment = definition.environment.clone();
        let assembly = crate::compile(definition, stacks, sources, &mut diags);
        (environment, assembly, diags.into_sorted())
    });
    let (mut compiled, mut checked) = (Some(Vec::new()), Vec::new());
    for (environment, mut assembly, findings) in results {
        let allowances = assembly.as_mut().map(|assembly| std::mem::take(&mut assembly.allowances)).unwrap_or_default();
        checked.push(Checked { environment: environment.name.to_string(), findings, allowances });
        compiled = compiled.zip(assembly).map(|(mut compiled, assembly)| {
            compiled.push(Compiled { environment, assembly });
            compiled
        });
    }
    let findings = settle(project.levels(), diags, checked, None);
    let refused = !complete || findings.iter().any(|finding| finding.severity == Severity::Error);
    Ok((compiled.filter(|_| !refused), findings))
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
