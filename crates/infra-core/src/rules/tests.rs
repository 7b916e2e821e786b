//! What holds for every rule, shown over the whole table. `RULE=sqs/` or `RULE=MSG-003` limits it.

use std::collections::BTreeSet;

use super::testing::{Example, describe};
use super::{Evidence, Rule, all};
use crate::diag::Severity;

/// The rules that the environment asks for.
#[expect(clippy::disallowed_methods, reason = "a filter for the person who writes a rule; CI sets none")]
fn chosen() -> Vec<&'static Rule> {
    let wanted = std::env::var("RULE").unwrap_or_default();
    all().filter(|rule| rule.id.starts_with(&wanted) || rule.code.starts_with(&wanted)).collect()
}

fn weighs(rule: &Rule, finding: &crate::diag::Diagnostic) -> bool {
    finding.severity != Severity::Advice || finding.id == rule.id
}

#[test]
fn the_bad_example_raises_its_rule_alone_where_the_marks_are() {
    let mut wrong = Vec::new();
    for rule in chosen() {
        let example = Example::read(rule.bad);
        let findings = example.findings();
        let mut expected: BTreeSet<_> = example.marks.iter().copied().collect();
        if expected.is_empty() {
            wrong.push(format!("{} marks no place", rule.id));
        }
        for finding in findings.iter().filter(|finding| weighs(rule, finding)) {
            let known = example.place(finding).is_some_and(|place| expected.remove(&place));
            if !known || finding.id != rule.id {
                wrong.push(format!("{}: unexpected {}", rule.id, describe(&example, finding)));
            }
        }
        wrong.extend(expected.iter().map(|(file, line, column)| {
            let path = &example.sources.get(*file).unwrap().path;
            format!("{}: nothing found at {path}:{line}:{column}", rule.id)
        }));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_good_example_is_silent() {
    let mut wrong = Vec::new();
    for rule in chosen() {
        for (old, new) in rule.good {
            let count = rule.bad.matches(old).count();
            if count != 1 {
                wrong.push(format!("{}: `{old}` occurs {count} times in the bad example", rule.id));
            }
            if old == new {
                wrong.push(format!("{}: `{old}` is not changed", rule.id));
            }
        }
        let example = Example::read(&rule.good_example());
        for finding in example.findings().iter().filter(|finding| weighs(rule, finding)) {
            wrong.push(format!("{}: good example raises {}", rule.id, describe(&example, finding)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ids_are_sorted_unique_and_match_their_codes() {
    let ids: Vec<&str> = all().map(|rule| rule.id).collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "sorted by id: {ids:?}");
    let codes: BTreeSet<&str> = all().map(|rule| rule.code).collect();
    assert_eq!(codes.len(), ids.len(), "a code is used twice");
}

#[test]
fn every_rule_says_what_it_rests_on() {
    let mut wrong = Vec::new();
    for rule in all() {
        let (service, problem) = rule.id.split_once('/').unwrap();
        let kebab = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let checks = [
            (kebab(service) && kebab(problem), "its id is not kebab case"),
            (!rule.sources.is_empty(), "it names no source"),
            (rule.sources.iter().all(|url| url.starts_with("https://")), "a source is no URL"),
            (rule.evidence != Evidence::Memory || rule.severity != Severity::Error, "it is an error from memory"),
            (rule.title.len() > 15 && !rule.title.ends_with('.'), "its title is no phrase"),
            (rule.title.starts_with(|c: char| !c.is_ascii_uppercase() || rule.title.len() > 1), "its title"),
            (rule.why.len() > 30 && !rule.why.ends_with('.'), "its reason is no sentence without period"),
            (!rule.good.is_empty(), "it has no good example"),
        ];
        wrong.extend(checks.iter().filter(|(holds, _)| !holds).map(|(_, what)| format!("{}: {what}", rule.id)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
