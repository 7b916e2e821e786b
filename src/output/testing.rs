//! A report with two findings, for the tests of every format.

use infra_core::diag::{Edit, Fix};
use infra_core::rules::{Check, Evidence, Phase};

use super::report::{Checked, Report};
use infra_core::diag::{At, Diagnostic, Severity};
use infra_core::place::{Sources, Span};
use infra_core::rules::Rule;

/// A rule as formats see it.
pub(crate) const RULE: Rule = Rule {
    id: "sqs/no-dead-letters",
    code: "MSG-001",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "a queue has no dead-letter queue",
    why: "A message that cannot be processed comes back until it expires, then it is lost.",
    error: None,
    sources: &["https://docs.aws.amazon.com/sqs/dlq"],
    evidence: Evidence::Documented,
    bad: "Queue: {}\n",
    good: &[("{}", "{ redrive: 5 }")],
    check: Check::View(|_, _| {}),
};

/// Paths that no format may take for its own syntax, in files with wide characters.
pub(crate) fn sources() -> Sources {
    let mut sources = Sources::default();
    sources.add("stacks/a,b: 100%.yaml", "größe: {x: 1}\nname: \"<é>\"\n");
    sources.add("stacks/数据 <1>|.yaml", "q: 1\n");
    sources
}

/// An error of a rule with everything a finding can have, and a plain warning.
pub(crate) fn findings(sources: &Sources) -> Vec<Diagnostic> {
    let files: Vec<_> = sources.ids().collect();
    let span = |file: usize, start, end| Span { file: files[file], start, end };
    let mut error = Diagnostic::error(RULE.id, "queue `größe` has no | <dead> & \"letters\"")
        .at(At::Span(span(0, 0, 7)), "100% lost::\nreally")
        .also(At::Span(span(1, 0, 1)), "the topic")
        .note("messages are lost")
        .help("add a queue")
        .fix(Some(Fix {
            title: "call it `size`".to_owned(),
            edits: vec![Edit { span: span(0, 0, 7), text: "size".to_owned() }],
        }));
    error.code = Some(RULE.code);
    error.url = RULE.sources.first().copied();
    error.subject = Some("shop-dev-main/Queue".to_owned());
    error.environments = vec!["dev".to_owned(), "prod".to_owned()];
    let warning = Diagnostic::warning("source/empty-file", "file is empty").at(At::File(files[1]), "\u{1b}[31mred");
    vec![error, warning]
}

/// Renders the two findings.
pub(crate) fn two(render: impl Fn(&Report<'_>) -> String) -> String {
    let sources = sources();
    let checked = Checked { environments: vec!["dev".to_owned(), "prod".to_owned()], stacks: 4 };
    render(&Report { sources: &sources, findings: &findings(&sources), rules: &[&RULE], checked: &checked })
}

/// Renders a report without findings.
pub(crate) fn none(render: impl Fn(&Report<'_>) -> String) -> String {
    let sources = sources();
    let checked = Checked { environments: vec!["dev".to_owned()], stacks: 1 };
    render(&Report { sources: &sources, findings: &[], rules: &[&RULE], checked: &checked })
}
