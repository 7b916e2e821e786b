//! Resources that their own service refuses to delete: a deletion is said before, and switched off where that is wanted.

use serde_json::Value;

use super::changes::{Action, Hazard, Impact, StackChange, ValueChange};
use super::draft::{entry, section};
use crate::state::{DeployedStack, is_protected};

/// What stands before a resource's logical id where a stack says that the resource is protected.
const OF: &str = "DeletionProtection of ";

/// Whether a policy has a resource deleted, with a snapshot or without.
fn is_deleted(resource: &Value, policy: &str) -> bool {
    matches!(resource.get(policy).and_then(Value::as_str), None | Some("Delete" | "Snapshot"))
}

/// What a stack that is deleted says of its protected resources.
pub(super) fn of_deletion(stack: &DeployedStack) -> impl Iterator<Item = ValueChange> + '_ {
    let protected = section(&stack.template, "Resources")
        .filter(|(_, resource)| is_deleted(resource, "DeletionPolicy") && is_protected(resource));
    protected.map(|(id, _)| ValueChange {
        path: format!("{OF}{id}"),
        before: Some(true.into()),
        after: None,
        unknown: false,
        impact: Impact::InPlace,
    })
}

/// The logical ids of the resources whose protection a change of a stack says is switched off.
pub fn unprotected(change: &StackChange) -> impl Iterator<Item = &str> {
    change.attributes.iter().filter_map(|attribute| attribute.path.strip_prefix(OF))
}

/// Resources that an update of a stack would delete, and that their service does not let go.
///
/// CloudFormation deletes after the update: that it cannot is no failure, and the resource is in no stack any more.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html>
/// (from memory).
pub(super) fn hazards(change: &StackChange, before: &Value) -> Vec<Hazard> {
    let mut found = Vec::new();
    for resource in change.resources.iter().filter(|_| change.action == Action::Update) {
        let (policy, goes) = match resource.action {
            Action::Delete => ("DeletionPolicy", "is deleted"),
            Action::Update if resource.impact == Impact::Replaces => ("UpdateReplacePolicy", "is replaced"),
            Action::Create | Action::Update | Action::Retain => continue,
        };
        let Some(old) = entry(before, "Resources", &resource.id) else { continue };
        if is_protected(old) && is_deleted(old, policy) {
            found.push(Hazard {
                subject: format!("{}/{}", change.stack, resource.id),
                text: format!(
                    "{} {goes}, but its deletion protection is on: AWS keeps it, and no stack knows of it any more",
                    resource.kind
                ),
                help: format!(
                    "switch the protection off and apply that first, or keep the old one with a {policy} of Retain"
                ),
                blocking: true,
            });
        }
    }
    found
}
