//! A CloudFormation template under construction.

use indexmap::IndexMap;
use serde::ser::{Serialize, SerializeMap};

use super::{Expr, Handle, Object};
use crate::names::LogicalId;

/// What CloudFormation does with a resource that leaves the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// Deletes it.
    Delete,
    /// Leaves it in the account.
    Retain,
    /// Leaves it, except when its very creation is rolled back.
    RetainExceptOnCreate,
    /// Takes a snapshot first.
    Snapshot,
}

impl Deletion {
    /// Returns the name as CloudFormation spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Retain => "Retain",
            Self::RetainExceptOnCreate => "RetainExceptOnCreate",
            Self::Snapshot => "Snapshot",
        }
    }

    /// Reads a name as CloudFormation spells it.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Delete, Self::Retain, Self::RetainExceptOnCreate, Self::Snapshot]
            .into_iter()
            .find(|it| it.as_str() == name)
    }

    /// Returns what to do with the old resource of a replacement; `RetainExceptOnCreate` is no such policy.
    pub fn on_replace(self) -> Self {
        match self {
            Self::RetainExceptOnCreate => Self::Retain,
            Self::Delete | Self::Retain | Self::Snapshot => self,
        }
    }
}

/// One resource of a template.
#[derive(Clone, Debug)]
#[must_use]
pub struct Resource {
    /// Template and logical id.
    pub handle: Handle,
    /// Type, such as `AWS::SQS::Queue`.
    pub kind: String,
    /// The properties; an object.
    pub properties: Expr,
    /// Resources that must exist first, beyond those that the properties name.
    pub depends_on: Vec<Handle>,
    /// Name of the condition under which the resource is created.
    pub condition: Option<String>,
    /// `DeletionPolicy`, and `UpdateReplacePolicy` where `on_replace` does not say otherwise.
    pub deletion: Option<Deletion>,
    /// `UpdateReplacePolicy`, where it does not follow from `deletion`.
    pub on_replace: Option<Deletion>,
    /// `Metadata`.
    pub metadata: Option<Expr>,
    /// Other attributes, such as `UpdatePolicy`.
    pub attributes: Object,
}

impl Resource {
    /// Starts a resource.
    pub fn new(handle: Handle, kind: impl Into<String>, properties: Expr) -> Self {
        Self {
            handle,
            kind: kind.into(),
            properties,
            depends_on: Vec::new(),
            condition: None,
            deletion: None,
            on_replace: None,
            metadata: None,
            attributes: Object::default(),
        }
    }

    /// Sets what happens when the resource leaves the template or is replaced.
    pub fn deletion(mut self, deletion: Deletion) -> Self {
        self.deletion = Some(deletion);
        self
    }

    /// Keeps the resource in the account whatever happens to the template.
    pub fn retain(self) -> Self {
        self.deletion(Deletion::Retain)
    }

    /// Adds resources that must exist first.
    pub fn after(mut self, handles: impl IntoIterator<Item = Handle>) -> Self {
        self.depends_on.extend(handles);
        self
    }
}

/// Writes the resource as the template has it.
impl Serialize for Resource {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("Type", &self.kind)?;
        let mut first: Vec<&str> = self.depends_on.iter().map(|handle| handle.id.as_str()).collect();
        first.sort_unstable();
        first.dedup();
        match first.as_slice() {
            [] => {}
            [one] => map.serialize_entry("DependsOn", one)?,
            many => map.serialize_entry("DependsOn", many)?,
        }
        if let Some(condition) = &self.condition {
            map.serialize_entry("Condition", condition)?;
        }
        if let Some(deletion) = self.deletion {
            map.serialize_entry("DeletionPolicy", deletion.as_str())?;
        }
        if let Some(on_replace) = self.on_replace.or(self.deletion.map(Deletion::on_replace)) {
            map.serialize_entry("UpdateReplacePolicy", on_replace.as_str())?;
        }
        for (key, value) in self.attributes.iter() {
            map.serialize_entry(key, value)?;
        }
        if let Some(metadata) = &self.metadata {
            map.serialize_entry("Metadata", metadata)?;
        }
        if !matches!(&self.properties, Expr::Object(object) if object.is_empty()) {
            map.serialize_entry("Properties", &self.properties)?;
        }
        map.end()
    }
}

/// A parameter of a template; `infra` fills it from another stack's output, CloudFormation from a parameter of SSM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameter {
    /// What it is, for people.
    pub description: String,
    /// Name of the parameter of SSM that holds the value.
    pub ssm: Option<String>,
}

/// An output of a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// What it is, for people.
    pub description: String,
    /// The value.
    pub value: Expr,
    /// The name under which other stacks of the account and region import it.
    pub export: Option<Expr>,
}

/// A template under construction.
#[derive(Clone, Debug, Default)]
pub struct Template {
    /// The resources in the order in which they were made.
    pub resources: IndexMap<LogicalId, Resource>,
    /// The parameters by name.
    pub parameters: std::collections::BTreeMap<String, Parameter>,
    /// The outputs by key.
    pub outputs: std::collections::BTreeMap<String, Output>,
}
