//! What pods may do beside what follows from the model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Workload;
use super::value::{TextOr, Thing};
use crate::artifacts::{Expr, Statement};
use crate::resolve::Bound;

/// A statement of the policy of the pods' role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Permission {
    /// Actions as IAM writes them, such as `ses:SendEmail`.
    pub actions: Vec<String>,
    /// ARNs, or entries; `*` where the service knows no ARN for what the actions are about.
    pub resources: Vec<TextOr<Thing>>,
    /// Whether it allows or denies.
    #[serde(default)]
    pub effect: Effect,
    /// Conditions as IAM writes them: `{ StringEquals: { "ses:FromAddress": orders@example.com } }`.
    #[serde(default)]
    pub conditions: serde_json::Map<String, serde_json::Value>,
}

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Allows.
    #[default]
    Allow,
    /// Denies, whatever else allows.
    Deny,
}

impl Permission {
    /// Returns the statement.
    pub(super) fn statement<K: Workload>(&self, entry: Bound<'_, K>) -> Statement {
        let mut resources: Vec<Expr> = Vec::new();
        for resource in &self.resources {
            match resource {
                TextOr::Text(arn) => resources.push(arn.into()),
                TextOr::Of(thing) => resources.extend(thing.arns(entry)),
            }
        }
        let only = (resources.len() == 1).then(|| resources.pop()).flatten();
        let resources = only.unwrap_or(Expr::List(resources));
        let conditions = Expr::from_json(&serde_json::Value::Object(self.conditions.clone()));
        let conditions = (!self.conditions.is_empty()).then_some(conditions);
        Statement::written(self.effect == Effect::Allow, &self.actions, resources, conditions.into())
    }
}
