//! What a system is made of: stacks with their sources, Kubernetes objects, change batches.

use std::collections::BTreeMap;

use crate::artifacts::{Expr, Handle, Place};
use crate::names::{AccountId, LogicalId, Region};
use crate::place::FileId;
use crate::source::{Node, Pair, Value};

/// A stack: a template and where it is deployed.
#[derive(Clone, Debug)]
pub struct Stack {
    /// The stack's name; the file's name where nobody said another.
    pub name: String,
    /// Whether somebody said the name, so that `AWS::StackName` is known.
    pub is_named: bool,
    /// The region, where it is known.
    pub region: Option<Region>,
    /// The account, where it is known.
    pub account: Option<AccountId>,
    /// The file of the template.
    pub file: FileId,
    /// The template, with its loops unrolled.
    pub source: Node,
    /// Whether there were loops; what they went through is no longer to be seen.
    pub(super) has_loops: bool,
    /// Stacks that are deployed before, as indices.
    pub depends_on: Vec<usize>,
    /// Whether the stack is protected against deletion, where that is known.
    pub termination_protection: Option<bool>,
    /// Values that the assembly gives to parameters.
    pub given: BTreeMap<String, Given>,
    pub(super) index: Index,
}

/// What an assembly gives to a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A value.
    Value(String),
    /// An output of another stack.
    Output {
        /// Index of the stack.
        stack: usize,
        /// Key of the output.
        key: String,
    },
}

/// A Kubernetes object.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The file.
    pub file: FileId,
    /// The object as it was written.
    pub source: Node,
    /// Its value; placeholders of our own assemblies are the outputs that they name.
    pub body: Expr,
}

/// A change batch of one hosted zone.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The file.
    pub file: FileId,
    /// The batch as it was written; the mapping that has `Changes`.
    pub source: Node,
    /// Id of the hosted zone, where it is known.
    pub zone: Option<String>,
    /// The changes in order.
    pub changes: Vec<Change>,
}

/// One change of a batch; its source is the item of `Changes` with the same index.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// `CREATE`, `DELETE` or `UPSERT`, as it was written.
    pub action: String,
    /// The `ResourceRecordSet`.
    pub set: Expr,
}

/// Where the entries of a template's sections stand.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    sections: BTreeMap<&'static str, BTreeMap<String, usize>>,
    ids: BTreeMap<String, LogicalId>,
}

/// Sections whose entries are looked up by name.
const SECTIONS: &[&str] = &["Resources", "Parameters", "Conditions", "Mappings", "Outputs"];

impl Index {
    /// Notes where each entry of a template stands.
    pub(super) fn of(template: &Node) -> Self {
        let section = |name: &'static str| {
            let pairs = template.pair(name).map(|pair| pair.value.pairs()).unwrap_or_default();
            (name, pairs.iter().enumerate().map(|(at, pair)| (pair.key.clone(), at)).collect())
        };
        let sections: BTreeMap<_, BTreeMap<String, usize>> = SECTIONS.iter().map(|name| section(name)).collect();
        let ids = sections.get("Resources").into_iter().flat_map(BTreeMap::keys);
        let ids = ids.filter_map(|id| Some((id.clone(), id.parse().ok()?))).collect();
        Self { sections, ids }
    }
}

impl Stack {
    /// Returns the entries of a section; nothing where it is missing or no mapping.
    pub fn section(&self, name: &str) -> &[Pair] {
        self.source.pair(name).map(|pair| pair.value.pairs()).unwrap_or_default()
    }

    /// Returns an entry of a section.
    pub fn entry(&self, section: &str, name: &str) -> Option<&Pair> {
        let at = self.index.sections.get(section)?.get(name)?;
        self.section(section).get(*at)
    }

    /// Returns a resource.
    pub fn resource(&self, id: &str) -> Option<&Pair> {
        self.entry("Resources", id)
    }

    /// Returns a parameter.
    pub fn parameter(&self, name: &str) -> Option<&Pair> {
        self.entry("Parameters", name)
    }

    /// Names a resource of this stack, which is number `stack`; `None` where the template has none of this id.
    pub(super) fn handle(&self, stack: usize, id: &str) -> Option<Handle> {
        let id = self.index.ids.get(id)?.clone();
        Some(Handle { place: Place { stack: u16::try_from(stack).unwrap_or(u16::MAX), edge: false }, id })
    }

    /// Returns the template's transforms, as they are written.
    pub(super) fn transforms(&self) -> impl Iterator<Item = &Node> {
        transforms(&self.source)
    }

    /// Returns whether a macro rewrites the template before it is deployed, so that names may come from nowhere.
    pub(super) fn is_rewritten(&self) -> bool {
        let is_macro = |node: &Node| node.scalar() != Some(LANGUAGE_EXTENSIONS);
        let is_module = |pair: &Pair| kind(&pair.value).is_some_and(|kind| kind.ends_with("::MODULE"));
        let includes = |name: &&str| self.section(name).iter().any(|pair| pair.key == "Fn::Transform");
        self.transforms().any(is_macro)
            || self.section("Resources").iter().any(is_module)
            || SECTIONS.iter().any(includes)
            || self.source.pair("Fn::Transform").is_some()
    }
}

/// The transform that `Fn::ForEach`, `Fn::Length` and `Fn::ToJsonString` need.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-aws-languageextensions.html> (read
/// 2026-11-22).
pub(super) const LANGUAGE_EXTENSIONS: &str = "AWS::LanguageExtensions";

/// Returns the transforms of a template, as they are written.
pub(super) fn transforms(template: &Node) -> impl Iterator<Item = &Node> {
    let value = template.pair("Transform").map(|pair| &pair.value);
    let single = value.filter(|value| !matches!(value.value, Value::List(_)));
    single.into_iter().chain(value.map(Node::items).unwrap_or_default())
}

/// Returns the type of a resource.
pub(super) fn kind(resource: &Node) -> Option<&str> {
    resource.pair("Type")?.value.scalar()
}
