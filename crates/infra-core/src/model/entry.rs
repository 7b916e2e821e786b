//! One entry of a section, and what every entry may carry whatever its kind.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diag::At;
use crate::names::{Date, Name};
use crate::source::{Node, Route, Span};

/// The entries of one kind in one stack, sorted by name.
pub type Section<K> = IndexMap<Name, Entry<K>>;

/// One named resource as written.
#[derive(Clone, Debug)]
pub struct Entry<K> {
    /// What is particular to the kind.
    pub spec: K,
    /// What every entry may carry.
    pub common: Common,
    /// Where it was written.
    pub origin: Origin,
}

/// Where an entry was written.
#[derive(Clone, Debug)]
pub enum Origin {
    /// In a YAML file.
    Yaml {
        /// Its name.
        key: Span,
        /// Its value after overlays.
        node: Node,
    },
    /// In a Rust program.
    Caller {
        /// Source file as the compiler names it.
        file: &'static str,
        /// Line, from 1.
        line: u32,
    },
}

impl Origin {
    /// Returns the place of the entry itself.
    pub fn at(&self) -> At {
        match self {
            Self::Yaml { key, .. } => At::Span(*key),
            Self::Caller { file, line } => At::Caller { file, line: *line },
        }
    }

    /// Returns whether a place lies in the entry.
    pub fn holds(&self, at: &At) -> bool {
        match (self, at) {
            (Self::Yaml { key, node }, At::Span(span) | At::Hidden(span)) => key.covers(*span) || node.holds(*span),
            (Self::Caller { .. }, _) | (Self::Yaml { .. }, At::File(_) | At::Caller { .. }) => self.at() == *at,
        }
    }

    /// Returns the place of a value inside the entry, or of the entry where the value was not written.
    pub fn locate(&self, route: &Route) -> At {
        match self {
            Self::Yaml { key, node } => At::Span(route.locate(node).unwrap_or(*key)),
            Self::Caller { .. } => self.at(),
        }
    }
}

/// What every entry may carry, whatever its kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Common {
    /// The entry's former name: its resources keep the logical ids made from that one.
    pub renamed_from: Option<Name>,
    /// Tags of all resources made from the entry, beside those of the stack.
    pub tags: BTreeMap<String, String>,
    /// Patches over the compiled resources and Kubernetes objects, for what the model does not offer.
    pub overrides: Vec<Override>,
    /// Findings of rules that are accepted for the resources made from the entry, each with its reason.
    pub allow: Vec<Allow>,
}

impl Common {
    /// The keys, as they are written.
    pub const KEYS: [&'static str; 4] = ["renamed-from", "tags", "overrides", "allow"];
}

/// A finding that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Allow {
    /// The rule by id or code, such as `MSG-001`.
    pub rule: String,
    /// Why it is right here.
    pub reason: String,
    /// The last day on which it is accepted; without it, for good.
    pub until: Option<Date>,
}

/// A patch over one compiled resource or Kubernetes object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Override {
    /// Logical id of the resource. A Kubernetes object by its kind, such as `Deployment`, or by kind and name where the entry
    /// makes several: `ConfigMap/orders-settings`.
    pub resource: String,
    /// Why the model's own output does not do. A Kubernetes object carries it in the annotation `infra/override`.
    pub reason: String,
    /// Operations of a JSON patch (RFC 6902); paths start at the resource, such as `/Properties/DelaySeconds`, or at the
    /// object, such as `/spec/template/spec/dnsPolicy`.
    #[serde(default)]
    pub patch: Vec<PatchOperation>,
    /// Values that are put over those that are there, as a JSON merge patch (RFC 7396) does: mappings are merged, `null`
    /// removes, all else replaces. Before `patch`.
    #[serde(default)]
    pub merge: serde_json::Map<String, serde_json::Value>,
}

/// One operation of a JSON patch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum PatchOperation {
    /// Adds a value.
    Add(PatchValue),
    /// Replaces a value that is there.
    Replace(PatchValue),
    /// Removes a value that is there.
    Remove(PatchPath),
}

/// Where a patch works and with which value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PatchValue {
    /// JSON pointer from the resource.
    pub path: String,
    /// The new value.
    pub value: serde_json::Value,
}

/// Where a patch works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PatchPath {
    /// JSON pointer from the resource.
    pub path: String,
}
