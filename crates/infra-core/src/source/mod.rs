//! Text of the input files and the node tree read from it.
//!
//! The only room that names a YAML parser. Knows no kind of resource.

mod de;
mod interpolate;
mod json;
mod merge;
mod repair;
mod route;
mod scalar;
mod syntax;
mod tags;
mod text;
mod yaml;

pub use de::{from_node, from_part};
pub use interpolate::{Variables, interpolate};
pub use merge::merge;
pub use route::{Route, Step};
pub use scalar::{Literal, literal};
pub use yaml::{manifests, parse, parse_foreign, template};

pub use crate::place::{File, FileId, Lines, Sources, Span};

/// Most bytes that are read of one input file.
///
/// Unit: bytes. A stack of 500 resources, CloudFormation's limit, is about 100 KiB of YAML.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// A value of the input with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What was written.
    pub value: Value,
    /// Where: of a scalar its text with quotes, of a container its first key or item.
    pub span: Span,
}

/// What a [`Node`] holds. Scalars keep the text that was written; what it means is decided by who reads it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A scalar without quotes; means what YAML 1.2's core schema says.
    Plain(String),
    /// A quoted or block scalar: always a string.
    Quoted(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping in the order written; keys are unique.
    Map(Vec<Pair>),
}

/// One key of a mapping and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The key.
    pub key: String,
    /// Where the key was written.
    pub key_span: Span,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// Returns the node as JSON, plain scalars as tools read them in files of others, see [`literal`].
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Quoted(text) => text.as_str().into(),
            Value::Plain(text) => match literal(text) {
                Literal::Null => serde_json::Value::Null,
                Literal::Bool(value) => value.into(),
                Literal::Int(value) => value.into(),
                Literal::Float(value) => value.into(),
                Literal::Text => text.as_str().into(),
            },
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(pairs) => {
                let pairs = pairs.iter().map(|pair| (pair.key.clone(), pair.value.to_json()));
                serde_json::Value::Object(pairs.collect())
            }
        }
    }

    /// Returns whether a place lies in the node or, where an overlay wrote a part of it, in that part.
    pub fn holds(&self, span: Span) -> bool {
        self.span.covers(span)
            || self.pairs().iter().any(|pair| pair.key_span.covers(span) || pair.value.holds(span))
            || self.items().iter().any(|item| item.holds(span))
    }

    /// Returns the pairs of a mapping, nothing for any other node.
    pub fn pairs(&self) -> &[Pair] {
        match &self.value {
            Value::Map(pairs) => pairs,
            Value::Plain(_) | Value::Quoted(_) | Value::List(_) => &[],
        }
    }

    /// Returns the items of a list, nothing for any other node.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            Value::Plain(_) | Value::Quoted(_) | Value::Map(_) => &[],
        }
    }

    /// Returns the text of a scalar as it was written, without quotes.
    pub fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Plain(text) | Value::Quoted(text) => Some(text),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Returns the pair of `key`, if this is a mapping that has it.
    pub fn pair(&self, key: &str) -> Option<&Pair> {
        self.pairs().iter().find(|pair| pair.key == key)
    }
}
