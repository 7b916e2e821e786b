//! What CloudFormation says of a change before it makes it: a change set, as data.

use serde_json::Value;

use crate::state::StackKey;

/// A change set that CloudFormation made for a stack.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeSet {
    /// The stack.
    pub stack: StackKey,
    /// Its resources that would change.
    pub resources: Vec<ChangeSetResource>,
}

/// What a change set says of one resource.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html> (read 2026-11-25).
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeSetResource {
    /// Logical id.
    pub id: String,
    /// Type, such as `AWS::SQS::Queue`.
    pub kind: String,
    /// `Add`, `Modify`, `Remove`, `Import` or `Dynamic`.
    pub action: String,
    /// `True`, `False` or `Conditional`; nothing for what is not modified.
    pub replacement: Option<String>,
    /// `Delete`, `Retain`, `Snapshot`, `ReplaceAndDelete`, `ReplaceAndRetain` or `ReplaceAndSnapshot`.
    pub policy_action: Option<String>,
    /// What changes in it.
    pub details: Vec<ChangeSetDetail>,
}

/// What a change set says of one property.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeSetDetail {
    /// The property's path as our changes spell it, such as `Properties.QueueName` or `Tags`.
    pub path: String,
    /// `Never`, `Conditionally` or `Always`.
    pub requires_recreation: Option<String>,
    /// Value before and after, where the change set has them.
    pub before: Option<Value>,
    /// Value after.
    pub after: Option<Value>,
    /// What makes it change, such as `Role.Arn`.
    pub causing_entity: Option<String>,
}
