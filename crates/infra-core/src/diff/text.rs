//! The changes of one resource or section, as far as its own text says.

use serde_json::{Map, Value};

use super::changes::{Action, Impact, Method, ResourceChange, ValueChange};
use super::draft::{Cause, Values, kind_of};
use super::impact;
use super::normal::{Context, Place, intrinsic, scalar_text};
use super::secrets::{self, Side, shown};
use super::value::{Difference, Step, differences, path_text};
use crate::facts::resource_types;

/// The change of a reference whose target gets another value: unknown until then, unless the value is that of a parameter.
pub(super) fn followed(after: &Value, kind: &str, path: &[Step], cause: &Cause) -> ValueChange {
    let whole = matches!(at(after, path).and_then(intrinsic), Some(("Ref", _)));
    let known = cause.values.clone().filter(|_| whole);
    let unknown = known.is_none();
    let text = || Value::from(format!("known after {}", cause.because));
    let (old, new) = known.map_or_else(|| (at(after, path).cloned(), text()), |(old, new)| (Some(old), new));
    let secret = secrets::is_secret(resource_types::find(kind), path, [Some(after), None]);
    ValueChange {
        path: path_text(path),
        before: old.map(|old| shown(&old, secret, Side::Before)),
        after: Some(shown(&new, secret && !unknown, Side::After)),
        unknown,
        impact: Impact::InPlace,
    }
}

/// What stands at a path.
pub(super) fn at<'v>(value: &'v Value, path: &[Step]) -> Option<&'v Value> {
    path.iter().try_fold(value, |place, step| match step {
        Step::Key(key) => place.get(key),
        Step::Index(index) => place.get(index),
        Step::Tag(_) => None,
    })
}

/// A change of a resource about which nothing more is known yet.
pub(super) fn change(id: &str, kind: &str, action: Action) -> ResourceChange {
    ResourceChange {
        id: id.to_owned(),
        kind: kind.to_owned(),
        action,
        impact: Impact::InPlace,
        causes: Vec::new(),
        properties: Vec::new(),
        data: None,
        place: None,
        looks_like: None,
        method: Method::Template,
    }
}

/// The change of a resource that is in both templates, as far as its own text says.
pub(super) fn updated(id: &str, before: &Value, after: &Value, values: [&Values; 2]) -> Option<ResourceChange> {
    if before == after {
        return None;
    }
    let kind = kind_of(after);
    let facts = resource_types::find(kind);
    let mut result = change(id, kind, Action::Update);
    let none = Map::new();
    let (old, new) = (before.as_object().unwrap_or(&none), after.as_object().unwrap_or(&none));
    let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
    for key in keys {
        let context = match key.as_str() {
            "Properties" => Context::of(facts.map(|facts| facts.properties())),
            "DependsOn" => Context { schema: None, place: Place::Words },
            _ => Context::UNKNOWN,
        };
        let empty = match key.as_str() {
            "Properties" | "Metadata" => Value::Object(Map::new()),
            "DependsOn" => Value::Array(Vec::new()),
            _ => Value::Null,
        };
        let (b, a) = (old.get(key).unwrap_or(&empty), new.get(key).unwrap_or(&empty));
        for mut one in differences(b, a, context) {
            if one.path.is_empty() {
                one.before = old.get(key).cloned();
                one.after = new.get(key).cloned();
            }
            if equal_by_value(&one, values) {
                continue;
            }
            one.path.insert(0, Step::Key(key.clone()));
            let effect = impact::of(kind, &one.path, one.before.as_ref(), one.after.as_ref());
            let secret = secrets::is_secret(facts, &one.path, [Some(before), Some(after)]);
            let change = masked(&one, path_text(&one.path), effect, secret);
            if effect > Impact::InPlace {
                result.causes.push(change.path.clone());
            }
            result.impact = result.impact.max(effect);
            result.properties.push(change);
        }
    }
    // What is waited for alone changes nothing in the resource, and CloudFormation sees no change.
    let is_order_alone = |change: &ValueChange| change.path.starts_with("DependsOn");
    (!result.properties.iter().all(is_order_alone)).then_some(result)
}

/// Whether both sides are known and equal although they are written differently, as a parameter or as its value.
fn equal_by_value(one: &Difference, values: [&Values; 2]) -> bool {
    let of = |value: &Value, values: &Values| match intrinsic(value) {
        Some(("Ref", Value::String(name))) => values.get(name).cloned(),
        _ => None,
    };
    let (Some(before), Some(after)) = (&one.before, &one.after) else { return false };
    // The value of a parameter that is a list is its items with commas between.
    let listed = |items: &[Value], text: Option<String>| {
        text.is_some_and(|text| {
            text.split(',').map(str::trim).eq(items.iter().map(|item| item.as_str().unwrap_or("\0")))
        })
    };
    match (before, after) {
        (Value::Array(items), _) => listed(items, of(after, values[1])),
        (_, Value::Array(items)) => listed(items, of(before, values[0])),
        (_, _) => {
            let known = |value: &Value, values: &Values| match value {
                Value::String(_) | Value::Number(_) | Value::Bool(_) => Some(scalar_text(value)),
                Value::Null | Value::Array(_) | Value::Object(_) => of(value, values),
            };
            let (before, after) = (known(before, values[0]), known(after, values[1]));
            before.is_some() && before == after
        }
    }
}

fn masked(one: &Difference, path: String, impact: Impact, secret: bool) -> ValueChange {
    ValueChange {
        path,
        before: one.before.as_ref().map(|value| shown(value, secret, Side::Before)),
        after: one.after.as_ref().map(|value| shown(value, secret, Side::After)),
        unknown: false,
        impact,
    }
}

/// A difference below a name, as it is reported.
pub(super) fn value_change(one: &Difference, under: &str, impact: Impact) -> ValueChange {
    let inner = path_text(&one.path);
    let path = match (under, inner.as_str()) {
        ("", inner) => inner.to_owned(),
        (under, "") => under.to_owned(),
        (under, inner) if inner.starts_with('[') => format!("{under}{inner}"),
        (under, inner) => format!("{under}.{inner}"),
    };
    masked(one, path, impact, secrets::is_secret(None, &one.path, [None, None]))
}

/// A definition of a parameter whose value is not to be seen hides its default.
pub(super) fn without_default(mut change: ValueChange) -> ValueChange {
    for value in [&mut change.before, &mut change.after].into_iter().flatten() {
        let hidden = value.get("NoEcho").is_some_and(|no_echo| no_echo == true || no_echo == "true");
        if let Some(default) = value.get_mut("Default").filter(|_| hidden) {
            *default = "***".into();
        }
    }
    change
}

/// The differences of a section in which nothing replaces anything.
pub(super) fn plain(before: &Value, after: &Value, name: &str, under: &str) -> Vec<ValueChange> {
    let empty = Value::Object(Map::new());
    let (old, new) = (before.get(name).unwrap_or(&empty), after.get(name).unwrap_or(&empty));
    differences(old, new, Context::UNKNOWN).iter().map(|one| value_change(one, under, Impact::InPlace)).collect()
}
