//! What is ours outside CloudFormation: remembered in the metadata of a small stack, so that no other state is kept.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{OutputRef, RecordKey, StackKey};
use crate::assembly::digest;

/// Key of the metadata.
const METADATA: &str = "infra::Owned";

/// Names of what is ours outside CloudFormation. Only what is named here, by an earlier run, is ever deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// Record sets by the id of their zone, or by the output that gives the id.
    pub zones: BTreeMap<String, BTreeSet<RecordKey>>,
    /// Kubernetes objects by cluster, as `apiVersion/kind/namespace/name`.
    pub objects: BTreeMap<String, BTreeSet<String>>,
}

impl Owned {
    /// Type of the resource that carries it; it does nothing and costs nothing.
    pub const CARRIER: &str = "AWS::CloudFormation::WaitConditionHandle";

    /// Name of the stack that carries it.
    pub fn stack_name(project: &str, environment: &str) -> String {
        format!("{project}-{environment}-owned")
    }

    /// Reads it from a template, if this is the template that carries it.
    pub fn read(template: &Value) -> Option<Self> {
        let carries = |resource: &Value| {
            let metadata = resource.get("Metadata")?.get(METADATA)?;
            serde_json::from_value(metadata.clone()).ok()
        };
        template.get("Resources")?.as_object()?.values().find_map(carries)
    }

    /// The template that carries it.
    ///
    /// CloudFormation does not take a change of the template's own `Metadata` alone, and updates of the carrier are not
    /// supported: it is another one, by its id, whenever it carries something else.
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/metadata-section-structure.html> and
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudformation-waitconditionhandle.html>
    /// (read 2026-11-25).
    pub fn template(&self, project: &str, environment: &str) -> Value {
        let content = serde_json::to_vec(self).unwrap_or_default();
        let id = format!("Owned{}", digest(&content).get(..12).unwrap_or_default());
        json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": format!("What {project} owns outside CloudFormation in {environment}: names of records and Kubernetes objects"),
            "Resources": {
                id: { "Type": Self::CARRIER, "Metadata": { METADATA: self } }
            }
        })
    }

    /// The record sets of a zone, which may have been recorded by the output that gives its id.
    pub fn records(&self, zone: &str, output: impl Fn(&OutputRef) -> Option<String>) -> BTreeSet<RecordKey> {
        let ours = self.zones.iter().filter(|(id, _)| *id == zone || super::fill_text(id, &output) == zone);
        ours.flat_map(|(_, keys)| keys.iter().cloned()).collect()
    }

    /// Whether nothing is ours.
    pub fn is_empty(&self) -> bool {
        self.zones.values().all(BTreeSet::is_empty) && self.objects.values().all(BTreeSet::is_empty)
    }

    /// The key of the stack that carries it.
    pub fn key(project: &str, environment: &str, region: &str) -> StackKey {
        StackKey::new(Self::stack_name(project, environment), region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_is_read_again() {
        let key = RecordKey { name: "a.example.com.".into(), record_type: "A".into(), set: None };
        let owned = Owned {
            zones: BTreeMap::from([("${output:dns@eu-west-1:ZoneRef}".to_owned(), BTreeSet::from([key.clone()]))]),
            objects: BTreeMap::from([("main".to_owned(), BTreeSet::from(["v1/Namespace//orders".to_owned()]))]),
        };
        assert_eq!(Owned::read(&owned.template("shop", "dev")), Some(owned.clone()));
        let id = |owned: &Owned| owned.template("shop", "dev")["Resources"].as_object().unwrap().keys().next().cloned();
        assert_ne!(id(&owned), id(&Owned::default()), "the carrier is never updated");
        assert_eq!(owned.records("Z1", |_| Some("Z1".to_owned())), BTreeSet::from([key]));
        assert_eq!(owned.records("Z1", |_| None), BTreeSet::new());
        assert_eq!(Owned::read(&json!({ "Resources": { "Owned": { "Type": "AWS::SQS::Queue" } } })), None);
    }
}
