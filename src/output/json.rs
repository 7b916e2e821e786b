//! Findings as a JSON document, for programs.
//!
//! Lines and columns count from 1, columns count characters, an end is the place after the last character.

use infra_core::diag::{At, Diagnostic, Label, Severity};
use infra_core::source::Sources;
use serde_json::{Value, json};

/// Version of the document; goes up when a field is added or changes its meaning.
pub const VERSION: u32 = 1;

/// Returns the findings as a document.
pub fn diagnostics(sources: &Sources, list: &[Diagnostic]) -> Value {
    let list: Vec<Value> = list.iter().map(|diagnostic| finding(sources, diagnostic)).collect();
    json!({ "version": VERSION, "diagnostics": list })
}

fn finding(sources: &Sources, diagnostic: &Diagnostic) -> Value {
    let primary = diagnostic.primary.iter().map(|at| label(sources, at, true));
    let others = diagnostic.others.iter().map(|at| label(sources, at, false));
    json!({
        "severity": severity(diagnostic.severity),
        "id": diagnostic.id,
        "title": diagnostic.title,
        "labels": primary.chain(others).collect::<Vec<_>>(),
        "notes": diagnostic.notes,
        "help": diagnostic.help,
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "advice",
    }
}

fn label(sources: &Sources, label: &Label, primary: bool) -> Value {
    let path = |file| sources.get(file).map(|file| file.shown.as_str());
    let (path, start, end) = match &label.at {
        At::Span(span) | At::Hidden(span) => {
            let start = sources.line_column(span.file, span.start);
            let end = sources.line_column(span.file, span.end);
            (path(span.file), Some(start), Some(end))
        }
        At::File(file) => (path(*file), None, None),
        At::Caller { file, line } => {
            return json!({
                "path": file, "line": line, "column": null, "end-line": null, "end-column": null,
                "text": label.text, "primary": primary,
            });
        }
    };
    json!({
        "path": path,
        "line": start.map(|(line, _)| line),
        "column": start.map(|(_, column)| column),
        "end-line": end.map(|(line, _)| line),
        "end-column": end.map(|(_, column)| column),
        "text": label.text,
        "primary": primary,
    })
}

#[cfg(test)]
mod tests {
    use infra_core::diag::Diagnostics;
    use infra_core::source::parse;

    use super::*;

    #[test]
    fn a_finding_has_its_places_and_wording() {
        let mut sources = Sources::default();
        let text = "ä: 1\nä: 2\n";
        let file = sources.add("stacks/a.yaml", text);
        let mut diags = Diagnostics::default();
        parse(file, text.as_bytes(), &mut diags);
        let document = diagnostics(&sources, &diags.iter().cloned().collect::<Vec<_>>());
        insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap(), @r#"
        {
          "version": 1,
          "diagnostics": [
            {
              "severity": "error",
              "id": "source/duplicate-key",
              "title": "key `ä` is written twice",
              "labels": [
                {
                  "path": "stacks/a.yaml",
                  "line": 2,
                  "column": 1,
                  "end-line": 2,
                  "end-column": 2,
                  "text": "the second time",
                  "primary": true
                },
                {
                  "path": "stacks/a.yaml",
                  "line": 1,
                  "column": 1,
                  "end-line": 1,
                  "end-column": 2,
                  "text": "the first time",
                  "primary": false
                }
              ],
              "notes": [
                "YAML tools keep one of the two without saying which"
              ],
              "help": [
                "remove or rename one of them"
              ]
            }
          ]
        }
        "#);
    }

    #[test]
    fn places_without_text_have_no_column() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "");
        let list = [
            Diagnostic::warning("a/b", "odd").at(At::Caller { file: "src/stack.rs", line: 7 }, "built here"),
            Diagnostic::error("a/c", "empty").at(At::File(file), ""),
        ];
        let document = diagnostics(&sources, &list);
        let label = |index: usize| document["diagnostics"][index]["labels"][0].clone();
        assert_eq!(
            (&label(0)["path"], &label(0)["line"], &label(0)["column"]),
            (&json!("src/stack.rs"), &json!(7), &Value::Null)
        );
        assert_eq!((&label(1)["path"], &label(1)["line"]), (&json!("a.yaml"), &Value::Null));
        assert_eq!(document["diagnostics"][0]["severity"], "warning");
    }
}
