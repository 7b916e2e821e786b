//! Findings as `JUnit` XML, which every CI server reads: one suite for each file, one case for each finding.
//!
//! Errors are failures. `JUnit` knows no warnings; they are cases that pass and say what was found.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use infra_core::diag::{Diagnostic, Severity};

use super::report::{Region, Report, details, name};

/// Name of the suite of findings that are about no file.
const NO_FILE: &str = "infra";

/// Returns the document; files without findings are suites with one case that passes.
pub fn render(report: &Report<'_>) -> String {
    let mut suites: BTreeMap<String, Vec<(Option<Region>, &Diagnostic)>> = BTreeMap::new();
    for file in report.sources.ids().filter_map(|id| report.sources.get(id)) {
        suites.entry(file.shown.replace('\\', "/")).or_default();
    }
    for finding in report.findings {
        let region = finding.primary.as_ref().map(|label| Region::of(report.sources, &label.at));
        let path = region.as_ref().map_or_else(|| NO_FILE.to_owned(), Region::unix_path);
        suites.entry(path).or_default().push((region, finding));
    }
    let cases: usize = suites.values().map(|suite| suite.len().max(1)).sum();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"infra check\" tests=\"{cases}\" failures=\"{}\" errors=\"0\">",
        report.errors()
    );
    for (path, findings) in &suites {
        suite(&mut out, path, findings);
    }
    out.push_str("</testsuites>\n");
    out
}

fn suite(out: &mut String, path: &str, findings: &[(Option<Region>, &Diagnostic)]) {
    let failures = findings.iter().filter(|(_, finding)| finding.severity == Severity::Error).count();
    let (path, tests) = (escaped(path), findings.len().max(1));
    let _ = writeln!(
        out,
        "  <testsuite name=\"{path}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">"
    );
    if findings.is_empty() {
        let _ = writeln!(out, "    <testcase classname=\"{path}\" name=\"no findings\"/>");
    }
    for (region, finding) in findings {
        let line = region.as_ref().and_then(|region| region.line).map(|line| format!(" (line {line})"));
        let title = escaped(&format!("{}: {}{}", name(finding), finding.title, line.unwrap_or_default()));
        let text = escaped(&details(finding).join("\n"));
        let _ = writeln!(out, "    <testcase classname=\"{path}\" name=\"{title}\">");
        let _ = match finding.severity {
            Severity::Error => {
                let (kind, message) = (escaped(finding.id), escaped(&finding.title));
                writeln!(out, "      <failure type=\"{kind}\" message=\"{message}\">{text}</failure>")
            }
            Severity::Warning | Severity::Advice => writeln!(out, "      <system-out>{text}</system-out>"),
        };
        out.push_str("    </testcase>\n");
    }
    out.push_str("  </testsuite>\n");
}

/// Escapes text for elements and attributes; characters that XML 1.0 does not have become `�`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing as fixture;

    #[test]
    fn one_suite_for_each_file() {
        insta::assert_snapshot!(fixture::two(render), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="infra check" tests="2" failures="1" errors="0">
          <testsuite name="stacks/a,b: 100%.yaml" tests="1" failures="1" errors="0" skipped="0">
            <testcase classname="stacks/a,b: 100%.yaml" name="sqs/no-dead-letters (MSG-001): queue `größe` has no | &lt;dead&gt; &amp; &quot;letters&quot; (line 1)">
              <failure type="sqs/no-dead-letters" message="queue `größe` has no | &lt;dead&gt; &amp; &quot;letters&quot;">100% lost::&#10;really&#10;note: messages are lost&#10;help: add a queue&#10;deployed as: shop-dev-main/Queue&#10;found in: dev, prod&#10;see: https://docs.aws.amazon.com/sqs/dlq</failure>
            </testcase>
          </testsuite>
          <testsuite name="stacks/数据 &lt;1&gt;|.yaml" tests="1" failures="0" errors="0" skipped="0">
            <testcase classname="stacks/数据 &lt;1&gt;|.yaml" name="source/empty-file: file is empty">
              <system-out>�[31mred</system-out>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn without_findings_every_file_passes() {
        insta::assert_snapshot!(fixture::none(render), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="infra check" tests="2" failures="0" errors="0">
          <testsuite name="stacks/a,b: 100%.yaml" tests="1" failures="0" errors="0" skipped="0">
            <testcase classname="stacks/a,b: 100%.yaml" name="no findings"/>
          </testsuite>
          <testsuite name="stacks/数据 &lt;1&gt;|.yaml" tests="1" failures="0" errors="0" skipped="0">
            <testcase classname="stacks/数据 &lt;1&gt;|.yaml" name="no findings"/>
          </testsuite>
        </testsuites>
        "#);
    }
}
