//! Findings as Markdown, for the comment of a pull request.

use std::fmt::Write as _;

use infra_core::diag::{Diagnostic, Severity};
use infra_core::place::Sources;

use super::report::{Report, name};

/// Most characters of a report.
///
/// Unit: characters. A comment on GitHub has at most 65,536; some room is left for what others put around it.
const MOST: usize = 60_000;

/// Returns the report: a table that sums up, then the findings by severity, as many as fit a comment.
pub fn render(report: &Report<'_>) -> String {
    let mut out = String::from("## infra check\n\n");
    let _ = writeln!(out, "| errors | warnings | advice |\n| ---: | ---: | ---: |");
    let _ = writeln!(out, "| {} | {} | {} |", report.errors(), report.warnings(), report.advice());
    let _ = writeln!(out, "\n{}", escaped(&report.summary()));
    let groups = [(Severity::Error, "Errors"), (Severity::Warning, "Warnings"), (Severity::Advice, "Advice")];
    let (mut left_out, mut length) = (0, out.chars().count());
    for (severity, title) in groups {
        let mut findings = report.findings.iter().filter(|finding| finding.severity == severity).peekable();
        if findings.peek().is_some() && left_out == 0 {
            let _ = write!(out, "\n### {title}\n\n");
        }
        for finding in findings {
            let text = item(report.sources, finding);
            length += text.chars().count();
            if length > MOST {
                left_out += 1;
            } else {
                out.push_str(&text);
            }
        }
    }
    if left_out > 0 {
        let _ = writeln!(out, "\n… and {left_out} more; `infra check` shows them all.");
    }
    out
}

fn item(sources: &Sources, finding: &Diagnostic) -> String {
    let id = match finding.url {
        Some(url) => format!("[{}]({url})", name(finding)),
        None => name(finding),
    };
    let mut out = format!("* **{}** {id}\n", escaped(&finding.title));
    let labels = finding.primary.iter().chain(&finding.others);
    for label in labels {
        let place = code(&super::human::position(sources, &label.at));
        let text = if label.text.is_empty() { String::new() } else { format!(": {}", escaped(&label.text)) };
        let _ = writeln!(out, "  * {place}{text}");
    }
    for text in finding.notes.iter().chain(&finding.help) {
        let _ = writeln!(out, "  * {}", escaped(text));
    }
    if !finding.environments.is_empty() {
        let _ = writeln!(out, "  * in {}", escaped(&finding.environments.join(", ")));
    }
    out
}

/// Returns text as one line in which only pairs of backticks keep their meaning.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // An odd backtick would quote the rest of the report, and two in a row begin a quotation that one does not end.
    let paired = text.matches('`').count().is_multiple_of(2) && !text.contains("``");
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '`' if paired => {
                quoted = !quoted;
                out.push(c);
            }
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() => out.push('\u{fffd}'),
            '|' => out.push_str("\\|"),
            c if quoted => out.push(c),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' => out.extend(['\\', c]),
            '@' => out.push_str("&#64;"),
            c => out.push(c),
        }
    }
    out
}

/// Returns text between backticks.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::report::Checked;
    use crate::output::testing as fixture;

    #[test]
    fn a_table_then_the_findings_by_severity() {
        insta::assert_snapshot!(fixture::two(render), @r#"
        ## infra check

        | errors | warnings | advice |
        | ---: | ---: | ---: |
        | 1 | 1 | 0 |

        1 error, 1 warning in 4 stacks of dev, prod

        ### Errors

        * **queue `größe` has no \| &lt;dead> &amp; "letters"** [sqs/no-dead-letters (MSG-001)](https://docs.aws.amazon.com/sqs/dlq)
          * `stacks/a,b: 100%.yaml:1:1`: 100% lost:: really
          * `stacks/数据 <1>|.yaml:1:1`: the topic
          * messages are lost
          * add a queue
          * in dev, prod

        ### Warnings

        * **file is empty** source/empty-file
          * `stacks/数据 <1>|.yaml`: �\[31mred
        "#);
    }

    #[test]
    fn without_findings_only_the_table_is_left() {
        insta::assert_snapshot!(fixture::none(render), @r#"
        ## infra check

        | errors | warnings | advice |
        | ---: | ---: | ---: |
        | 0 | 0 | 0 |

        no findings in 1 stack of dev
        "#);
    }

    #[test]
    fn a_report_fits_a_comment() {
        let sources = fixture::sources();
        let findings = vec![fixture::findings(&sources)[0].clone(); 1000];
        let checked = Checked::default();
        let text = render(&Report { sources: &sources, findings: &findings, rules: &[], checked: &checked });
        assert!(text.chars().count() < 65_536);
        assert!(text.contains("more; `infra check` shows them all."), "{}", &text[text.len() - 100..]);
    }

    #[test]
    fn text_is_no_markup() {
        assert_eq!(escaped("a *b* <c> @d `e*|f` [g](h)"), "a \\*b\\* &lt;c> &#64;d `e*\\|f` \\[g\\](h)");
        assert_eq!(escaped("odd ` one"), "odd \\` one");
        assert_eq!(escaped("`queue: \"``<img>\"`"), "\\`queue: \"\\`\\`&lt;img>\"\\`");
    }
}
