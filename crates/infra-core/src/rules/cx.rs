//! What a rule reports to.

use super::{Evidence, Rule};
use crate::diag::{Diagnostic, Severity};

/// Takes the findings of one rule.
#[derive(Debug)]
pub struct Cx<'r> {
    rule: &'r Rule,
    found: Vec<Diagnostic>,
}

impl<'r> Cx<'r> {
    pub(super) fn new(rule: &'r Rule) -> Self {
        Self { rule, found: Vec::new() }
    }
}

impl Cx<'_> {
    /// Reports a finding that was started at a value, a resource, an object or a record set.
    ///
    /// The rule adds its id, its weight, its reason and where that is written.
    pub fn report(&mut self, finding: Diagnostic) {
        self.report_as(self.rule.severity, finding);
    }

    /// Reports a finding that weighs otherwise than most of this rule: it works and will hurt, or is no more than advice.
    pub fn report_as(&mut self, severity: Severity, mut finding: Diagnostic) {
        let rule = self.rule;
        finding.id = rule.id;
        finding.code = Some(rule.code);
        finding.severity = severity;
        finding.url = rule.sources.first().copied();
        finding.notes.insert(0, rule.why.to_owned());
        if let Some(error) = rule.error {
            finding.notes.push(format!("the answer would be: {error}"));
        }
        if rule.evidence == Evidence::Memory {
            finding.notes.push("this is common knowledge that no source at hand confirms".to_owned());
        }
        self.found.push(finding);
    }

    pub(super) fn into_findings(self) -> Vec<Diagnostic> {
        self.found
    }
}
