//! Findings as a JSON document, for programs. `infra schema check` prints its schema.
//!
//! Lines and columns count from 1, columns count characters, an end is the place after the last character.

use infra_core::diag::{Diagnostic, Fix, Label};
use infra_core::place::Sources;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::Value;

use super::report::{Region, Report, severity};

/// Version of the document; goes up when a field is added or changes its meaning.
pub const VERSION: u32 = 2;

/// The findings of `infra check` and what was checked.
#[derive(Debug, Serialize, JsonSchema)]
struct Document {
    /// Version of this document.
    version: u32,
    /// What was checked.
    checked: Checked,
    /// Number of findings by severity.
    counts: Counts,
    /// The findings; a cause comes before what it causes, else they are in the order of places.
    diagnostics: Vec<Finding>,
}

/// What was checked.
#[derive(Debug, Serialize, JsonSchema)]
struct Checked {
    /// The environments by name.
    environments: Vec<String>,
    /// Number of stacks over all environments.
    stacks: usize,
    /// Number of files that were read.
    files: usize,
}

/// Number of findings by severity.
#[derive(Debug, Serialize, JsonSchema)]
struct Counts {
    /// Errors.
    errors: usize,
    /// Warnings.
    warnings: usize,
    /// Pieces of advice.
    advice: usize,
}

/// The findings of another command, as a part of its own report.
#[derive(Debug, Serialize)]
struct Part {
    version: u32,
    diagnostics: Vec<Finding>,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Finding {
    /// How much it weighs.
    #[schemars(extend("enum" = ["error", "warning", "advice"]))]
    severity: &'static str,
    /// Stable id, `<room>/<problem>`.
    id: &'static str,
    /// Code of the rule, such as `ACM-001`; none for findings that are no rule's.
    code: Option<&'static str>,
    /// Where to read more.
    url: Option<&'static str>,
    /// The problem.
    title: String,
    /// The deployed thing that it is about, such as `shop-prod-edge/SiteApp`.
    subject: Option<String>,
    /// The environments in which it was found; empty when it is about none in particular.
    environments: Vec<String>,
    /// The places that matter; the one it is about is primary.
    labels: Vec<Mark>,
    /// Why.
    notes: Vec<String>,
    /// What to do.
    help: Vec<String>,
    /// A change to the input that removes the finding.
    fix: Option<Change>,
}

/// A marked place.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Mark {
    #[serde(flatten)]
    place: Position,
    /// What this very place says or does.
    text: String,
    /// Whether the finding is about this place.
    primary: bool,
}

/// A place in a file.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Position {
    /// Path of the file, from where the command was run.
    path: String,
    /// First line, from 1; none where the whole file is meant.
    line: Option<usize>,
    /// First column, from 1.
    column: Option<usize>,
    /// Last line.
    end_line: Option<usize>,
    /// Column after the last.
    end_column: Option<usize>,
}

/// A change to the input: all edits or none.
#[derive(Debug, Serialize, JsonSchema)]
struct Change {
    /// What it does, imperative.
    title: String,
    /// The edits; they do not overlap.
    edits: Vec<Replacement>,
}

/// A text in the place of another.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Replacement {
    #[serde(flatten)]
    place: Position,
    /// The new text; the place is empty where it is inserted.
    text: String,
}

/// Returns the findings of another command as a part of its report.
pub fn diagnostics(sources: &Sources, list: &[Diagnostic]) -> Value {
    let diagnostics = list.iter().map(|diagnostic| finding(sources, diagnostic)).collect();
    serde_json::to_value(Part { version: VERSION, diagnostics }).unwrap_or_default()
}

/// Returns a report as a document.
pub fn render(report: &Report<'_>) -> String {
    let document = Document {
        version: VERSION,
        checked: Checked {
            environments: report.checked.environments.clone(),
            stacks: report.checked.stacks,
            files: report.sources.ids().count(),
        },
        counts: Counts { errors: report.errors(), warnings: report.warnings(), advice: report.advice() },
        diagnostics: report.findings.iter().map(|diagnostic| finding(report.sources, diagnostic)).collect(),
    };
    format!("{:#}\n", serde_json::to_value(document).unwrap_or_default())
}

/// Returns the JSON Schema of the document.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<Document>().to_value()
}

fn finding(sources: &Sources, diagnostic: &Diagnostic) -> Finding {
    let primary = diagnostic.primary.iter().map(|at| label(sources, at, true));
    let others = diagnostic.others.iter().map(|at| label(sources, at, false));
    Finding {
        severity: severity(diagnostic.severity),
        id: diagnostic.id,
        code: diagnostic.code,
        url: diagnostic.url,
        title: diagnostic.title.clone(),
        subject: diagnostic.subject.clone(),
        environments: diagnostic.environments.clone(),
        labels: primary.chain(others).collect(),
        notes: diagnostic.notes.clone(),
        help: diagnostic.help.clone(),
        fix: diagnostic.fix.as_ref().map(|fix| change(sources, fix)),
    }
}

fn label(sources: &Sources, label: &Label, primary: bool) -> Mark {
    Mark { place: position(Region::of(sources, &label.at)), text: label.text.clone(), primary }
}

fn change(sources: &Sources, fix: &Fix) -> Change {
    let edits = fix
        .edits
        .iter()
        .map(|edit| Replacement { place: position(Region::of_span(sources, edit.span)), text: edit.text.clone() });
    Change { title: fix.title.clone(), edits: edits.collect() }
}

fn position(region: Region) -> Position {
    Position {
        path: region.path,
        line: region.line,
        column: region.column,
        end_line: region.end.map(|(line, _)| line),
        end_column: region.end.map(|(_, column)| column),
    }
}

#[cfg(test)]
mod tests {
    use infra_core::diag::{At, Diagnostics};
    use infra_core::source::parse;
    use serde_json::json;

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
          "version": 2,
          "diagnostics": [
            {
              "severity": "error",
              "id": "source/duplicate-key",
              "code": null,
              "url": null,
              "title": "key `ä` is written twice",
              "subject": null,
              "environments": [],
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
              ],
              "fix": null
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_report_says_everything_and_keeps_to_its_schema() {
        use crate::output::testing as fixture;
        let document: Value = serde_json::from_str(&fixture::two(render)).unwrap();
        insta::assert_snapshot!(document["checked"], @r#"
        {"environments":["dev","prod"],"stacks":4,"files":2}
        "#);
        insta::assert_snapshot!(document["counts"], @r#"
        {"errors":1,"warnings":1,"advice":0}
        "#);
        insta::assert_snapshot!(document["diagnostics"][0], @r#"
        {"severity":"error","id":"sqs/no-dead-letters","code":"MSG-001","url":"https://docs.aws.amazon.com/sqs/dlq","title":"queue `größe` has no | <dead> & \"letters\"","subject":"shop-dev-main/Queue","environments":["dev","prod"],"labels":[{"path":"stacks/a,b: 100%.yaml","line":1,"column":1,"end-line":1,"end-column":6,"text":"100% lost::\nreally","primary":true},{"path":"stacks/数据 <1>|.yaml","line":1,"column":1,"end-line":1,"end-column":2,"text":"the topic","primary":false}],"notes":["messages are lost"],"help":["add a queue"],"fix":{"title":"call it `size`","edits":[{"path":"stacks/a,b: 100%.yaml","line":1,"column":1,"end-line":1,"end-column":6,"text":"size"}]}}
        "#);
        let validator = jsonschema::validator_for(&schema()).unwrap();
        for text in [fixture::two(render), fixture::none(render)] {
            let document: Value = serde_json::from_str(&text).unwrap();
            assert!(validator.is_valid(&document), "{:?}", validator.validate(&document));
        }
        assert!(!validator.is_valid(&json!({ "version": VERSION })));
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
