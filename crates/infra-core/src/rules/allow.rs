//! What users accept: findings of rules that are right where they are, for a reason and perhaps for a time.
//!
//! Works over all environments of a run at once: an allowance that one of them needs is not superfluous.

use std::collections::{BTreeMap, BTreeSet};

use super::{Phase, Rule};
use crate::artifacts::Expr;
use crate::diag::{At, Diagnostic, suggest};
use crate::lower::Artifacts;
use crate::model::Allow;
use crate::names::Date;
use crate::resolve::{EntryId, Resolved};
use crate::route;
use crate::view::{Owner, View};

/// An `allow` entry with the deployed things it speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// What was written.
    pub allow: Allow,
    /// Where it was written.
    pub at: At,
    /// Subjects of findings that it covers, such as `shop-prod-edge/SiteApp`.
    pub subjects: BTreeSet<String>,
}

/// What the rules found in one environment, before anything is accepted.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Name of the environment.
    pub environment: String,
    /// The findings.
    pub findings: Vec<Diagnostic>,
    /// What is accepted there.
    pub allowances: Vec<Allowance>,
}

/// Returns whether one of `allowances` speaks for a finding, without judging it.
pub fn is_accepted(allowances: &[Allowance], finding: &Diagnostic) -> bool {
    let subject = finding.subject.as_deref().unwrap_or_default();
    let speaks = |it: &Allowance| finding.id == it.allow.rule || finding.code.is_some_and(|code| code == it.allow.rule);
    allowances.iter().any(|it| speaks(it) && it.subjects.contains(subject))
}

/// Takes out the findings that are accepted, and reports allowances that are wrong, expired or superfluous.
///
/// Without a day nothing expires, and allowances of rules about dates, which do not run then, are not superfluous.
/// One that has expired accepts nothing; one without a reason does, so that one mistake is one finding.
pub fn apply(checked: Vec<Checked>, rules: &[&Rule], today: Option<Date>) -> Vec<(String, Vec<Diagnostic>)> {
    let mut needed: BTreeMap<(At, String), bool> = BTreeMap::new();
    let mut kept = Vec::new();
    for Checked { environment, findings, allowances } in checked {
        let mut own = Vec::new();
        let mut active = Vec::new();
        for allowance in allowances {
            match examine(&allowance, rules, today) {
                Ok(rule) => {
                    own.extend(no_reason(&allowance));
                    active.push((rule, allowance));
                }
                Err(finding) => own.push(*finding),
            }
        }
        let mut by_subject: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (index, (rule, allowance)) in active.iter().enumerate() {
            for subject in &allowance.subjects {
                by_subject.entry((rule.id, subject.as_str())).or_default().push(index);
            }
        }
        let mut used = BTreeSet::new();
        let findings = findings.into_iter().filter(|finding| {
            let subject = finding.subject.as_deref().unwrap_or_default();
            let accepting = by_subject.get(&(finding.id, subject));
            used.extend(accepting.into_iter().flatten().copied());
            accepting.is_none()
        });
        let mut findings: Vec<Diagnostic> = findings.collect();
        findings.append(&mut own);
        for (index, (rule, allowance)) in active.iter().enumerate() {
            let asleep = rule.phase == Phase::Calendar && today.is_none();
            *needed.entry(identity(allowance)).or_default() |= asleep || used.contains(&index);
        }
        kept.push((environment, findings, active));
    }
    let finish = |(environment, mut findings, active): (String, Vec<Diagnostic>, Vec<(&Rule, Allowance)>)| {
        let superfluous = active.iter().filter(|(_, allowance)| needed.get(&identity(allowance)) == Some(&false));
        findings.extend(superfluous.map(|(_, allowance)| unused(allowance)));
        (environment, findings)
    };
    kept.into_iter().map(finish).collect()
}

/// Returns what the entries of a definition accept, each for everything that is made from its entry.
pub(crate) fn of_model(world: &Resolved, artifacts: &Artifacts, view: &View<'_>) -> Vec<Allowance> {
    let mut subjects: BTreeMap<EntryId, BTreeSet<String>> = BTreeMap::new();
    subjects
        .extend(world.ids().filter(|entry| !world.common(*entry).0.allow.is_empty()).map(|id| (id, BTreeSet::new())));
    if subjects.is_empty() {
        return Vec::new();
    }
    let resources = artifacts.provenance.iter().map(|(handle, entry)| {
        let subject = format!("{}/{}", world.stack_name(handle.place), handle.id);
        (*entry, subject)
    });
    let objects = artifacts.objects.values().flatten().map(|(_, entry)| *entry);
    let sets = artifacts.zones.values().flat_map(|zone| &zone.records).map(|(_, entry)| *entry);
    let objects = (0..).zip(objects).map(|(at, entry)| (entry, view.subject(Owner::Object(at))));
    let sets = (0..).zip(sets).map(|(at, entry)| (entry, view.subject(Owner::Set(at))));
    for (entry, subject) in resources.chain(objects).chain(sets) {
        if let Some(subjects) = subjects.get_mut(&entry) {
            subjects.insert(subject);
        }
    }
    let of_entry = |(entry, subjects): (EntryId, BTreeSet<String>)| {
        let (common, origin) = world.common(entry);
        let allowance = move |(index, allow): (usize, &Allow)| Allowance {
            allow: allow.clone(),
            at: origin.locate(&route!["allow", index, "rule"]),
            subjects: subjects.clone(),
        };
        common.allow.iter().enumerate().map(allowance)
    };
    subjects.into_iter().flat_map(of_entry).collect()
}

/// The annotation of a Kubernetes object that holds what is accepted of it.
pub const ANNOTATION: &str = "infra.dev/allow";

/// Returns what documents of others accept: templates in `Metadata.infra.allow` of a resource, Kubernetes objects in
/// the annotation [`ANNOTATION`]. A list that cannot be read is reported to `findings`.
pub fn of_view(view: &View<'_>, findings: &mut Vec<Diagnostic>) -> Vec<Allowance> {
    let mut found = Vec::new();
    let mut take = |read: Result<Vec<Allow>, String>, subject: String, at: At| match read {
        Ok(list) => {
            found.extend(list.into_iter().map(|allow| Allowance {
                allow,
                at: at.clone(),
                subjects: [subject.clone()].into(),
            }));
        }
        Err(reason) => findings.push(
            Diagnostic::error("allow/unreadable", format!("what `{subject}` allows cannot be read"))
                .at(at.clone(), reason)
                .help("write a list of `{ rule: …, reason: …, until: 2027-01-31 }`; `until` may be left out"),
        ),
    };
    for resource in view.resources() {
        let allowed = resource.data().metadata.as_ref().and_then(|metadata| match metadata {
            Expr::Object(metadata) => metadata.get("infra"),
            _ => None,
        });
        if let Some(Expr::Object(infra)) = allowed
            && let Some(list) = infra.get("allow")
        {
            let json = serde_json::to_value(list).and_then(serde_json::from_value);
            take(json.map_err(|error| error.to_string()), view.subject(resource.owner()), resource.at());
        }
    }
    for object in view.objects() {
        if let Some(annotation) = object.annotation(ANNOTATION) {
            let text = annotation.text().unwrap_or_default();
            take(from_text(&text), view.subject(object.body().owner()), annotation.at());
        }
    }
    found
}

/// Reads the text of a Kubernetes annotation: a list of allowances as YAML or JSON.
///
/// # Errors
/// If it is no such list; the text says why.
pub fn from_text(text: &str) -> Result<Vec<Allow>, String> {
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}

/// Returns the rule that a word names: its id or its code, in any case.
pub fn rule_named<'a>(rules: &[&'a Rule], word: &str) -> Option<&'a Rule> {
    rules.iter().find(|rule| rule.id.eq_ignore_ascii_case(word) || rule.code.eq_ignore_ascii_case(word)).copied()
}

/// The same in every environment.
fn identity(allowance: &Allowance) -> (At, String) {
    (allowance.at.clone(), allowance.allow.rule.to_ascii_lowercase())
}

/// Returns the rule that an allowance in force names.
fn examine<'a>(allowance: &Allowance, rules: &[&'a Rule], today: Option<Date>) -> Result<&'a Rule, Box<Diagnostic>> {
    let Allow { rule: word, until, .. } = &allowance.allow;
    let Some(rule) = rule_named(rules, word) else {
        let error = Diagnostic::error("allow/unknown-rule", format!("there is no rule `{word}`"))
            .at(allowance.at.clone(), "accepts nothing");
        let known = || rules.iter().map(|rule| rule.id).chain(rules.iter().map(|rule| rule.code));
        let near =
            suggest(&word.to_ascii_lowercase(), known()).or_else(|| suggest(&word.to_ascii_uppercase(), known()));
        return Err(Box::new(match near {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help("`infra rules` lists the rules"),
        }));
    };
    match (today, until) {
        (Some(today), Some(until)) if today > *until => {
            let title = format!("the allowance of `{}` has expired", rule.id);
            let error = Diagnostic::error("allow/expired", title)
                .at(allowance.at.clone(), format!("until {until}"))
                .note(format!("today is {today}; an allowance holds to the end of its last day"));
            Err(Box::new(error.help("fix the finding, or look at the reason again and set a later day")))
        }
        (Some(_) | None, Some(_) | None) => Ok(rule),
    }
}

fn no_reason(allowance: &Allowance) -> Option<Diagnostic> {
    let error = Diagnostic::error("allow/no-reason", "an allowance needs a reason")
        .at(allowance.at.clone(), "has an empty `reason`");
    allowance.allow.reason.trim().is_empty().then(|| error.help("say in `reason` why the finding is right here"))
}

fn unused(allowance: &Allowance) -> Diagnostic {
    let title = format!("nothing to allow: `{}` finds nothing here", allowance.allow.rule);
    Diagnostic::warning("allow/unused", title)
        .at(allowance.at.clone(), "superfluous in every environment that was checked")
        .help("remove the allowance")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Severity;
    use crate::place::{Sources, Span};
    use crate::rules::{Check, Evidence};

    const RULE: Rule = Rule {
        id: "sqs/no-dead-letters",
        code: "MSG-001",
        severity: Severity::Error,
        phase: Phase::Runtime,
        title: "",
        why: "",
        error: None,
        sources: &[],
        evidence: Evidence::Documented,
        bad: "",
        good: &[],
        check: Check::View(|_, _| {}),
    };
    const CALENDAR: Rule = Rule { id: "eks/ends", code: "EKS-001", phase: Phase::Calendar, ..RULE };
    const RULES: &[&Rule] = &[&RULE, &CALENDAR];

    fn allowance(rule: &str, reason: &str, until: Option<&str>) -> Allowance {
        let until = until.map(|day| day.parse().unwrap());
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "");
        Allowance {
            allow: Allow { rule: rule.to_owned(), reason: reason.to_owned(), until },
            at: At::Span(Span { file, start: 0, end: 1 }),
            subjects: ["main/Queue".to_owned()].into(),
        }
    }

    fn checked(environment: &str, found: bool, allowances: Vec<Allowance>) -> Checked {
        let mut finding = Diagnostic::error(RULE.id, "no dead letters");
        finding.subject = Some("main/Queue".to_owned());
        let findings = found.then_some(finding).into_iter().collect();
        Checked { environment: environment.to_owned(), findings, allowances }
    }

    fn ids(checked: Vec<Checked>, today: Option<&str>) -> Vec<String> {
        let kept = apply(checked, RULES, today.map(|day| day.parse().unwrap()));
        kept.iter().flat_map(|(env, found)| found.iter().map(move |finding| format!("{env} {}", finding.id))).collect()
    }

    #[test]
    fn an_allowance_takes_its_finding_out_by_id_or_code() {
        for word in ["sqs/no-dead-letters", "MSG-001", "msg-001"] {
            let kept = ids(vec![checked("dev", true, vec![allowance(word, "test queue", None)])], None);
            assert_eq!(kept, [""; 0], "{word}");
        }
    }

    #[test]
    fn another_subject_is_not_covered() {
        let mut other = allowance("MSG-001", "why", None);
        other.subjects = ["main/Other".to_owned()].into();
        assert_eq!(ids(vec![checked("dev", true, vec![other])], None), ["dev sqs/no-dead-letters", "dev allow/unused"]);
    }

    #[test]
    fn an_allowance_that_one_environment_needs_is_not_superfluous() {
        let allow = || vec![allowance("MSG-001", "why", None)];
        assert_eq!(ids(vec![checked("dev", false, allow()), checked("prod", true, allow())], None), [""; 0]);
        let nowhere = ids(vec![checked("dev", false, allow()), checked("prod", false, allow())], None);
        assert_eq!(nowhere, ["dev allow/unused", "prod allow/unused"]);
    }

    #[test]
    fn an_allowance_expires_after_its_last_day_if_the_day_is_known() {
        let run = |today| ids(vec![checked("dev", true, vec![allowance("MSG-001", "why", Some("2027-01-31"))])], today);
        assert_eq!(run(Some("2027-01-31")), [""; 0]);
        assert_eq!(run(Some("2027-02-01")), ["dev sqs/no-dead-letters", "dev allow/expired"]);
        assert_eq!(run(None), [""; 0]);
    }

    #[test]
    fn a_missing_reason_and_an_unknown_rule_are_errors() {
        let run = |rule, reason| ids(vec![checked("dev", true, vec![allowance(rule, reason, None)])], None);
        assert_eq!(run("MSG-001", " "), ["dev allow/no-reason"]);
        assert_eq!(run("MSG-02", "why"), ["dev sqs/no-dead-letters", "dev allow/unknown-rule"]);
        let found = examine(&allowance("msg-01", "why", None), RULES, None).unwrap_err();
        assert_eq!(found.help, ["did you mean `MSG-001`?"]);
    }

    #[test]
    fn rules_about_dates_keep_their_allowances_when_the_day_is_unknown() {
        let run = |today| ids(vec![checked("dev", false, vec![allowance("EKS-001", "why", None)])], today);
        assert_eq!(run(None), [""; 0]);
        assert_eq!(run(Some("2026-11-23")), ["dev allow/unused"]);
    }

    #[test]
    fn annotations_hold_yaml_or_json() {
        let yaml = "- rule: MSG-001\n  reason: test\n  until: 2027-01-31\n";
        let json = r#"[{"rule": "MSG-001", "reason": "test", "until": "2027-01-31"}]"#;
        assert_eq!(from_text(yaml).unwrap(), from_text(json).unwrap());
        assert!(from_text("rule: x").is_err() && from_text("- {rule: x}").is_err());
    }
}
