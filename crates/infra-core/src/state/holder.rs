//! Whose a stack or an object is, by what it says itself: read each time, remembered nowhere.

use serde_json::Value;

use super::DeployedStack;
use super::objects::{ENVIRONMENT, ID, PART_OF, PROJECT, set_id};

/// Who something belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// This project and environment.
    Ours,
    /// Nobody who says so. Somebody made it all the same.
    Nobody,
    /// Another: a project and environment, or the id of a set.
    Other(String),
}

/// Who a stack belongs to, by its tags.
pub fn of_stack(stack: &DeployedStack, project: &str, environment: &str) -> Holder {
    let tag = |key: &str| stack.tags.get(&format!("infra:{key}")).map(String::as_str);
    match (tag("project"), tag("environment")) {
        (Some(of), Some(within)) if of == project && within == environment => Holder::Ours,
        (Some(of), Some(within)) => Holder::Other(format!("environment {within} of project {of}")),
        // What environments share has no environment.
        (Some(of), None) if of == project => Holder::Ours,
        (Some(of), None) => Holder::Other(format!("project {of}")),
        (None, _) => Holder::Nobody,
    }
}

/// Who an object of a cluster belongs to.
pub fn of_object(live: &Value, project: &str, environment: &str) -> Holder {
    let text = |pointer: &str| live.pointer(pointer).and_then(Value::as_str);
    let label = |key: &str| text(&format!("/metadata/labels/{}", key.replace('/', "~1")));
    let annotation = |key: &str| text(&format!("/metadata/annotations/{}", key.replace('/', "~1")));
    let ours = set_id(project, environment);
    match label(PART_OF).or_else(|| label(ID)) {
        None => Holder::Nobody,
        Some(id) if id != ours => Holder::Other(format!("the set {id}")),
        Some(_) => match (annotation(PROJECT), annotation(ENVIRONMENT)) {
            (Some(of), Some(within)) if of != project || within != environment => {
                Holder::Other(format!("environment {within} of project {of}"))
            }
            (_, _) => Holder::Ours,
        },
    }
}
