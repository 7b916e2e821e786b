//! What is wanted of an environment and what is deployed of it, in the same shapes, so that they can be compared.
//!
//! [`Desired`] is read from an assembly. [`Deployed`] is filled by whoever asks AWS. Both are plain data.

mod bootstrap;
mod coding;
mod deployed;
mod desired;
mod holder;
mod immutable;
mod objects;
mod owned;
mod protection;
mod records;
mod regions;
mod rollout;
mod status;
mod verdict;

pub use deployed::{Applied, Certificate, Deployed, DeployedObject, DeployedStack, DeployedZone, DomainValidation};
pub use desired::{Desired, DesiredObject, DesiredStack, DesiredZone, Document, ReadError};
pub use holder::{Holder, Named, Owner};
pub use immutable::made_anew;
pub use objects::{
    ObjectId, adopted, contents, is_parent, is_same, manager, member_selector, parent_id, rank, read_id, set_id,
    spelled,
};
pub use owned::{Owned, TooMuch};
pub use protection::{is_protected, without_protection};
pub use records::{Record, RecordKey, normal_name};
pub use regions::{REGIONS, home, kept, named_regions};
pub use rollout::{Rollout, condition, deadline, judged, rollout, rolls_out, runs_once, unfinished};
pub use status::{Phase, StackStatus};
pub use verdict::{Remedy, Verb, Verdict, remedy, verdict};

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Names a stack: CloudFormation's names are unique in an account and region. Text form: `name@region`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String")]
pub struct StackKey {
    /// Name of the stack, such as `orders-prod-api`.
    pub name: String,
    /// Its region.
    pub region: String,
}

impl StackKey {
    /// Makes a key.
    pub fn new(name: impl Into<String>, region: impl Into<String>) -> Self {
        Self { name: name.into(), region: region.into() }
    }
}

impl fmt::Display for StackKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.region)
    }
}

impl From<StackKey> for String {
    fn from(key: StackKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for StackKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for StackKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('@') {
            Some((name, region)) if !name.is_empty() && !region.is_empty() => Ok(Self::new(name, region)),
            Some(_) | None => Err(format!("`{text}` is not of the form name@region")),
        }
    }
}

/// Names an output of a stack. In documents that CloudFormation does not evaluate it stands as
/// `${output:<stack>@<region>:<output>}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OutputRef {
    /// The stack that has the output.
    pub stack: StackKey,
    /// Key of the output.
    pub output: String,
}

impl fmt::Display for OutputRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${{output:{}:{}}}", self.stack, self.output)
    }
}

/// Calls `visit` with every output that a document's placeholders name, in the order of the text.
pub fn placeholders(value: &Value, visit: &mut impl FnMut(OutputRef)) {
    match value {
        Value::String(text) => pieces(text).into_iter().for_each(|piece| {
            if let Piece::Output(output) = piece {
                visit(output);
            }
        }),
        Value::Array(items) => items.iter().for_each(|item| placeholders(item, visit)),
        Value::Object(map) => map.values().for_each(|item| placeholders(item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns the document with each placeholder replaced by what `output` gives; one for which it gives nothing stays.
pub fn fill(value: &Value, output: &impl Fn(&OutputRef) -> Option<String>) -> Value {
    match value {
        Value::String(text) => Value::String(fill_text(text, output)),
        Value::Array(items) => items.iter().map(|item| fill(item, output)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, item)| (fill_text(key, output), fill(item, output))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Does for one text what [`fill`] does for a document.
pub fn fill_text(text: &str, output: &impl Fn(&OutputRef) -> Option<String>) -> String {
    let piece = |piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Output(name) => output(&name).unwrap_or_else(|| name.to_string()),
    };
    pieces(text).into_iter().map(piece).collect()
}

enum Piece<'a> {
    Text(&'a str),
    Output(OutputRef),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    const START: &str = "${output:";
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(START) {
        let parsed = after.split_once('}').and_then(|(inner, rest)| {
            let (stack, output) = inner.rsplit_once(':')?;
            Some((OutputRef { stack: stack.parse().ok()?, output: output.to_owned() }, rest))
        });
        let Some((output, after)) = parsed else { break };
        found.push(Piece::Text(before));
        found.push(Piece::Output(output));
        rest = after;
    }
    found.push(Piece::Text(rest));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stack_key_reads_as_it_is_written() {
        let key = StackKey::new("orders-dev-api", "eu-west-1");
        assert_eq!(key.to_string().parse(), Ok(key));
        for wrong in ["orders", "@eu-west-1", "orders@", ""] {
            assert!(wrong.parse::<StackKey>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn placeholders_are_found_and_filled_wherever_they_stand() {
        let document = json!({
            "a": ["https://${output:s@eu-west-1:Url}/x-${output:s@eu-west-1:Id}"],
            "b": { "c": "${output:t@us-east-1:Gone}", "d": 1, "e": "${other}", "f": "${output:broken" }
        });
        let mut found = Vec::new();
        placeholders(&document, &mut |output| found.push(output.to_string()));
        let expected = ["${output:s@eu-west-1:Url}", "${output:s@eu-west-1:Id}", "${output:t@us-east-1:Gone}"];
        assert_eq!(found, expected);
        let known = |output: &OutputRef| (output.stack.name == "s").then(|| output.output.to_lowercase());
        assert_eq!(
            fill(&document, &known),
            json!({
                "a": ["https://url/x-id"],
                "b": { "c": "${output:t@us-east-1:Gone}", "d": 1, "e": "${other}", "f": "${output:broken" }
            })
        );
    }
}
