//! References between entries.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::kinds::Kind;

/// Variant index by which a reference shows itself to the collector of `resolve`; no real enum has it.
///
/// A reference serializes as a variant named after its mark in an enum named after its section, because those two are
/// the only static texts that a serializer is given.
pub(crate) const REFERENCE_INDEX: u32 = u32::MAX;

/// What a reference demands of its target beyond its kind.
pub trait Mark: 'static {
    /// The demand as a word; empty for none.
    const WORD: &'static str;
}

macro_rules! marks {
    ($($(#[$doc:meta])* $name:ident = $word:literal),* $(,)?) => {
        $($(#[$doc])* #[derive(Clone, Copy, Debug)] pub enum $name {}
        impl Mark for $name { const WORD: &'static str = $word; })*
    };
}
marks! {
    /// Demands nothing.
    Any = "",
    /// A certificate in us-east-1, for CloudFront.
    Edge = "edge",
    /// A certificate in the region of the stack that uses it.
    Regional = "regional",
    /// Strictly ordered delivery.
    Fifo = "fifo",
    /// Best-effort ordered, at-least-once delivery.
    Standard = "standard",
}

/// A reference to an entry of kind `K`: its name, or `stack.name` for one of another stack.
pub struct Ref<K, M = Any> {
    text: String,
    marker: PhantomData<fn() -> (K, M)>,
}

impl<K, M> Ref<K, M> {
    /// Makes a reference from what the user writes.
    pub(crate) fn new(text: String) -> Self {
        Self { text, marker: PhantomData }
    }

    /// Returns the reference as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the stack, if one was named, and the entry's name.
    pub fn split(&self) -> (Option<&str>, &str) {
        match self.text.split_once('.') {
            Some((stack, name)) => (Some(stack), name),
            None => (None, &self.text),
        }
    }

    /// Forgets the demand.
    pub fn any(self) -> Ref<K> {
        Ref::new(self.text)
    }
}

impl<K, M> Clone for Ref<K, M> {
    fn clone(&self) -> Self {
        Self::new(self.text.clone())
    }
}

impl<K, M> PartialEq for Ref<K, M> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<K, M> Eq for Ref<K, M> {}

impl<K, M> PartialOrd for Ref<K, M> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K, M> Ord for Ref<K, M> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl<K, M> fmt::Debug for Ref<K, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({})", self.text)
    }
}

impl<K: Kind, M: Mark> Serialize for Ref<K, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_variant(K::SECTION, REFERENCE_INDEX, M::WORD, self.text.as_str())
    }
}

impl<'de, K, M> Deserialize<'de> for Ref<K, M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl<K: Kind, M: Mark> JsonSchema for Ref<K, M> {
    fn schema_name() -> Cow<'static, str> {
        format!("reference-{}", K::SECTION).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": format!("Name of an entry of `{}`, or `stack.name` for one of another stack.", K::SECTION),
            "pattern": "^([a-z][a-z0-9-]*\\.)?[a-z][a-z0-9-]*$",
        })
    }
}
