//! The changes of an environment, as data: printed by `diff`, judged by approval rules, executed by `apply`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::{RecordKey, StackKey};

/// Path of a stack's termination protection among its attributes.
pub const TERMINATION_PROTECTION: &str = "TerminationProtection";

/// Everything that would change in an environment. Empty lists: nothing would.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// Stacks that would be created, updated or deleted.
    pub stacks: Vec<StackChange>,
    /// Hosted zones in which record sets would change, or hold something worth a word.
    pub zones: Vec<ZoneChange>,
    /// What is to be known about certificates.
    pub certificates: Vec<CertificateNote>,
    /// Kubernetes objects that would change.
    pub objects: Vec<ObjectChange>,
    /// Hosted zones that would be made although the account has one of the name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub second_zones: Vec<SecondZone>,
    /// How many Kubernetes objects of ours that are wanted no more would be forgotten, by the name of their cluster: it is
    /// not asked, or has nothing of what was put into it.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub forgotten: std::collections::BTreeMap<String, usize>,
    /// Who could do or reach more than before.
    pub exposures: Vec<Exposure>,
    /// What would make AWS refuse the changes, or harm others.
    pub hazards: Vec<Hazard>,
    /// What differs between stacks and their own templates; empty if that was not asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<DriftNote>,
    /// What was not compared, and why.
    pub unseen: Vec<String>,
    /// What API servers warned of, such as `cluster main: autoscaling/v2beta2 is deprecated`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What is done with a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is deleted.
    Delete,
    /// It stays, and is no longer managed.
    Retain,
}

/// What a change does to the thing that is changed, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// It goes on working.
    InPlace,
    /// It may be interrupted.
    MayInterrupt,
    /// It may be replaced by another one.
    MayReplace,
    /// It is replaced by another one.
    Replaces,
}

/// What a statement about a change rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The two templates and the schemas of the resource types.
    Template,
    /// A change set that CloudFormation made.
    ChangeSet,
    /// The live zone, certificate or cluster.
    Live,
}

/// What becomes of data that a resource holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DataLoss {
    /// It is deleted.
    Deleted,
    /// It stays, but nothing manages or uses it any more.
    Orphaned,
    /// A snapshot is kept.
    Snapshot,
}

/// The changes of one stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StackChange {
    /// The stack.
    pub stack: StackKey,
    /// What is done with it; never [`Action::Retain`].
    pub action: Action,
    /// What the statements about it rest on.
    pub method: Method,
    /// Its resources, in the order of the new template, deleted ones at the end.
    pub resources: Vec<ResourceChange>,
    /// Parameters whose values change, or whose values are known only after their producers changed.
    pub parameters: Vec<ValueChange>,
    /// Outputs whose definitions change.
    pub outputs: Vec<ValueChange>,
    /// Tags, termination protection, description and other attributes of the stack.
    pub attributes: Vec<ValueChange>,
    /// Whether the stack is there, wanted, and carries no tags of a project: it is taken over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopts: bool,
}

/// The change of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceChange {
    /// Logical id.
    pub id: String,
    /// Type, such as `AWS::SQS::Queue`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is done with it.
    pub action: Action,
    /// What an update does to it; [`Impact::InPlace`] for what is created or deleted.
    pub impact: Impact,
    /// Paths of the properties that cause an impact beyond in-place, such as `Properties.QueueName`; of another
    /// resource that is replaced, `Properties.RoleArn: replacement of Role`.
    pub causes: Vec<String>,
    /// What changes in it.
    pub properties: Vec<ValueChange>,
    /// What becomes of its data, if it holds any that the change endangers.
    pub data: Option<DataLoss>,
    /// Where it was written, as `path:line:column`.
    pub place: Option<String>,
    /// A removed resource of the same type and properties, or the added one for a removed one: this looks like a rename.
    pub looks_like: Option<String>,
    /// What the statements rest on.
    pub method: Method,
}

/// A value that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ValueChange {
    /// Where, such as `Properties.Tags[team]` or the name of a parameter.
    pub path: String,
    /// The value before; `None` if there was none. Secrets are masked as `*** (before)`.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The value after; `None` if there will be none. Secrets are masked as `*** (after)`.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// Whether the value after is known only once others were changed; `after` then says where it comes from.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// What changing it does to the resource.
    pub impact: Impact,
}

/// The changes of one hosted zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ZoneChange {
    /// The domain, with the trailing dot.
    pub domain: String,
    /// Whether it is a private zone.
    pub private: bool,
    /// Its id; the placeholder of an output if the zone is made by the same run.
    pub id: String,
    /// How many record sets the zone has now.
    pub existing: usize,
    /// Record sets that change.
    pub records: Vec<RecordChange>,
    /// Record sets that are wanted no more and left alone although we made them: what, and why.
    pub left_alone: Vec<(RecordKey, String)>,
}

/// The change of one record set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordChange {
    /// Which one.
    pub key: RecordKey,
    /// Create, update or delete.
    pub action: Action,
    /// The API's `ResourceRecordSet` as it is.
    pub before: Option<Value>,
    /// The API's `ResourceRecordSet` as it will be; texts may hold placeholders of outputs.
    pub after: Option<Value>,
    /// Whether the record set is there and not recorded as ours. If it is wanted, it is taken over; if it is deleted, a
    /// run that did not end was going to make it, and whether it did is not known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopts: bool,
    /// Whether the record set is given back: it is what it was before a run took it over, and not ours any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub releases: bool,
}

/// What is to be known about a certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CertificateNote {
    /// Its ARN.
    pub arn: String,
    /// Stack and logical id, or who refers to it.
    pub of: String,
    /// What is to be known, such as `expires on 2026-12-01 and is imported: AWS does not renew it`.
    pub text: String,
    /// Whether changes that need it would fail.
    pub blocking: bool,
}

/// The change of a Kubernetes object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectChange {
    /// The cluster.
    pub cluster: String,
    /// `apiVersion`, `kind`, namespace (empty if none) and name.
    pub identity: [String; 4],
    /// What is done with it.
    pub action: Action,
    /// Fields that change; only those that we manage.
    pub fields: Vec<ValueChange>,
    /// Whether the object is there, wanted, and carries no label of a set: it is taken over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopts: bool,
    /// What others have in the namespace that is deleted and goes with it, as `ConfigMap settings`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<String>,
    /// Whether it is a job that ran to its end and is deleted: nothing is lost with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spent: bool,
    /// How far its rollout is, of an object in which nothing changes and whose last change is not rolled out: it is
    /// waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<String>,
    /// Fields that are taken from those who manage them, as `.spec.replicas is managed by "kubectl"`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
    /// Who else manages fields of it, as `"kube-controller-manager" manages spec.replicas`: they stay as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// Why it is deleted and made anew: what the API server says of a field that cannot be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anew: Option<String>,
}

/// A public hosted zone that would be made beside one of the same name: the new one answers nobody until the name is
/// delegated to it, and what was delegated before goes on answering.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecondZone {
    /// The domain, with the trailing dot.
    pub domain: String,
    /// The stack that makes it.
    pub stack: StackKey,
    /// Its logical id.
    pub resource: String,
    /// Ids of the zones that are there.
    pub existing: Vec<String>,
}

/// Kinds of exposure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExposureKind {
    /// A principal may do more.
    Permission,
    /// Someone new may assume a role or use a resource.
    Principal,
    /// More of the network reaches it.
    Network,
    /// It becomes public.
    Public,
}

/// Somebody can do or reach more than before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exposure {
    /// The stack.
    pub stack: StackKey,
    /// Logical id of the resource.
    pub resource: String,
    /// Which kind.
    pub kind: ExposureKind,
    /// What is new, such as `sqs:SendMessage on QueueJobs for anyone in account 123456789012`.
    pub text: String,
}

/// A resource that is not as its stack's template says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DriftNote {
    /// The stack.
    pub stack: StackKey,
    /// Logical id of the resource.
    pub resource: String,
    /// Type, such as `AWS::SQS::Queue`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `MODIFIED`, `DELETED`, `NOT_CHECKED` or `UNKNOWN`.
    pub status: String,
    /// Path, what the template says, what is live.
    pub properties: Vec<(String, String, String)>,
}

/// Something that would make AWS refuse the changes or harm others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hazard {
    /// What it is about: a stack as `name@region`, `cluster main`, `zone example.com.`.
    pub subject: String,
    /// What is wrong, such as `output QueueArn goes away, but orders-dev-api@eu-west-1 still takes it`.
    pub text: String,
    /// What to do about it.
    pub help: String,
    /// Whether the changes must not be applied like this.
    pub blocking: bool,
}

impl ObjectChange {
    /// A change of an object of a cluster that is ours.
    pub fn new(cluster: &str, identity: &[String; 4], action: Action, fields: Vec<ValueChange>) -> Self {
        Self {
            cluster: cluster.to_owned(),
            identity: identity.clone(),
            action,
            fields,
            adopts: false,
            takes: Vec::new(),
            spent: false,
            waits: None,
            conflicts: Vec::new(),
            others: Vec::new(),
            anew: None,
        }
    }
}

impl StackChange {
    /// Whether nothing in the stack would change.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.parameters.is_empty() && self.outputs.is_empty() && self.attributes.is_empty()
    }
}

impl Changes {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.stacks.is_empty() && self.zones.iter().all(|zone| zone.records.is_empty()) && self.objects.is_empty()
    }

    /// Whether nothing would change, and all that is left to do is to wait for rollouts.
    pub fn only_waits(&self) -> bool {
        self.stacks.is_empty()
            && self.zones.iter().all(|zone| zone.records.is_empty())
            && self.objects.iter().all(|object| object.waits.is_some())
    }

    /// Whether something keeps the changes from being applied.
    pub fn is_blocked(&self) -> bool {
        self.hazards.iter().any(|hazard| hazard.blocking) || self.certificates.iter().any(|note| note.blocking)
    }

    /// Whether something differs from its stack's own template.
    pub fn has_drift(&self) -> bool {
        self.drift.iter().any(|note| matches!(note.status.as_str(), "MODIFIED" | "DELETED"))
    }

    /// The change of a stack.
    pub fn stack(&self, key: &StackKey) -> Option<&StackChange> {
        self.stacks.iter().find(|change| change.stack == *key)
    }
}

/// Reads a value that is there, `null` too: a plan must be read as it was written.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_null_is_read_as_it_was_written_and_one_that_is_not_there_too() {
        for (before, after) in [(None, Some(Value::Null)), (Some(Value::Null), None), (None, None)] {
            let change =
                ValueChange { path: "Description".into(), before, after, unknown: false, impact: Impact::InPlace };
            let text = serde_json::to_string(&change).unwrap();
            assert_eq!(serde_json::from_str::<ValueChange>(&text).unwrap(), change, "{text}");
        }
    }
}
