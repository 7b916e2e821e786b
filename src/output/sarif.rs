//! Findings as SARIF 2.1.0, which code scanning services and editors read.
//!
//! Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html> (read 2026-11-23).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use infra_core::catalogue::{Finding, findings};
use infra_core::diag::{At, Diagnostic, Fix, Severity};
use infra_core::place::{FileId, Sources};
use infra_core::rules::Rule;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::report::{Region, Report, details};
use super::rules::{phase, text};

/// Returns the log: one run, with every rule that was used and what else was found.
pub fn render(report: &Report<'_>) -> String {
    let mut indices: BTreeMap<&str, usize> = BTreeMap::new();
    let mut descriptors = Vec::new();
    let found = |id: &str| report.findings.iter().any(|finding| finding.id == id);
    let others = findings().filter(|finding| found(finding.id));
    let all = report.rules.iter().map(|rule| (rule.id, rule_descriptor(rule)));
    for (id, descriptor) in all.chain(others.map(|finding| (finding.id, finding_descriptor(&finding)))) {
        indices.insert(id, descriptors.len());
        descriptors.push(descriptor);
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut results = Vec::new();
    for finding in report.findings {
        let repeat = seen.entry(fingerprint(finding)).and_modify(|count| *count += 1).or_insert(1);
        let fingerprint = format!("{}:{repeat}", fingerprint(finding));
        results.push(result(report.sources, finding, indices.get(finding.id).copied(), &fingerprint));
    }
    let driver = json!({
        "name": "infra",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": descriptors,
    });
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results }],
    });
    format!("{log:#}\n")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

fn rule_descriptor(rule: &Rule) -> Value {
    let mut descriptor = json!({
        "id": rule.id,
        "name": rule.code,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why },
        "help": { "text": text(rule) },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": { "tags": [phase(rule.phase)] },
    });
    if let (Value::Object(object), Some(url)) = (&mut descriptor, rule.sources.first()) {
        object.insert("helpUri".to_owned(), json!(url));
    }
    descriptor
}

fn finding_descriptor(finding: &Finding) -> Value {
    let mut descriptor = json!({ "id": finding.id, "shortDescription": { "text": finding.title } });
    if let (Value::Object(object), Some(severity)) = (&mut descriptor, finding.severity) {
        object.insert("defaultConfiguration".to_owned(), json!({ "level": level(severity) }));
    }
    descriptor
}

/// The same wherever a finding stands in its file.
fn fingerprint(finding: &Diagnostic) -> String {
    let subject = finding.subject.as_deref().unwrap_or_default();
    let digest = Sha256::digest(format!("{}\n{subject}\n{}", finding.id, finding.title));
    digest.iter().take(16).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn result(sources: &Sources, finding: &Diagnostic, rule: Option<usize>, fingerprint: &str) -> Value {
    let mut lines = vec![finding.title.clone()];
    lines.extend(details(finding));
    let mut result = Map::new();
    result.insert("ruleId".to_owned(), json!(finding.id));
    result.extend(rule.map(|index| ("ruleIndex".to_owned(), json!(index))));
    result.insert("level".to_owned(), json!(level(finding.severity)));
    result.insert("message".to_owned(), json!({ "text": lines.join("\n") }));
    let locations = finding.primary.iter().map(|label| json!({ "physicalLocation": place(sources, &label.at) }));
    result.insert("locations".to_owned(), locations.collect());
    let related = finding.others.iter().enumerate().map(|(index, label)| {
        json!({ "id": index + 1, "physicalLocation": place(sources, &label.at), "message": { "text": label.text } })
    });
    result.insert("relatedLocations".to_owned(), related.collect());
    result.insert("partialFingerprints".to_owned(), json!({ "infraFinding/v1": fingerprint }));
    result.extend(finding.fix.as_ref().map(|fix| ("fixes".to_owned(), json!([change(sources, fix)]))));
    Value::Object(result)
}

fn place(sources: &Sources, at: &At) -> Value {
    let region = Region::of(sources, at);
    let mut place = json!({ "artifactLocation": { "uri": uri(&region) } });
    if let (Value::Object(object), Some(lines)) = (&mut place, lines(&region)) {
        object.insert("region".to_owned(), lines);
    }
    place
}

fn lines(region: &Region) -> Option<Value> {
    let mut lines = json!({ "startLine": region.line? });
    if let (Value::Object(object), Some(column), Some((line, end))) = (&mut lines, region.column, region.end) {
        object.extend([
            ("startColumn".to_owned(), json!(column)),
            ("endLine".to_owned(), json!(line)),
            ("endColumn".to_owned(), json!(end)),
        ]);
    }
    Some(lines)
}

fn change(sources: &Sources, fix: &Fix) -> Value {
    let mut files: BTreeMap<FileId, (Value, Vec<Value>)> = BTreeMap::new();
    for edit in &fix.edits {
        let region = Region::of_span(sources, edit.span);
        let file = files.entry(edit.span.file).or_insert_with(|| (json!({ "uri": uri(&region) }), Vec::new()));
        file.1.push(json!({ "deletedRegion": lines(&region), "insertedContent": { "text": edit.text } }));
    }
    let changes = files.into_values().map(|(file, edits)| json!({ "artifactLocation": file, "replacements": edits }));
    json!({ "description": { "text": fix.title }, "artifactChanges": changes.collect::<Vec<_>>() })
}

/// Returns the path as a URI: relative where the path is.
fn uri(region: &Region) -> String {
    let path = region.unix_path();
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    let start = match (path.starts_with('/'), drive && path.as_bytes().get(2) == Some(&b'/')) {
        (true, _) => "file://",
        (false, true) => "file:///",
        (false, false) => "",
    };
    path.bytes().fold(start.to_owned(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::report::Checked;
    use crate::output::testing as fixture;

    #[test]
    fn a_run_has_rules_results_and_fixes() {
        let log: Value = serde_json::from_str(&fixture::two(render)).unwrap();
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(
            rules.iter().map(|rule| &rule["id"]).collect::<Vec<_>>(),
            ["sqs/no-dead-letters", "source/empty-file"],
            "rules that were used, then what else was found"
        );
        insta::assert_snapshot!(run["results"][0]["locations"][0], @r#"
        {"physicalLocation":{"artifactLocation":{"uri":"stacks/a%2Cb%3A%20100%25.yaml"},"region":{"startLine":1,"startColumn":1,"endLine":1,"endColumn":6}}}
        "#);
        insta::assert_snapshot!(run["results"][0]["relatedLocations"][0], @r#"
        {"id":1,"physicalLocation":{"artifactLocation":{"uri":"stacks/%E6%95%B0%E6%8D%AE%20%3C1%3E%7C.yaml"},"region":{"startLine":1,"startColumn":1,"endLine":1,"endColumn":2}},"message":{"text":"the topic"}}
        "#);
        insta::assert_snapshot!(run["results"][0]["fixes"][0], @r#"
        {"description":{"text":"call it `size`"},"artifactChanges":[{"artifactLocation":{"uri":"stacks/a%2Cb%3A%20100%25.yaml"},"replacements":[{"deletedRegion":{"startLine":1,"startColumn":1,"endLine":1,"endColumn":6},"insertedContent":{"text":"size"}}]}]}
        "#);
        insta::assert_snapshot!(run["results"][1], @r#"
        {"ruleId":"source/empty-file","ruleIndex":1,"level":"warning","message":{"text":"file is empty\n\u001b[31mred"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"stacks/%E6%95%B0%E6%8D%AE%20%3C1%3E%7C.yaml"}}}],"relatedLocations":[],"partialFingerprints":{"infraFinding/v1":"4f7bc7bd5e058fefbc4dc768574c0418:1"}}
        "#);
    }

    #[test]
    fn a_run_without_findings_has_an_empty_list() {
        let log: Value = serde_json::from_str(&fixture::none(render)).unwrap();
        assert_eq!(log["runs"][0]["results"], json!([]));
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn a_fingerprint_does_not_change_with_the_line_and_counts_repeats() {
        let prints = |text: &str, start| {
            let mut sources = Sources::default();
            let file = sources.add("a.yaml", text);
            let at = At::Span(infra_core::place::Span { file, start, end: start + 1 });
            let findings = vec![Diagnostic::error("a/b", "c").at(at, ""); 2];
            let checked = Checked::default();
            let report = Report { sources: &sources, findings: &findings, rules: &[], checked: &checked };
            let log: Value = serde_json::from_str(&render(&report)).unwrap();
            [0, 1].map(|index| log["runs"][0]["results"][index]["partialFingerprints"].clone())
        };
        assert_eq!(prints("x", 0), prints("\n\nx", 2));
        assert_ne!(prints("x", 0)[0], prints("x", 0)[1]);
    }

    #[test]
    fn paths_of_every_system_become_uris() {
        let of = |path: &str| uri(&Region { path: path.to_owned(), line: None, column: None, end: None });
        assert_eq!(of("a b/ä%.yaml"), "a%20b/%C3%A4%25.yaml");
        assert_eq!(of(r"C:\a b\c.yaml"), "file:///C%3A/a%20b/c.yaml");
        assert_eq!(of(r"stacks\c.yaml"), "stacks/c.yaml");
        assert_eq!(of("/a/b.yaml"), "file:///a/b.yaml");
    }
}
