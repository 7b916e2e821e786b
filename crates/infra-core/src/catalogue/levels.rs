//! Levels of findings: which can be set, and what they make of a finding.

use std::collections::BTreeMap;

use super::{Topic, find, nearest};
use crate::diag::{At, Diagnostic, Diagnostics, Severity};
use crate::model::{LintLevel, Project};
use crate::rules::{Rule, all};

/// Reports keys of `lints` that name nothing, name a thing twice, or lower what is always an error.
pub fn check_levels(project: &Project, diags: &mut Diagnostics) {
    let rules: Vec<&Rule> = all().collect();
    let mut seen: BTreeMap<&str, At> = BTreeMap::new();
    for (key, at) in &project.lint_places {
        let at = at.clone();
        let Some(topic) = find(&rules, key) else {
            let error = Diagnostic::error("lints/unknown", format!("there is no rule or finding `{key}`"))
                .at(at, "sets the level of nothing");
            diags.push(match nearest(&rules, key) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help("`infra rules` lists the rules"),
            });
            continue;
        };
        if let Some(first) = seen.get(topic.id()) {
            let error = Diagnostic::error("lints/twice", format!("the level of `{}` is set twice", topic.id()));
            diags.push(error.at(at.clone(), "again").also(first.clone(), "the first time").help("remove one of them"));
        }
        seen.insert(topic.id(), at.clone());
        let Some(level @ (LintLevel::Off | LintLevel::Warning)) = project.lints.get(key) else { continue };
        if let Topic::Finding(finding) = topic
            && finding.severity == Some(Severity::Error)
        {
            let title = format!("`{}` is always an error", finding.id);
            let error = Diagnostic::error("lints/by-nature", title)
                .at(at, format!("cannot be `{}`", level.as_str()))
                .note("what is not understood cannot be compiled; only findings of rules can be lowered");
            diags.push(error.help("remove this line"));
        }
    }
}

/// Returns how much a finding weighs under some levels; nothing if it is switched off.
///
/// A finding of a rule, one with a code, takes any level. Any other error stays one.
pub fn level(lints: &BTreeMap<String, LintLevel>, finding: &Diagnostic) -> Option<Severity> {
    let names = |key: &str| {
        key.eq_ignore_ascii_case(finding.id) || finding.code.is_some_and(|code| key.eq_ignore_ascii_case(code))
    };
    let set = lints.iter().find(|(key, _)| names(key)).map(|(_, level)| level);
    match (finding.severity, finding.code, set) {
        (Severity::Error, None, _) | (_, _, Some(LintLevel::Error)) => Some(Severity::Error),
        (_, _, Some(LintLevel::Off)) => None,
        (_, _, Some(LintLevel::Warning)) => Some(Severity::Warning),
        (severity, _, None) => Some(severity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Sources;

    fn findings(lints: &str) -> Vec<String> {
        let mut sources = Sources::default();
        let mut diags = Diagnostics::default();
        let text = format!(
            "project: shop\nlints: {{{lints}}}\nenvironments:\n  dev: {{ account: \"111122223333\", region: eu-west-1, domain: \
             dev.example.com }}\n"
        );
        let file = sources.add("infra.yaml", text);
        if let Some(project) = crate::model::load::project(&sources, file, &mut diags) {
            check_levels(&project, &mut diags);
        }
        diags.iter().map(|finding| format!("{} {:?}", finding.id, finding.help)).collect()
    }

    #[test]
    fn keys_of_lints_name_rules_or_findings() {
        assert_eq!(findings("workloads/liveness: off, source/tab: error"), [""; 0]);
        assert_eq!(findings("workloads/livenes: off"), ["lints/unknown [\"did you mean `workloads/liveness`?\"]"]);
        assert_eq!(findings("zzz: off"), ["lints/unknown [\"`infra rules` lists the rules\"]"]);
        assert_eq!(findings("source/tab: warning"), ["lints/by-nature [\"remove this line\"]"]);
        assert_eq!(
            findings("workloads/liveness: off, Workloads/liveness: error"),
            ["lints/twice [\"remove one of them\"]"]
        );
    }

    #[test]
    fn a_rule_takes_any_level_by_id_or_code_and_other_errors_stay() {
        let rule = Diagnostic { code: Some("MSG-001"), ..Diagnostic::error("sqs/a", "") };
        let lints = |key: &str, level| BTreeMap::from([(key.to_owned(), level)]);
        assert_eq!(level(&lints("sqs/a", LintLevel::Warning), &rule), Some(Severity::Warning));
        assert_eq!(level(&lints("msg-001", LintLevel::Off), &rule), None);
        assert_eq!(level(&lints("a/b", LintLevel::Off), &rule), Some(Severity::Error));
        assert_eq!(level(&lints("a/b", LintLevel::Off), &Diagnostic::error("a/b", "")), Some(Severity::Error));
        assert_eq!(level(&lints("a/b", LintLevel::Off), &Diagnostic::warning("a/b", "")), None);
        assert_eq!(level(&lints("a/b", LintLevel::Error), &Diagnostic::warning("a/b", "")), Some(Severity::Error));
    }
}
