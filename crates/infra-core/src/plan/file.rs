//! The plan, and the file that it is kept in.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Prints, build};
use crate::assembly::digest;
use crate::diff::Changes;
use crate::state::{Deployed, Desired, DesiredStack, StackKey};

/// Version of the file's shape; raised with every change of it.
const VERSION: u32 = 3;

/// What will be done in one environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Plan {
    /// Version of the shape.
    pub version: u32,
    /// SHA-256 of the file with this line's value empty.
    pub hash: String,
    /// The version of infra that made it.
    pub tool: String,
    /// What it is for.
    pub kind: Kind,
    /// Name of the project.
    pub project: String,
    /// Id of the project, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name of the environment.
    pub environment: String,
    /// The account.
    pub account: String,
    /// The environment's region.
    pub region: String,
    /// When it was made, RFC 3339 in UTC.
    pub created: String,
    /// When it stops being applied, RFC 3339 in UTC.
    pub expires: String,
    /// Digest of the assembly that it was made from.
    pub assembly: String,
    /// The stacks that were asked for; empty: everything.
    pub selected: BTreeSet<StackKey>,
    /// What was live.
    pub prints: Prints,
    /// Digests of the templates that will be deployed.
    pub templates: std::collections::BTreeMap<StackKey, String>,
    /// Templates of the stacks that remember what is ours, for the time of the run.
    pub memory: std::collections::BTreeMap<StackKey, serde_json::Value>,
    /// What is done, each step with those that must be done first.
    pub steps: Vec<Step>,
    /// What changes by it.
    pub changes: Changes,
}

/// What a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// To make what is deployed what is wanted.
    Apply,
    /// To take everything away.
    Destroy,
    /// To take the records of a run back.
    Undo,
}

/// One step of a plan: a stack, the records of a zone, or the objects of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name, such as `stack orders-dev-api@eu-west-1`.
    pub id: String,
    /// What it changes; how is said by the plan's changes.
    pub target: Target,
    /// Names of steps that must be done first.
    pub needs: BTreeSet<String>,
}

/// What a step changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A stack.
    Stack(StackKey),
    /// Records of a hosted zone, by its id or the placeholder of the output that gives it.
    Zone(String),
    /// Objects of a cluster, by its name.
    Cluster(String),
    /// What a stack remembers of what is ours while the run goes on.
    Memory(StackKey),
}

impl Target {
    /// The name of the step that changes it.
    pub fn step(&self) -> String {
        match self {
            Self::Stack(key) => format!("stack {key}"),
            Self::Zone(id) => format!("records {id}"),
            Self::Cluster(name) => format!("objects {name}"),
            Self::Memory(key) => format!("memory {key}"),
        }
    }
}

/// What a plan is made with that is no change.
#[derive(Clone, Debug)]
pub struct Terms {
    /// What it is for.
    pub kind: Kind,
    /// When it is made, RFC 3339 in UTC.
    pub created: String,
    /// When it stops being applied, RFC 3339 in UTC.
    pub expires: String,
    /// The stacks that were asked for; empty: everything.
    pub selected: BTreeSet<StackKey>,
}

/// Why a plan file is refused.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is no plan.
    #[error("it is not a plan that infra wrote: {0}")]
    Invalid(String),
    /// Another version of the shape.
    #[error("it has version {0}, this infra reads {VERSION}; make the plan again")]
    Version(u64),
    /// It was made by another infra, which may plan and act differently.
    #[error("it was made by {0}, this is {tool}; make the plan again", tool = tool())]
    Tool(String),
    /// It was changed.
    #[error("it was changed after infra wrote it; make the plan again")]
    Changed,
}

impl Plan {
    /// Makes a plan of changes.
    pub fn new(changes: Changes, desired: &Desired, deployed: &Deployed, terms: Terms) -> Self {
        let memory = build::memory(&changes, desired, deployed);
        let mut plan = Self {
            version: VERSION,
            hash: String::new(),
            tool: tool(),
            kind: terms.kind,
            project: desired.project.clone(),
            id: desired.id.clone(),
            environment: desired.environment.clone(),
            account: deployed.account.clone(),
            region: desired.region.clone(),
            created: terms.created,
            expires: terms.expires,
            assembly: desired.digest.clone(),
            selected: terms.selected,
            prints: Prints::take(&changes, desired, deployed),
            templates: build::templates(&changes, desired),
            steps: build::steps(&changes, desired, deployed, memory.keys()),
            memory,
            changes,
        };
        plan.hash = digest(plan.text().as_bytes());
        plan
    }

    /// Writes the plan file.
    pub fn render(&self) -> Vec<u8> {
        self.text().into_bytes()
    }

    /// Reads a plan file; a byte that was changed is found.
    ///
    /// # Errors
    /// If it is no plan, was changed, or was made by another version.
    pub fn read(bytes: &[u8]) -> Result<Self, FileError> {
        let value: serde_json::Value =
            serde_json::from_slice(bytes).map_err(|error| FileError::Invalid(error.to_string()))?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version == u64::from(VERSION) => {}
            Some(version) => return Err(FileError::Version(version)),
            None => return Err(FileError::Invalid("it has no version".to_owned())),
        }
        let plan: Self = serde_json::from_value(value).map_err(|error| FileError::Invalid(error.to_string()))?;
        if plan.tool != tool() {
            return Err(FileError::Tool(plan.tool));
        }
        if plan.render() != bytes || !plan.is_untouched() {
            return Err(FileError::Changed);
        }
        Ok(plan)
    }

    /// Whether it is as infra made it, by its hash.
    pub fn is_untouched(&self) -> bool {
        let unsigned = Self { hash: String::new(), ..self.clone() };
        digest(unsigned.text().as_bytes()) == self.hash
    }

    /// A stack that remembers what is ours, as it is while the run goes on, if it is written for that.
    pub fn remembering(&self, key: &StackKey, desired: &Desired) -> Option<DesiredStack> {
        Some(desired.stacks.get(key)?.clone().with_template(self.memory.get(key)?.clone()))
    }

    /// Why it is not a plan for what is wanted now: each thing that it was made for and that is another one.
    ///
    /// A plan of a project that had no id yet is one of the project that got one since.
    pub fn differs(&self, desired: &Desired) -> Vec<String> {
        let same = [
            ("project", &self.project, &desired.project),
            ("environment", &self.environment, &desired.environment),
            ("account", &self.account, &desired.account),
            ("region", &self.region, &desired.region),
        ];
        let others = same.into_iter().filter(|(_, then, now)| then != now);
        let others = others.map(|(what, then, now)| format!("it is for {what} {then}, this is {what} {now}"));
        let id = self.id.as_ref().filter(|id| desired.id.as_ref() != Some(*id)).map(|id| {
            let now = desired.id.as_deref().unwrap_or("no id");
            format!("it is for the project with the id {id}, this one has {now}")
        });
        others.chain(id).collect()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    fn text(&self) -> String {
        // Plain data with keys of text always serializes.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn tool() -> String {
    format!("infra {}", env!("CARGO_PKG_VERSION"))
}
