//! What a value must be, as the shipped facts or a `CustomResourceDefinition` of the deployment say.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::facts::kubernetes_types::{self as facts, Tag};
use crate::view::{Prop, View};

/// What a value must be.
#[derive(Clone, Copy)]
pub(super) enum Schema<'v> {
    /// By the facts.
    Fact(facts::Schema),
    /// By the schema of a definition that stands beside its objects.
    Custom(Prop<'v>),
}

/// A field of an object.
pub(super) struct Field<'v> {
    pub(super) schema: Schema<'v>,
    pub(super) fact: Option<facts::Field>,
}

impl<'v> Schema<'v> {
    pub(super) fn tag(&self) -> Tag {
        match self {
            Self::Fact(schema) => schema.tag(),
            Self::Custom(schema) => custom_tag(schema),
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<Field<'v>> {
        match self {
            Self::Fact(schema) => {
                schema.field(name).map(|fact| Field { schema: Self::Fact(fact.schema()), fact: Some(fact) })
            }
            Self::Custom(schema) => {
                let field = schema.key("properties")?.key(name)?;
                Some(Field { schema: Self::Custom(field), fact: None })
            }
        }
    }

    pub(super) fn names(&self) -> Vec<&'v str> {
        match self {
            Self::Fact(schema) => schema.fields().map(facts::Field::name).collect(),
            Self::Custom(schema) => {
                let properties = schema.key("properties");
                properties.into_iter().flat_map(|it| it.entries()).map(|(name, _)| name).collect()
            }
        }
    }

    pub(super) fn required(&self) -> Vec<Cow<'v, str>> {
        match self {
            Self::Fact(schema) => {
                let fields = schema.fields().filter(|field| field.is_required());
                fields.map(|field| Cow::Borrowed(field.name())).collect()
            }
            Self::Custom(schema) => {
                let names = schema.each("required").filter_map(|name| name.text());
                // What has a default is filled in before it is asked for.
                let has_default = |name: &str| {
                    let field = schema.key("properties").and_then(|it| it.key(name));
                    field.is_some_and(|field| field.key("default").is_some())
                };
                names.filter(|name| !has_default(name)).collect()
            }
        }
    }

    pub(super) fn inner(&self) -> Option<Self> {
        match self {
            Self::Fact(schema) => schema.inner().map(Self::Fact),
            Self::Custom(schema) => {
                schema.key("items").or_else(|| schema.key("additionalProperties")).map(Self::Custom)
            }
        }
    }

    pub(super) fn values(&self) -> Vec<Cow<'v, str>> {
        match self {
            Self::Fact(schema) => schema.values().map(Cow::Borrowed).collect(),
            Self::Custom(schema) => schema.each("enum").filter_map(|value| value.text()).collect(),
        }
    }

    pub(super) fn keys(&self) -> Vec<Cow<'v, str>> {
        match self {
            Self::Fact(schema) => schema.keys().map(Cow::Borrowed).collect(),
            Self::Custom(schema) => schema.each("x-kubernetes-list-map-keys").filter_map(|key| key.text()).collect(),
        }
    }

    pub(super) fn is_set(&self) -> bool {
        match self {
            Self::Fact(schema) => schema.is_set(),
            Self::Custom(schema) => schema.get("x-kubernetes-list-type").is_some_and(|kind| kind.is("set")),
        }
    }

    pub(super) fn bounds(&self) -> (Option<i64>, Option<i64>) {
        match self {
            Self::Fact(schema) => (schema.low(), schema.high()),
            Self::Custom(schema) => {
                let bound = |name| schema.key(name).and_then(|bound| bound.int());
                (bound("minimum"), bound("maximum"))
            }
        }
    }

    /// Whether fields that are not named are kept.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Fact(_) => false,
            Self::Custom(schema) => {
                let says = |name: &str| schema.key(name).is_some_and(|it| it.bool() != Some(false));
                says("x-kubernetes-preserve-unknown-fields") || says("x-kubernetes-embedded-resource")
            }
        }
    }
}

fn custom_tag(schema: &Prop<'_>) -> Tag {
    if schema.key("x-kubernetes-int-or-string").is_some_and(|it| it.bool() == Some(true)) {
        return Tag::IntOrString;
    }
    match schema.key("type").and_then(|kind| kind.text()).as_deref() {
        Some("object") if schema.key("properties").is_some() => Tag::Object,
        Some("object") if schema.key("additionalProperties").is_some_and(|it| it.is_object()) => Tag::Map,
        Some("array") => Tag::List,
        Some("string") => Tag::Text,
        Some("integer") => Tag::Integer,
        Some("number") => Tag::Number,
        Some("boolean") => Tag::Boolean,
        _ => Tag::Any,
    }
}

/// The kinds that definitions of the deployment bring, by version and kind.
#[derive(Default)]
pub(super) struct Definitions<'v>(BTreeMap<(String, String), Prop<'v>>);

impl<'v> Definitions<'v> {
    pub(super) fn of(view: &'v View<'v>) -> Self {
        let mut found = BTreeMap::new();
        for definition in view.objects_of("CustomResourceDefinition") {
            let text = |path: &str| definition.get(path).and_then(|it| it.text());
            let (Some(group), Some(kind)) = (text("spec.group"), text("spec.names.kind")) else { continue };
            for version in definition.each("spec.versions") {
                let name = version.key("name").and_then(|name| name.text());
                let (Some(name), Some(schema)) = (name, version.get("schema.openAPIV3Schema")) else { continue };
                found.insert((format!("{group}/{name}"), kind.clone().into_owned()), schema);
            }
        }
        Self(found)
    }

    /// The versions of a kind that definitions of the deployment serve.
    pub(super) fn versions(&self, group: &str, kind: &str) -> Vec<String> {
        let of = |(version, name): &&(String, String)| {
            name == kind && version.rsplit_once('/').is_some_and(|(it, _)| it == group)
        };
        self.0.keys().filter(of).map(|(version, _)| version.clone()).collect()
    }

    pub(super) fn find(&self, version: &str, kind: &str) -> Option<Schema<'v>> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&(version.to_owned(), kind.to_owned())).copied().map(Schema::Custom)
    }
}
