//! Values in one spelling, so that those that mean the same are equal.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use crate::facts::resource_types::{Schema, Types};

/// What the place of a value says about it, beside the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing.
    Plain,
    /// It is a policy document.
    Policy,
    /// It is the list of statements of a policy document.
    Statements,
    /// It is a statement of a policy document.
    Statement,
    /// It is a text or a list of texts whose order means nothing, such as the actions of a statement.
    Words,
    /// It is an object of such lists: principals by kind.
    Principals,
    /// It is the condition of a statement: such lists by operator and key.
    Condition,
}

/// What is known about a value from where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    /// The schema of the value, if there is one.
    pub(super) schema: Option<Schema>,
    /// What its place says.
    pub(super) place: Place,
}

impl Context {
    /// A value of which nothing is known.
    pub(super) const UNKNOWN: Self = Self { schema: None, place: Place::Plain };

    /// A value with a schema.
    pub(super) fn of(schema: Option<Schema>) -> Self {
        Self { schema, place: Place::Plain }
    }

    fn at(place: Place) -> Self {
        Self { schema: None, place }
    }

    /// What is known of the value of a key.
    pub(super) fn key(self, key: &str) -> Self {
        match self.place {
            Place::Policy if key == "Statement" => Self::at(Place::Statements),
            Place::Statement => Self::at(match key {
                "Action" | "NotAction" | "Resource" | "NotResource" => Place::Words,
                "Principal" | "NotPrincipal" => Place::Principals,
                "Condition" => Place::Condition,
                _ => Place::Plain,
            }),
            Place::Principals => Self::at(Place::Words),
            Place::Condition => Self::at(Place::Principals),
            Place::Plain | Place::Policy | Place::Statements | Place::Words => {
                Self::of(self.schema.and_then(|schema| schema.follow(&[key])))
            }
        }
    }

    /// What is known of an item.
    pub(super) fn item(self) -> Self {
        match self.place {
            Place::Statements => Self::at(Place::Statement),
            Place::Plain | Place::Policy | Place::Statement | Place::Words | Place::Principals | Place::Condition => {
                Self::of(self.schema.and_then(|schema| schema.follow(&["*"])))
            }
        }
    }

    /// Whether the order of the items means nothing.
    pub(super) fn is_set(self) -> bool {
        match self.place {
            Place::Statements | Place::Words => true,
            Place::Plain => self.schema.is_some_and(|schema| !schema.is_ordered()),
            Place::Policy | Place::Statement | Place::Principals | Place::Condition => false,
        }
    }

    /// The same, as the value tells: an object with statements is a policy document wherever it stands.
    pub(super) fn seen(self, value: &Value) -> Self {
        if self.place == Place::Plain && is_policy(value) { Self::at(Place::Policy) } else { self }
    }
}

/// Whether a value is a policy document: it has statements, and these have effects.
///
/// Rules of `AWS::WAFv2::WebACL` have a `Statement` too, but no effect in it.
pub(super) fn is_policy(value: &Value) -> bool {
    match value.get("Statement") {
        Some(Value::Array(items)) => items.iter().any(|item| item.get("Effect").is_some()),
        Some(one) => one.get("Effect").is_some(),
        None => false,
    }
}

/// The only key and argument of a value that calls a function of CloudFormation.
pub(super) fn intrinsic(value: &Value) -> Option<(&str, &Value)> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    let (name, argument) = map.iter().next()?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name.as_str(), argument))
}

/// Whether a value stands for nothing.
pub(super) fn is_no_value(value: &Value) -> bool {
    matches!(intrinsic(value), Some(("Ref", Value::String(name))) if name == "AWS::NoValue")
}

/// The value without anything that only spells it differently, one level deep: what is in it stays as it is.
pub(super) fn surface(value: &Value, context: Context) -> Cow<'_, Value> {
    let called = intrinsic(value).and_then(|(name, argument)| function(name, argument));
    let value = called.map_or(Cow::Borrowed(value), Cow::Owned);
    let call = intrinsic(&value).is_some();
    let new = match (context.place, &*value) {
        (Place::Words, Value::Bool(_) | Value::Number(_)) => Some(Value::Array(vec![scalar_text(&value).into()])),
        (Place::Words | Place::Statements, other) if !other.is_array() => Some(Value::Array(vec![other.clone()])),
        (Place::Principals, Value::String(text)) if text == "*" => Some(serde_json::json!({ "AWS": "*" })),
        (Place::Plain, Value::String(text)) => parsed(text, context.schema).or_else(|| scalar(&value, context.schema)),
        (_, Value::Bool(_) | Value::Number(_)) if !call => scalar(&value, context.schema),
        _ => None,
    };
    new.map_or(value, Cow::Owned)
}

/// The value in one spelling, all the way down; lists whose order means nothing are sorted.
pub(super) fn normal(value: &Value, context: Context) -> Value {
    let value = surface(value, context);
    let context = context.seen(&value);
    match &*value {
        Value::Object(map) if intrinsic(&value).is_some() => {
            Value::Object(map.iter().map(|(key, inner)| (key.clone(), normal(inner, Context::UNKNOWN))).collect())
        }
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map
                .iter()
                .filter(|(_, inner)| !is_no_value(inner))
                .map(|(key, inner)| (key.clone(), normal(inner, context.key(key))))
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => {
            let tags = keyed(items).is_some();
            let items = items.iter().filter(|item| !is_no_value(item));
            let mut items: Vec<Value> = items.map(|item| normal(item, context.item())).collect();
            if context.is_set() || tags {
                items.sort_by_cached_key(Value::to_string);
            }
            if context.place == Place::Words {
                items.dedup();
            }
            Value::Array(items)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.into_owned(),
    }
}

/// The items of a list of tags by their keys: objects of `Key` and `Value` alone, every key a text of its own.
pub(super) fn keyed(items: &[Value]) -> Option<Map<String, Value>> {
    let mut found = Map::new();
    for item in items {
        let map = item.as_object()?;
        let key = map.get("Key")?.as_str()?;
        let plain = map.contains_key("Value")
            && map.keys().all(|key| key == "Key" || key == "Value" || key == "PropagateAtLaunch");
        if !plain || found.insert(key.to_owned(), item.clone()).is_some() {
            return None;
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Text that is JSON where the schema takes an object, or where nothing is known of the place.
fn parsed(text: &str, schema: Option<Schema>) -> Option<Value> {
    let start = text.trim_start();
    if !(start.starts_with('{') || start.starts_with('[')) || start.starts_with("{{") {
        return None;
    }
    let takes = schema.is_none_or(|schema| schema.types().is_any() || schema.types().contains(Types::OBJECT));
    if !takes {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// A text, number or boolean as text, where the schema says that it is one of these, if that is another value.
fn scalar(value: &Value, schema: Option<Schema>) -> Option<Value> {
    let types = schema.map(Schema::types).unwrap_or_default();
    if !types.overlaps(Types::SCALAR) {
        return match value {
            Value::Number(number) => Some(Value::Number(plain_number(number))),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
        };
    }
    let text = scalar_text(value);
    if types.contains(Types::STRING) {
        return Some(text.into());
    }
    if types.contains(Types::BOOLEAN) && matches!(text.to_ascii_lowercase().as_str(), "true" | "false") {
        return Some(text.to_ascii_lowercase().into());
    }
    let number = text.trim().parse::<Number>();
    Some(number.map_or_else(|_| text.into(), |number| plain_number(&number).to_string().into()))
}

/// A scalar as CloudFormation writes it into a text.
pub(super) fn scalar_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => plain_number(number).to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// `1.0` is `1`.
fn plain_number(number: &Number) -> Number {
    let text = number.to_string();
    let whole = text.strip_suffix(".0").and_then(|whole| whole.parse::<i64>().ok());
    whole.map_or_else(|| number.clone(), Number::from)
}

/// The shortest form of a call, if it has a shorter one.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html>,
/// `…-getatt.html` and `…-join.html` (from memory).
fn function(name: &str, argument: &Value) -> Option<Value> {
    match (name, argument) {
        ("Fn::GetAtt", Value::String(text)) => {
            let (id, attribute) = text.split_once('.')?;
            Some(serde_json::json!({ "Fn::GetAtt": [id, attribute] }))
        }
        ("Fn::GetAtt", Value::Array(parts)) => {
            let (id, rest) = parts.split_first()?;
            let rest: Option<Vec<&str>> = rest.iter().map(Value::as_str).collect();
            Some(serde_json::json!({ "Fn::GetAtt": [id, rest?.join(".")] }))
        }
        ("Fn::Sub", Value::String(text)) => Some(substitution(text)),
        ("Fn::Sub", Value::Array(parts)) => match parts.as_slice() {
            [Value::String(text)] => Some(substitution(text)),
            [Value::String(text), Value::Object(map)] if map.is_empty() => Some(substitution(text)),
            _ => None,
        },
        ("Fn::Join", Value::Array(parts)) => match parts.as_slice() {
            [Value::String(between), Value::Array(items)] => {
                let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
                Some(texts?.join(between).into())
            }
            _ => None,
        },
        _ => None,
    }
}

/// `Fn::Sub` of a text without variables is the text, of a variable alone a reference.
fn substitution(text: &str) -> Value {
    let variables = text.split("${").skip(1).any(|rest| !rest.starts_with('!'));
    if !variables {
        return text.replace("${!", "${").into();
    }
    let only = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    match only.filter(|name| !name.contains(['$', '{', '}', ' '])) {
        Some(name) => match name.split_once('.') {
            Some((id, attribute)) => serde_json::json!({ "Fn::GetAtt": [id, attribute] }),
            None => serde_json::json!({ "Ref": name }),
        },
        None => serde_json::json!({ "Fn::Sub": text }),
    }
}
