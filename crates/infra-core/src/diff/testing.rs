//! Wanted and deployed stacks for tests of this room and of those that use it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::state::{Deployed, DeployedStack, Desired, DesiredStack, OutputRef, StackKey, StackStatus};

/// The key of a stack in the region of the tests.
pub(crate) fn key(name: &str) -> StackKey {
    StackKey::new(name, "eu-west-1")
}

/// Stacks as they are wanted: name, template, and parameters by name with the stack and output that gives them.
pub(crate) fn desired(stacks: &[(&str, Value, &[(&str, &str, &str)])]) -> Desired {
    let stack = |(name, template, parameters): &(&str, Value, &[(&str, &str, &str)])| {
        let output = |(parameter, stack, output): &(&str, &str, &str)| {
            ((*parameter).to_owned(), OutputRef { stack: key(stack), output: (*output).to_owned() })
        };
        let stack = DesiredStack {
            stack: (*name).to_owned(),
            path: String::new(),
            body: template.to_string(),
            template: template.clone(),
            sha256: String::new(),
            needs: BTreeSet::new(),
            parameters: parameters.iter().map(output).collect(),
            capabilities: Vec::new(),
            tags: tags(),
            termination_protection: false,
            provenance: BTreeMap::from([("Q".to_owned(), "stacks/a.yaml:1:1".to_owned())]),
        };
        (key(name), stack)
    };
    Desired {
        project: "shop".to_owned(),
        environment: "dev".to_owned(),
        id: None,
        environments: BTreeSet::new(),
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
        partition: "aws".to_owned(),
        digest: String::new(),
        stacks: stacks.iter().map(stack).collect(),
        zones: Vec::new(),
        objects: Vec::new(),
        documents: Vec::new(),
    }
}

/// A stack as it is deployed, with values of parameters and outputs.
pub(crate) fn stack(template: Value, parameters: &[(&str, &str)], outputs: &[(&str, &str)]) -> DeployedStack {
    let texts = |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    DeployedStack {
        id: String::new(),
        status: StackStatus::UpdateComplete,
        reason: None,
        template,
        template_sha256: String::new(),
        parameters: texts(parameters),
        outputs: texts(outputs),
        tags: tags(),
        termination_protection: false,
        changed: String::new(),
    }
}

/// Tags of every stack of the environment.
fn tags() -> BTreeMap<String, String> {
    [("infra:project", "shop"), ("infra:environment", "dev")].map(|(key, of)| (key.to_owned(), of.to_owned())).into()
}

/// What is deployed.
pub(crate) fn deployed(stacks: Vec<(&str, DeployedStack)>) -> Deployed {
    let stacks = stacks.into_iter().map(|(name, stack)| (key(name), stack)).collect();
    Deployed { account: "123456789012".to_owned(), stacks, ..Deployed::default() }
}
