//! Parameters of SSM Parameter Store, by which values are handed to others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::existing::Given;
use super::{Kind, check};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::ssm;
use crate::lower::Lowering;
use crate::resolve::Bound;
use crate::route;

/// The page that says what a parameter may be called and hold.
const SOURCE: &str = "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html";

/// A parameter of SSM Parameter Store with a value that is no secret: what other teams, or programs, read by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameter {
    /// The value: a text, or what a `raw` entry or another parameter gives. Up to 4,096 characters.
    pub value: Given,
    /// The name, with a slash first; `/<project>/<environment>/<entry>` if not set. Cannot be changed later.
    #[serde(default)]
    pub name: Option<String>,
    /// What it is, for people.
    #[serde(default)]
    pub description: Option<String>,
}

impl Parameter {
    /// Starts a parameter with a value.
    pub fn new(value: impl Into<Given>) -> Self {
        Self { value: value.into(), name: None, description: None }
    }
}

impl Kind for Parameter {
    const SECTION: &'static str = "parameters";
    const NOUN: &'static str = "parameter";
    const PREFIX: &'static str = "Parameter";
    const EXAMPLE: &'static str = "
parameters:
  log-level: { value: info, description: How much the programs of the shop write }
  trail: { value: { raw: { entry: trail, attribute: Arn } }, name: /shop/trail-arn }
raw:
  trail: { type: 'AWS::Logs::LogGroup', properties: { RetentionInDays: 30 } }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        if let Given::Literal(text) = &entry.spec().value {
            diags.extend(check::secret_literal(entry.name.as_str(), text, entry.at(&route!["value"])));
            if text.is_empty() || text.len() > ssm::VALUE_CHARS {
                let title = format!("a parameter holds 1 to {} characters", ssm::VALUE_CHARS);
                let at = entry.at(&route!["value"]);
                diags.push(Diagnostic::error("parameters/value", title).at(at, format!("{} characters", text.len())));
            }
        }
        let name = entry.parameter_name();
        let plain = |c: char| c.is_ascii_alphanumeric() || "/_.-".contains(c);
        let ours = ["/aws", "/ssm"].iter().any(|start| name.to_ascii_lowercase().starts_with(start));
        if !name.starts_with('/') || name.ends_with('/') || !name.chars().all(plain) || ours {
            diags.push(
                Diagnostic::error("parameters/name", format!("`{name}` cannot be the name of a parameter"))
                    .at(entry.at(&route!["name"]), "a slash first, then letters, digits and `/_.-`")
                    .note(format!("names that start with `aws` or `ssm` are those of AWS: {SOURCE}")),
            );
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        let properties = object! {
            "Name" => entry.parameter_name(),
            "Type" => "String",
            "Description" => entry.description.as_ref(),
            "Value" => entry.given(&entry.value),
        };
        cx.add(entry.resource("", "AWS::SSM::Parameter", properties));
    }
}

impl Bound<'_, Parameter> {
    /// Returns its name in Parameter Store.
    pub fn parameter_name(&self) -> String {
        let (project, environment) = (self.world().project(), &self.environment().name);
        self.spec().name.clone().unwrap_or_else(|| format!("/{project}/{environment}/{}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::kinds::testing::{properties, report};

    #[test]
    fn a_parameter_has_a_name_that_others_can_know() {
        assert_snapshot!(properties(Parameter::EXAMPLE, "ParameterLogLevel"), @"
        Name: /shop/dev/log-level
        Type: String
        Description: How much the programs of the shop write
        Value: info
        ");
        assert!(properties(Parameter::EXAMPLE, "ParameterTrail").contains("Fn::GetAtt:\n  - RawTrail\n  - Arn\n"));
    }

    #[test]
    fn secrets_and_names_of_aws_are_refused() {
        let yaml = "
parameters:
  api-key: { value: abc }
  a: { value: '', name: shop/a }
  b: { value: b, name: /aws/b }
";
        assert_snapshot!(report(yaml), @r#"
        kinds/secret-literal: `api-key` looks like a secret <- a literal; it is not shown here
        parameters/value: a parameter holds 1 to 4096 characters <- `''` 0 characters
        parameters/name: `shop/a` cannot be the name of a parameter <- `shop/a` a slash first, then letters, digits and `/_.-`
        parameters/name: `/aws/b` cannot be the name of a parameter <- `/aws/b` a slash first, then letters, digits and `/_.-`
        "#);
    }
}
