//! Changes as a JSON document, for programs. `infra schema diff` prints its schema.

use infra_core::diff::Changes;
use infra_core::plan::Requirement;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::Value;

use super::{Summary, View};

/// Version of the document; goes up when a field is added or changes its meaning.
pub const VERSION: u32 = 1;

/// What `infra diff` found.
#[derive(Debug, Serialize, JsonSchema)]
struct Document<'a> {
    /// Version of this document.
    version: u32,
    /// Name of the environment.
    environment: &'a str,
    /// The account.
    account: &'a str,
    /// The region of stacks that do not name one.
    region: &'a str,
    /// The changes in numbers.
    summary: Summary,
    /// The changes.
    changes: &'a Changes,
    /// What somebody must agree to first.
    approvals: &'a [Requirement],
    /// Hash of the plan; none if these are not the changes of one.
    hash: Option<&'a str>,
}

/// Returns changes as a document.
pub fn render(view: &View<'_>) -> String {
    format!("{:#}\n", document(view))
}

/// Returns changes as a document, to be part of another.
pub fn document(view: &View<'_>) -> Value {
    let document = Document {
        version: VERSION,
        environment: view.title.environment,
        account: view.title.account,
        region: view.title.region,
        summary: Summary::of(view.changes),
        changes: view.changes,
        approvals: view.requirements,
        hash: view.hash,
    };
    serde_json::to_value(document).unwrap_or_default()
}

/// Returns the JSON Schema of the document.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<Document<'_>>().to_value()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::output::changes::testing as fixture;

    #[test]
    fn a_document_says_everything_and_keeps_to_its_schema() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        for text in [fixture::full(render), fixture::none(render)] {
            let document: Value = serde_json::from_str(&text).unwrap();
            assert!(validator.is_valid(&document), "{:?}", validator.validate(&document));
            assert_eq!(document["version"], VERSION);
        }
        assert!(!validator.is_valid(&json!({ "version": VERSION })));
        let document: Value = serde_json::from_str(&fixture::full(render)).unwrap();
        assert_eq!(document["hash"], fixture::HASH);
        assert_eq!(document["summary"]["records"], 4);
        let changes: Changes = serde_json::from_value(document["changes"].clone()).unwrap();
        assert_eq!(changes, fixture::changes(), "nothing is lost");
        let rules: Vec<&Value> = document["approvals"].as_array().unwrap().iter().map(|one| &one["rule"]).collect();
        assert_eq!(rules, ["stateful-replacement", "data-loss", "exposure", "dns-adoption"]);
    }
}
