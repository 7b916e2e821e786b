//! What a program needs of whoever deploys it, as data.
//!
//! `order-service contract` and `order-worker contract ROLE` print it; a test holds it against what the platform
//! provides. The variables are those that the program really asks for, see [`Reader::asked`](crate::settings::Reader::asked).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::settings::Asked;

/// The contract of one program in one role.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Contract {
    /// Variables that must be there, with what they say.
    pub required: BTreeMap<&'static str, &'static str>,
    /// Variables that may be there, with what holds without them.
    pub optional: BTreeMap<&'static str, String>,
    /// Ports it listens on, by the variable that says which.
    pub ports: Vec<&'static str>,
    /// Paths that answer probes, with the port's variable.
    pub probes: BTreeMap<&'static str, &'static str>,
    /// What it may answer longest after SIGTERM. Unit: seconds.
    pub drain_seconds: u64,
    /// Actions of AWS it calls, with the variable that names the resource.
    pub actions: Vec<Action>,
    /// Queues it takes messages from, by their variable.
    pub consumes: Vec<&'static str>,
}

/// An action of AWS on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// The name in IAM policies, as `sns:Publish`.
    pub action: &'static str,
    /// The variable that names the resource.
    pub on: &'static str,
    /// What for.
    pub why: &'static str,
}

/// Splits what was asked for into what must be there and what may be.
pub fn variables(asked: Vec<Asked>) -> (BTreeMap<&'static str, &'static str>, BTreeMap<&'static str, String>) {
    let (mut required, mut optional) = (BTreeMap::new(), BTreeMap::new());
    for Asked { name, what, default } in asked {
        match default {
            Some(default) => {
                optional.insert(name, default);
            }
            None => {
                required.insert(name, what);
            }
        }
    }
    (required, optional)
}
