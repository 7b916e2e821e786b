//! Domain rules: what would deploy badly, or deploy green and break.
//!
//! A rule is one file, `rules/<service>/<problem>.rs`, and one line of [`RULES`]. Rules read the deployment view only,
//! never what was typed, so they hold for our own stacks and for anyone's templates. Each carries its reason, the
//! source of the fact, what AWS answers, and two examples: a bad one that raises this rule alone, and a good one that
//! is silent.

use crate::diag::Severity;

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
    /// Files that raise this rule alone; see [`crate::rules`] for the format.
    pub bad: &'static str,
    /// Files that raise nothing.
    pub good: &'static str,
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

/// Every rule, sorted by id.
pub const RULES: &[&Rule] = &[];
