//! Domain rules: what would deploy badly, or deploy green and break.
//!
//! A rule is one file, `rules/<service>/<problem>.rs`, and one line of its service's table. Rules read the deployment view only,
//! never what was typed, so they hold for our own stacks and for anyone's templates. Each carries its reason, the
//! source of the fact, what AWS answers, and two examples: a bad one that raises this rule alone, and the change that
//! makes it good.
//!
//! An example is one or more files: CloudFormation templates, Kubernetes manifests or Route 53 change batches. A line
//! `#: name.yaml region=eu-west-1 account=111122223333 today=2026-11-23` starts a file; what it leaves out is as here.
//! A comment line with `^` points at the line above it: there, at that very column, the finding is expected.

mod acm;
pub mod allow;
mod apigateway;
mod cloudformation;
mod cloudfront;
mod cloudmap;
mod cx;
mod delivery;
mod dynamodb;
mod eks;
mod elb;
mod events;
mod iam;
mod kubernetes;
mod lambda;
pub mod manifest;
mod network;
mod observability;
mod patterns;
mod prelude;
mod rds;
mod resilience;
mod route53;
pub mod schema;
mod security;
mod sns;
mod sqs;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use cx::Cx;

use std::collections::BTreeSet;

use crate::diag::{At, Diagnostic, Diagnostics, Severity};
use crate::view::{Object, Record, Resource, View};

/// One domain rule.
#[derive(Debug)]
pub struct Rule {
    /// `<service>/<problem>` in kebab case; stable.
    pub id: &'static str,
    /// Its code in the catalogue, such as `ACM-001`; stable, accepted wherever the id is.
    pub code: &'static str,
    /// How much a finding weighs, unless `infra.yaml` says otherwise.
    pub severity: Severity,
    /// When the mistake would show without the rule.
    pub phase: Phase,
    /// What is wrong, as one lower-case phrase.
    pub title: &'static str,
    /// The fact behind the rule and what breaks: one to three sentences.
    pub why: &'static str,
    /// What AWS or Kubernetes answers, word for word, where it answers at all.
    pub error: Option<&'static str>,
    /// Where the fact stands; the first is shown with every finding.
    pub sources: &'static [&'static str],
    /// On what the fact rests.
    pub evidence: Evidence,
    /// Files that raise this rule alone; the room's own documentation has the format.
    pub bad: &'static str,
    /// What to change of `bad` so that it raises nothing: texts that occur in it once, and what comes in their place.
    pub good: &'static [(&'static str, &'static str)],
    /// What it looks at, and how.
    pub check: Check,
}

/// What a rule looks at. The narrowest that does is the fastest and the easiest to read.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// Each resource of some types.
    Resources(&'static [&'static str], fn(&mut Cx<'_>, Resource<'_>)),
    /// Each Kubernetes object of some kinds.
    Objects(&'static [&'static str], fn(&mut Cx<'_>, Object<'_>)),
    /// Each record set that is written, of templates and change batches.
    Records(fn(&mut Cx<'_>, Record<'_>)),
    /// The whole deployment, once.
    View(fn(&mut Cx<'_>, &View<'_>)),
}

impl Rule {
    /// Returns the good example: the bad one with the change made, and without the marks.
    pub fn good_example(&self) -> String {
        let changed = self.good.iter().fold(self.bad.to_owned(), |text, (old, new)| text.replace(old, new));
        without_marks(&changed)
    }

    /// Returns the bad example without the marks.
    pub fn bad_example(&self) -> String {
        without_marks(self.bad)
    }

    /// Returns the service, the first part of the id.
    pub fn service(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(service, _)| service)
    }
}

/// Whether a line of an example only points at the one above it.
pub fn is_mark(line: &str) -> bool {
    line.starts_with('#') && line.contains('^') && line.chars().all(|c| matches!(c, '#' | ' ' | '^'))
}

fn without_marks(text: &str) -> String {
    let lines = text.trim_start_matches('\n').lines().filter(|line| !is_mark(line));
    lines.fold(String::with_capacity(text.len()), |text, line| text + line + "\n")
}

/// When a mistake shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// CloudFormation refuses or hangs.
    Deploy,
    /// Route 53 refuses the change batch.
    Apply,
    /// It deploys green, then traffic or data breaks.
    Runtime,
    /// The design contradicts itself.
    Design,
    /// A date passes; such rules run only when the day is known.
    Calendar,
    /// It costs money for nothing.
    Cost,
    /// Someone may do more than they should.
    Security,
}

/// On what a fact rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The API's own model or documentation says so.
    Documented,
    /// It was seen to happen, by us or in a public report.
    Observed,
    /// Common knowledge that no source at hand confirms; never more than a warning, which says so.
    Memory,
}

/// The rules of each service, sorted by service; in a service sorted by id.
const SERVICES: &[&[&Rule]] = &[
    acm::RULES,
    apigateway::RULES,
    cloudformation::RULES,
    cloudfront::RULES,
    cloudmap::RULES,
    delivery::RULES,
    dynamodb::RULES,
    eks::RULES,
    elb::RULES,
    events::RULES,
    iam::RULES,
    kubernetes::RULES,
    lambda::RULES,
    network::RULES,
    observability::RULES,
    rds::RULES,
    resilience::RULES,
    route53::RULES,
    security::RULES,
    sns::RULES,
    sqs::RULES,
];

/// Returns every rule, sorted by id.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    SERVICES.iter().copied().flatten().copied()
}

/// Checks a deployment against every rule and every schema, and reports what they find.
///
/// Calendar rules run only if the view knows the day.
pub fn check<'v>(view: &'v View<'v>, diags: &mut Diagnostics) {
    let mut found: Vec<Diagnostic> = Vec::new();
    for rule in all() {
        if rule.phase == Phase::Calendar && view.today().is_none() {
            continue;
        }
        let mut cx = Cx::new(rule);
        match rule.check {
            Check::Resources(kinds, check) => {
                kinds.iter().flat_map(|kind| view.of(kind)).for_each(|resource| check(&mut cx, resource));
            }
            Check::Objects(kinds, check) => {
                view.objects().filter(|object| kinds.contains(&object.kind())).for_each(|it| check(&mut cx, it));
            }
            Check::Records(check) => {
                view.records().filter(|record| !record.deleted()).for_each(|record| check(&mut cx, record));
            }
            Check::View(check) => check(&mut cx, view),
        }
        found.extend(cx.into_findings());
    }
    let mut of_schemas = Diagnostics::default();
    schema::check(view, &mut of_schemas);
    manifest::check(view, &mut of_schemas);
    // A rule knows more about a value than its schema, so one finding is enough.
    let told: BTreeSet<&At> = found.iter().filter_map(|finding| Some(&finding.primary.as_ref()?.at)).collect();
    let is_told = |finding: &Diagnostic| {
        let at = finding.primary.as_ref().map(|label| &label.at);
        schema::is_about_value(finding.id) && at.is_some_and(|at| told.contains(at))
    };
    diags.extend(of_schemas.iter().filter(|finding| !is_told(finding)).cloned());
    diags.extend(found);
}
