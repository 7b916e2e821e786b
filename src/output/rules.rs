//! Rules as text: one explained, all as a table, and the pages of the documentation.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use infra_core::catalogue::{Finding, Topic};
use infra_core::diag::Severity;
use infra_core::rules::{Evidence, Phase, Rule};
use serde_json::{Value, json};

use super::report::severity;

/// Says when a mistake shows.
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Deploy => "deploy",
        Phase::Apply => "apply",
        Phase::Runtime => "runtime",
        Phase::Design => "design",
        Phase::Calendar => "calendar",
        Phase::Cost => "cost",
        Phase::Security => "security",
    }
}

fn shows(phase: Phase) -> &'static str {
    match phase {
        Phase::Deploy => "CloudFormation refuses or hangs",
        Phase::Apply => "Route 53 refuses the change batch",
        Phase::Runtime => "it deploys, then traffic or data breaks",
        Phase::Design => "the design contradicts itself",
        Phase::Calendar => "a date passes",
        Phase::Cost => "it costs money for nothing",
        Phase::Security => "someone may do more than they should",
    }
}

fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Documented => "documented",
        Evidence::Observed => "observed",
        Evidence::Memory => "common knowledge; no source at hand confirms it",
    }
}

fn problem(rule: &Rule) -> &'static str {
    rule.id.rsplit('/').next().unwrap_or(rule.id)
}

/// Returns all that is known of a rule or finding, for people.
pub fn explain(topic: Topic<'_>) -> String {
    match topic {
        Topic::Rule(rule) => text(rule),
        Topic::Finding(finding) => finding_text(&finding),
    }
}

fn finding_text(finding: &Finding) -> String {
    let Finding { id, severity: weight, title } = finding;
    let set = || {
        format!("To set its level, write this into infra.yaml (off, warning or error):\n\n    lints: {{ {id}: off }}")
    };
    let level = match weight {
        Some(Severity::Error) => "It is always an error: what is not understood cannot be compiled.".to_owned(),
        Some(Severity::Warning | Severity::Advice) => set(),
        None => format!("Where it is an error, it stays one.\n\n{}", set()),
    };
    let weight = weight.map(|weight| format!(": {}", severity(weight))).unwrap_or_default();
    format!("{id}{weight}\n\n{title}\n\n{level}\n")
}

/// Returns all that is known of a rule, for people.
pub fn text(rule: &Rule) -> String {
    let mut out = format!("{} ({}): {}\n\n{}\n\n", rule.id, rule.code, severity(rule.severity), sentence(rule.title));
    let _ = writeln!(out, "{}\n", sentence(rule.why));
    let _ = writeln!(out, "Without the rule: {}.", shows(rule.phase));
    let _ = writeln!(out, "Evidence: {}.", evidence(rule.evidence));
    if let Some(error) = rule.error {
        let _ = writeln!(out, "\nThe answer:\n\n{}", indented(error));
    }
    let _ = writeln!(out, "\nSources:\n\n{}", indented(&rule.sources.join("\n")));
    let _ = writeln!(out, "\nBad:\n\n{}\n\nGood:\n\n{}", indented(&rule.bad_example()), indented(&rule.good_example()));
    let _ =
        writeln!(out, "\nTo accept one finding, write this into the entry it is about:\n\n{}", indented(&allow(rule)));
    let _ = writeln!(
        out,
        "\nTo set its level, write this into infra.yaml (off, warning or error):\n\n{}",
        indented(&format!("lints: {{ {}: off }}", rule.id))
    );
    out
}

fn allow(rule: &Rule) -> String {
    format!("allow:\n  - {{ rule: {}, reason: why it is right here, until: 2027-12-31 }}", rule.id)
}

fn indented(text: &str) -> String {
    let lines = text.trim_end().lines().map(|line| format!("    {line}").trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// Makes a sentence of a lower-case phrase.
fn sentence(phrase: &str) -> String {
    let mut chars = phrase.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}

/// Returns the rules as a table for people, with a line that counts them.
pub fn table(rules: &[&Rule]) -> String {
    let width = |text: fn(&Rule) -> &'static str| rules.iter().map(|rule| text(rule).len()).max().unwrap_or(0);
    let (codes, ids) = (width(|rule| rule.code), width(|rule| rule.id));
    let mut out = String::new();
    for rule in rules {
        let level = severity(rule.severity);
        let _ =
            writeln!(out, "{:codes$}  {:ids$}  {level:7}  {:8}  {}", rule.code, rule.id, phase(rule.phase), rule.title);
    }
    let _ = writeln!(out, "{}; `infra explain <rule>` says more", super::count(rules.len(), "rule"));
    out
}

/// Returns the rules as a JSON document.
pub fn json(rules: &[&Rule]) -> String {
    let one = |rule: &&Rule| {
        json!({
            "id": rule.id,
            "code": rule.code,
            "severity": severity(rule.severity),
            "phase": phase(rule.phase),
            "title": rule.title,
            "why": rule.why,
            "error": rule.error,
            "sources": rule.sources,
        })
    };
    let rules: Vec<Value> = rules.iter().map(one).collect();
    format!("{:#}\n", json!({ "version": 1, "rules": rules }))
}

/// Returns the rules as a Markdown table; `link` tells where a rule is described.
pub fn markdown(rules: &[&Rule], link: impl Fn(&Rule) -> Option<String>) -> String {
    let mut out = String::from("| code | rule | severity | shows | what |\n| --- | --- | --- | --- | --- |\n");
    for rule in rules {
        let id = match link(rule) {
            Some(link) => format!("[{}]({link})", rule.id),
            None => format!("`{}`", rule.id),
        };
        let (level, phase, title) = (severity(rule.severity), phase(rule.phase), super::markdown::escaped(rule.title));
        let _ = writeln!(out, "| {} | {id} | {level} | {phase} | {title} |", rule.code);
    }
    out
}

/// Says of a page how it came to be.
const MADE: &str = "Made from the code; `UPDATE=1 cargo test` writes it anew.";

/// Returns the pages of the documentation by file name: an index, and one for each service.
pub fn pages(rules: &[&Rule]) -> Vec<(String, String)> {
    let link = |rule: &Rule| Some(format!("{}.md#{}", rule.service(), problem(rule)));
    let index = format!(
        "# Rules\n\n{MADE}\n\n`infra check` applies them, `infra explain <rule>` prints one. {}.\n\n{}",
        super::count(rules.len(), "rule"),
        markdown(rules, link)
    );
    let services: BTreeSet<&str> = rules.iter().map(|rule| rule.service()).collect();
    let pages = services.into_iter().map(|name| {
        let own: Vec<&Rule> = rules.iter().copied().filter(|rule| rule.service() == name).collect();
        (format!("{name}.md"), page(name, &own))
    });
    std::iter::once(("index.md".to_owned(), index)).chain(pages).collect()
}

fn page(service: &str, rules: &[&Rule]) -> String {
    let mut out = format!("# Rules of `{service}`\n\n{MADE} [All rules](index.md).\n");
    for rule in rules {
        // The anchor of a heading is its text.
        let _ = write!(out, "\n## {}\n\n", problem(rule));
        let _ = write!(out, "**{}** `{}`, {}", rule.code, rule.id, severity(rule.severity));
        let _ = writeln!(out, "; without the rule {}.\n", shows(rule.phase));
        let _ = writeln!(
            out,
            "{}\n\n{}\n",
            super::markdown::escaped(&sentence(rule.title)),
            super::markdown::escaped(&sentence(rule.why))
        );
        if let Some(error) = rule.error {
            let _ = writeln!(out, "The answer:\n\n{}\n", fenced(error, "text"));
        }
        let _ = writeln!(
            out,
            "Bad:\n\n{}\n\nGood:\n\n{}\n",
            fenced(&rule.bad_example(), "yaml"),
            fenced(&rule.good_example(), "yaml")
        );
        let sources: Vec<String> = rule.sources.iter().map(|source| format!("<{source}>")).collect();
        let _ = writeln!(out, "Evidence: {}. Sources: {}", evidence(rule.evidence), sources.join(", "));
    }
    out
}

/// Puts text between fences that it does not hold itself.
fn fenced(text: &str, language: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}{language}\n{}\n{fence}", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing::RULE;
    use infra_core::catalogue;

    #[test]
    fn a_rule_is_explained_with_all_that_is_known() {
        insta::assert_snapshot!(explain(catalogue::find(&[&RULE], "msg-001").unwrap()), @r#"
        sqs/no-dead-letters (MSG-001): error

        A queue has no dead-letter queue.

        A message that cannot be processed comes back until it expires, then it is lost.

        Without the rule: it deploys, then traffic or data breaks.
        Evidence: documented.

        Sources:

            https://docs.aws.amazon.com/sqs/dlq

        Bad:

            Queue: {}

        Good:

            Queue: { redrive: 5 }

        To accept one finding, write this into the entry it is about:

            allow:
              - { rule: sqs/no-dead-letters, reason: why it is right here, until: 2027-12-31 }

        To set its level, write this into infra.yaml (off, warning or error):

            lints: { sqs/no-dead-letters: off }
        "#);
    }

    #[test]
    fn a_finding_that_is_no_rules_is_explained_by_one_sentence() {
        insta::assert_snapshot!(explain(catalogue::find(&[], "source/tab").unwrap()), @r#"
        source/tab: error

        A tab is used as indentation.

        It is always an error: what is not understood cannot be compiled.
        "#);
        insta::assert_snapshot!(explain(catalogue::find(&[], "workloads/liveness").unwrap()), @r#"
        workloads/liveness: warning

        Readiness and liveness ask the same path.

        To set its level, write this into infra.yaml (off, warning or error):

            lints: { workloads/liveness: off }
        "#);
    }

    #[test]
    fn rules_are_a_table() {
        insta::assert_snapshot!(table(&[&RULE]), @r#"
        MSG-001  sqs/no-dead-letters  error    runtime   a queue has no dead-letter queue
        1 rule; `infra explain <rule>` says more
        "#);
        insta::assert_snapshot!(markdown(&[&RULE], |_| None), @r#"
        | code | rule | severity | shows | what |
        | --- | --- | --- | --- | --- |
        | MSG-001 | `sqs/no-dead-letters` | error | runtime | a queue has no dead-letter queue |
        "#);
        assert!(json(&[&RULE]).contains("\"code\": \"MSG-001\""));
    }

    #[test]
    fn each_service_has_a_page_and_the_index_links_its_anchors() {
        let pages = pages(&[&RULE]);
        assert_eq!(pages.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["index.md", "sqs.md"]);
        assert!(pages[0].1.contains("(sqs.md#no-dead-letters)"), "{}", pages[0].1);
        insta::assert_snapshot!(pages[1].1, @r#"
        # Rules of `sqs`

        Made from the code; `UPDATE=1 cargo test` writes it anew. [All rules](index.md).

        ## no-dead-letters

        **MSG-001** `sqs/no-dead-letters`, error; without the rule it deploys, then traffic or data breaks.

        A queue has no dead-letter queue.

        A message that cannot be processed comes back until it expires, then it is lost.

        Bad:

        ```yaml
        Queue: {}
        ```

        Good:

        ```yaml
        Queue: { redrive: 5 }
        ```

        Evidence: documented. Sources: <https://docs.aws.amazon.com/sqs/dlq>
        "#);
    }

    #[test]
    fn fences_hold_any_text() {
        assert_eq!(fenced("```\nx\n```", "text"), "````text\n```\nx\n```\n````");
    }
}
