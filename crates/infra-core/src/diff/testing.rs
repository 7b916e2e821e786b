//! Small values of what is wanted and what is deployed, for tests of this room and of those that use it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::state::{DeployedStack, Desired, DesiredStack, StackStatus};

/// One wanted stack with a template; no zones, no objects.
pub(crate) fn desired(key: &str, template: &Value) -> Desired {
    let stack = DesiredStack {
        stack: "example".into(),
        path: String::new(),
        body: template.to_string(),
        template: template.clone(),
        sha256: String::new(),
        needs: BTreeSet::new(),
        parameters: BTreeMap::new(),
        capabilities: Vec::new(),
        tags: BTreeMap::new(),
        termination_protection: false,
        provenance: BTreeMap::new(),
    };
    Desired {
        project: "shop".into(),
        environment: "dev".into(),
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
        digest: String::new(),
        stacks: BTreeMap::from([(key.parse().unwrap(), stack)]),
        zones: Vec::new(),
        objects: Vec::new(),
        documents: Vec::new(),
    }
}

/// A deployed stack with a template and nothing else.
pub(crate) fn deployed_stack(template: Value) -> DeployedStack {
    DeployedStack {
        id: String::new(),
        status: StackStatus::CreateComplete,
        reason: None,
        template,
        template_sha256: String::new(),
        parameters: BTreeMap::new(),
        outputs: BTreeMap::new(),
        tags: BTreeMap::new(),
        termination_protection: false,
        changed: String::new(),
    }
}
