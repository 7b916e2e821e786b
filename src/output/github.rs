//! Findings as workflow commands, which GitHub shows as annotations beside the changed lines.
//!
//! Source: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands> (read 2026-11-23).

use std::fmt::Write as _;

use infra_core::diag::{Diagnostic, Severity};
use infra_core::place::Sources;

use super::report::{Region, Report, details, name};

/// Returns a line for each finding, and one that sums up.
pub fn render(report: &Report<'_>) -> String {
    let mut out = String::new();
    for finding in report.findings {
        command(&mut out, report.sources, finding);
    }
    let _ = writeln!(out, "{}", report.summary());
    out
}

fn command(out: &mut String, sources: &Sources, finding: &Diagnostic) {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "notice",
    };
    let mut properties = Vec::new();
    if let Some(label) = &finding.primary {
        let region = Region::of(sources, &label.at);
        properties.push(("file", region.unix_path()));
        properties.extend(region.line.map(|line| ("line", line.to_string())));
        properties.extend(region.end.map(|(line, _)| ("endLine", line.to_string())));
        properties.extend(region.column.map(|column| ("col", column.to_string())));
        // Columns of the end are refused where the end is on another line.
        let end = region.end.filter(|(line, column)| Some(*line) == region.line && Some(*column) > region.column);
        properties.extend(end.map(|(_, column)| ("endColumn", (column - 1).to_string())));
    }
    properties.push(("title", name(finding)));
    let properties: Vec<String> = properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
    let mut text = vec![finding.title.clone()];
    text.extend(details(finding));
    let _ = writeln!(out, "::{level} {}::{}", properties.join(","), data(&text.join("\n")));
}

/// Escapes what would end the line of a command; other control characters become `�`.
pub(super) fn data(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    text.replace(char::is_control, "\u{fffd}")
}

/// Escapes what would also end a property.
pub(super) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing as fixture;

    #[test]
    fn a_line_for_each_finding_and_nothing_of_it_is_syntax() {
        insta::assert_snapshot!(fixture::two(render), @r#"
        ::error file=stacks/a%2Cb%3A 100%25.yaml,line=1,endLine=1,col=1,endColumn=5,title=sqs/no-dead-letters (MSG-001)::queue `größe` has no | <dead> & "letters"%0A100%25 lost::%0Areally%0Anote: messages are lost%0Ahelp: add a queue%0Adeployed as: shop-dev-main/Queue%0Afound in: dev, prod%0Asee: https://docs.aws.amazon.com/sqs/dlq
        ::warning file=stacks/数据 <1>|.yaml,title=source/empty-file::file is empty%0A�[31mred
        1 error, 1 warning in 4 stacks of dev, prod
        "#);
        assert_eq!(fixture::none(render), "no findings in 1 stack of dev\n");
    }
}
