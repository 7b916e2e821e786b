//! What does not fit the types: a 500 without a reason, whatever `fieldValidation` says.

use infra::facts::kubernetes_types::Tag;
use serde_json::Value;

use super::fields::{key_of, part_told};
use super::kinds::Shape;

/// What is wrong with the types of an applied object, in the server's words.
pub(super) fn wrong(object: &Value, shape: &Shape) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in object.as_object().into_iter().flatten() {
        match shape.top(key) {
            Some(shape) => walk(value, &shape, &format!(".{key}"), &mut found),
            None => found.push(format!(".{key}: field not declared in schema")),
        }
    }
    found
}

fn walk(value: &Value, shape: &Shape, path: &str, found: &mut Vec<String>) {
    let mut expected = |what: &str| {
        let got = match value {
            Value::String(_) => "string".to_owned(),
            Value::Object(_) => format!("&{value}"),
            other => format!("&value.valueUnstructured{{Value:{other}}}"),
        };
        found.push(format!("{path}: expected {what}, got {got}"));
    };
    match (shape.tag(), value) {
        (_, Value::Null)
        | (Tag::Any, _)
        | (Tag::Text | Tag::Time | Tag::Bytes, Value::String(_))
        | (Tag::Quantity | Tag::IntOrString, Value::String(_) | Value::Number(_))
        | (Tag::Integer | Tag::Number, Value::Number(_))
        | (Tag::Boolean, Value::Bool(_)) => {}
        (Tag::Integer | Tag::Number, _) => expected("numeric (int or float)"),
        (Tag::Boolean, _) => expected("boolean"),
        (Tag::Text | Tag::Time | Tag::Bytes | Tag::Quantity | Tag::IntOrString, _) => expected("string"),
        (Tag::Object | Tag::Map, Value::Object(map)) => {
            for (key, item) in map {
                match shape.field(key) {
                    Some(shape) => walk(item, &shape, &format!("{path}.{key}"), found),
                    None => found.push(format!("{path}.{key}: field not declared in schema")),
                }
            }
        }
        (Tag::Object | Tag::Map, _) => expected("map"),
        (Tag::List, Value::Array(items)) => {
            let keys = shape.keys();
            let mut seen = Vec::new();
            for (index, item) in items.iter().enumerate() {
                let place = if keys.is_empty() { format!("[{index}]") } else { part_told(&key_of(item, &keys)) };
                if !keys.is_empty() && seen.contains(&place) {
                    found.push(format!("{path}: duplicate entries for key {place}"));
                }
                walk(item, &shape.items(), &format!("{path}{place}"), found);
                seen.push(place);
            }
        }
        (Tag::List, _) => expected("list"),
    }
}

/// Why an object that fits the types cannot be read all the same: a quantity, or bytes.
pub(super) fn unreadable(object: &Value, shape: &Shape) -> Option<String> {
    object.as_object()?.iter().find_map(|(key, value)| deep(value, &shape.top(key)?))
}

fn deep(value: &Value, shape: &Shape) -> Option<String> {
    match (shape.tag(), value) {
        (Tag::Quantity, Value::String(text)) if !is_quantity(text) => Some(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'".to_owned(),
        ),
        (Tag::Bytes, Value::String(text)) => {
            let wrong = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/' | '='))?;
            Some(format!("error decoding from json: illegal base64 data at input byte {wrong}"))
        }
        (_, Value::Object(map)) => map.iter().find_map(|(key, item)| deep(item, &shape.field(key)?)),
        (_, Value::Array(items)) => items.iter().find_map(|item| deep(item, &shape.items())),
        _ => None,
    }
}

/// The number that a quantity says, in its unit; nothing if it is none.
pub(super) fn quantity(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 12] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("m", 1e-3),
        ("u", 1e-6),
        ("n", 1e-9),
        ("", 1.0),
    ];
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '+')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let of = UNITS.iter().find(|(name, _)| *name == unit)?;
    Some(number.parse::<f64>().ok()? * of.1)
}

fn is_quantity(text: &str) -> bool {
    quantity(text).is_some() || text.parse::<f64>().is_ok()
}

/// What a create does not know: fields by their paths without keys.
pub(super) fn unknown(object: &Value, shape: &Shape) -> Vec<String> {
    fn walk(value: &Value, shape: &Shape, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, item) in map {
                    match shape.field(key) {
                        Some(shape) => walk(item, &shape, &format!("{path}.{key}"), found),
                        None => found.push(format!("unknown field \"{path}.{key}\"")),
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(item, &shape.items(), &format!("{path}[{index}]"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for (key, value) in object.as_object().into_iter().flatten() {
        match shape.top(key) {
            Some(shape) => walk(value, &shape, key, &mut found),
            None => found.push(format!("unknown field {key:?}")),
        }
    }
    found
}
