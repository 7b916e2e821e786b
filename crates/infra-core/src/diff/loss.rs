//! What becomes of the data of resources that are deleted or replaced.

use serde_json::Value;

use super::changes::{Action, DataLoss};
use crate::facts;
use crate::facts::resource_types;

/// Whether resources of a type hold data.
pub(super) fn holds_data(kind: &str) -> bool {
    facts::stateful(kind) || resource_types::find(kind).is_some_and(|kind| kind.is_stateful())
}

/// What deleting a resource does, by the template that is deployed.
///
/// The template that is submitted has no such resource any more, so its `DeletionPolicy` is that of the stack's current
/// template. The default is `Delete`, but `Snapshot` for `AWS::RDS::DBCluster` and for an `AWS::RDS::DBInstance` without
/// `DBClusterIdentifier`; `RetainExceptOnCreate` is `Retain` for all but the operation that created the resource.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>
/// (read 2026-11-25).
pub(super) fn on_delete(resource: &Value) -> (Action, Option<DataLoss>) {
    let kind = kind(resource);
    let policy = resource.get("DeletionPolicy").and_then(Value::as_str);
    match policy.unwrap_or_else(|| default_policy(kind, resource)) {
        "Retain" | "RetainExceptOnCreate" => (Action::Retain, Some(DataLoss::Orphaned)),
        policy => (Action::Delete, lost(kind, policy)),
    }
}

/// What replacing a resource does to what it holds.
///
/// `UpdateReplacePolicy` has the default `Delete`. The documentation does not say whether the current or the submitted
/// template counts if the same update changes the policy, so the worse of the two is assumed.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatereplacepolicy.html>
/// (read 2026-11-25).
pub(super) fn on_replace(before: &Value, after: &Value) -> Option<DataLoss> {
    let one = |resource: &Value| {
        let policy = resource.get("UpdateReplacePolicy").and_then(Value::as_str).unwrap_or("Delete");
        match policy {
            "Retain" | "RetainExceptOnCreate" => holds_data(kind(before)).then_some(DataLoss::Orphaned),
            policy => lost(kind(before), policy),
        }
    };
    let (current, submitted) = (one(before), one(after));
    if rank(current) >= rank(submitted) { current } else { submitted }
}

/// Whether what happens to data is worse than something else that may happen: the higher, the worse.
pub(super) fn rank(loss: Option<DataLoss>) -> u8 {
    match loss {
        None => 0,
        Some(DataLoss::Orphaned) => 1,
        Some(DataLoss::Snapshot) => 2,
        Some(DataLoss::Deleted) => 3,
    }
}

fn kind(resource: &Value) -> &str {
    resource.get("Type").and_then(Value::as_str).unwrap_or_default()
}

fn default_policy(kind: &str, resource: &Value) -> &'static str {
    let member = resource.pointer("/Properties/DBClusterIdentifier").is_some();
    match kind {
        "AWS::RDS::DBCluster" => "Snapshot",
        "AWS::RDS::DBInstance" if !member => "Snapshot",
        _ => "Delete",
    }
}

fn lost(kind: &str, policy: &str) -> Option<DataLoss> {
    if policy == "Snapshot" && facts::snapshottable(kind) {
        return Some(DataLoss::Snapshot);
    }
    holds_data(kind).then_some(DataLoss::Deleted)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_deletion_policy_decides_and_its_default_depends_on_the_type() {
        let table = |policy: Option<&str>| {
            let mut table = json!({ "Type": "AWS::DynamoDB::Table" });
            if let Some(policy) = policy {
                table["DeletionPolicy"] = policy.into();
            }
            on_delete(&table)
        };
        assert_eq!(table(None), (Action::Delete, Some(DataLoss::Deleted)));
        assert_eq!(table(Some("Retain")), (Action::Retain, Some(DataLoss::Orphaned)));
        assert_eq!(table(Some("RetainExceptOnCreate")), (Action::Retain, Some(DataLoss::Orphaned)));
        assert_eq!(table(Some("Snapshot")), (Action::Delete, Some(DataLoss::Deleted)), "tables have no snapshots");
        let database = json!({ "Type": "AWS::RDS::DBInstance", "Properties": {} });
        assert_eq!(on_delete(&database), (Action::Delete, Some(DataLoss::Snapshot)));
        let member = json!({ "Type": "AWS::RDS::DBInstance", "Properties": { "DBClusterIdentifier": "c" } });
        assert_eq!(on_delete(&member), (Action::Delete, Some(DataLoss::Deleted)));
        assert_eq!(on_delete(&json!({ "Type": "AWS::IAM::Role" })), (Action::Delete, None));
    }

    #[test]
    fn a_replacement_follows_the_worse_of_both_policies() {
        let database = |policy: &str| json!({ "Type": "AWS::RDS::DBInstance", "UpdateReplacePolicy": policy });
        assert_eq!(on_replace(&database("Retain"), &database("Retain")), Some(DataLoss::Orphaned));
        assert_eq!(on_replace(&database("Retain"), &database("Delete")), Some(DataLoss::Deleted));
        assert_eq!(on_replace(&database("Snapshot"), &database("Retain")), Some(DataLoss::Snapshot));
        let bare = json!({ "Type": "AWS::RDS::DBInstance" });
        assert_eq!(on_replace(&bare, &bare), Some(DataLoss::Deleted), "the default is not that of deletion");
        let role = json!({ "Type": "AWS::IAM::Role" });
        assert_eq!(on_replace(&role, &role), None);
    }
}
