//! Who manages which field: server-side apply, with ways to fields as `fieldsV1` spells them.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/> (read 2026-11-25), and the answers of a
//! kube-apiserver 1.36.2 in `../recordings`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::kinds::Shape;

/// A way to a field: `f:spec`, `k:{"name":"app"}` for an item of a list, `v:"a"` for a value of a set, and `.` for the
/// item itself.
pub(super) type Way = Vec<String>;

/// Fields that nobody manages.
const UNMANAGED: [&str; 9] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "name",
    "namespace",
    "resourceVersion",
    "uid",
];

/// One who manages fields of an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Manager {
    pub(super) name: String,
    /// `Apply` or `Update`: the same name is two managers.
    pub(super) operation: &'static str,
    pub(super) subresource: String,
    pub(super) version: String,
    pub(super) ways: BTreeSet<Way>,
}

impl Manager {
    pub(super) fn is(&self, name: &str, operation: &str, subresource: &str) -> bool {
        self.name == name && self.operation == operation && self.subresource == subresource
    }

    /// As a conflict names it.
    pub(super) fn told(&self) -> String {
        let sub = if self.subresource.is_empty() {
            String::new()
        } else {
            format!(" with subresource {:?}", self.subresource)
        };
        let using = if self.operation == "Update" { format!(" using {}", self.version) } else { String::new() };
        format!("{:?}{sub}{using}", self.name)
    }

    /// As the object says it.
    pub(super) fn entry(&self) -> Value {
        let mut fields = json!({});
        for way in &self.ways {
            let mut at = &mut fields;
            for part in way {
                let map = at.as_object_mut().expect("a map");
                at = map.entry(part.clone()).or_insert_with(|| json!({}));
            }
        }
        let mut entry = json!({
            "manager": self.name, "operation": self.operation, "apiVersion": self.version, "time": super::api::NOW,
            "fieldsType": "FieldsV1", "fieldsV1": fields,
        });
        if !self.subresource.is_empty() {
            entry["subresource"] = self.subresource.clone().into();
        }
        entry
    }
}

/// Reads `managedFields` as somebody sends them.
pub(super) fn read(entries: &Value) -> Vec<Manager> {
    fn walk(map: &Map<String, Value>, way: &mut Way, found: &mut BTreeSet<Way>) {
        for (key, value) in map {
            way.push(key.clone());
            match value.as_object().filter(|map| !map.is_empty()) {
                Some(map) => walk(map, way, found),
                None => drop(found.insert(way.clone())),
            }
            way.pop();
        }
    }
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let one = |entry: &Value| {
        let mut ways = BTreeSet::new();
        if let Some(map) = entry["fieldsV1"].as_object() {
            walk(map, &mut Vec::new(), &mut ways);
        }
        let operation = if entry["operation"] == "Apply" { "Apply" } else { "Update" };
        let (name, version) = (text(entry, "manager"), text(entry, "apiVersion"));
        Manager { name, operation, subresource: text(entry, "subresource"), version, ways }
    };
    let all = entries.as_array().into_iter().flatten();
    all.map(one).filter(|manager| !manager.name.is_empty()).collect()
}

/// The values of an object by the ways to them, in its order.
pub(super) fn leaves(object: &Value, shape: &Shape) -> Vec<(Way, Value)> {
    let mut found = Vec::new();
    for (key, value) in object.as_object().into_iter().flatten() {
        let of_server = object["kind"] == "Namespace" && key == "spec";
        if matches!(key.as_str(), "apiVersion" | "kind") || of_server {
            continue;
        }
        let shape = shape.top(key).unwrap_or(Shape::Free);
        let mut way = vec![format!("f:{key}")];
        if key == "metadata" {
            for (name, value) in
                value.as_object().into_iter().flatten().filter(|(name, _)| !UNMANAGED.contains(&name.as_str()))
            {
                way.push(format!("f:{name}"));
                walk(value, (name, &shape.field(name).unwrap_or(Shape::Free)), &mut way, &mut found);
                way.pop();
            }
        } else {
            walk(value, (key, &shape), &mut way, &mut found);
        }
    }
    found
}

fn walk(value: &Value, (name, shape): (&str, &Shape), way: &mut Way, found: &mut Vec<(Way, Value)>) {
    match value {
        Value::Null => {}
        Value::Object(map) if !map.is_empty() && !shape.is_atomic(name) => {
            walk_item(value, shape, way, found);
        }
        Value::Array(items) if !items.is_empty() && !shape.keys().is_empty() => {
            for item in items {
                way.push(key_of(item, &shape.keys()));
                found.push(([way.as_slice(), &[".".to_owned()]].concat(), Value::Null));
                walk_item(item, &shape.items(), way, found);
                way.pop();
            }
        }
        Value::Array(items) if !items.is_empty() && shape.is_set(name) => {
            for item in items {
                found.push(([way.as_slice(), &[format!("v:{item}")]].concat(), item.clone()));
            }
        }
        // An empty list of items has nobody to manage anything of it.
        Value::Array(items) if items.is_empty() && !shape.keys().is_empty() => {}
        other => found.push((way.clone(), other.clone())),
    }
}

fn walk_item(item: &Value, shape: &Shape, way: &mut Way, found: &mut Vec<(Way, Value)>) {
    for (key, value) in item.as_object().into_iter().flatten() {
        way.push(format!("f:{key}"));
        walk(value, (key, &shape.field(key).unwrap_or(Shape::Free)), way, found);
        way.pop();
    }
}

/// The key of an item; a protocol that is left out is TCP.
pub(super) fn key_of(item: &Value, keys: &[String]) -> String {
    let mut keys: Vec<&String> = keys.iter().collect();
    keys.sort();
    let mut map = Map::new();
    for key in keys {
        match (item.get(key), key.as_str()) {
            (Some(value), _) => drop(map.insert(key.clone(), value.clone())),
            (None, "protocol") => drop(map.insert(key.clone(), "TCP".into())),
            (None, _) => {}
        }
    }
    format!("k:{}", Value::Object(map))
}

/// As a conflict names a field: `.spec.containers[name="app"].image`.
pub(super) fn told(way: &Way) -> String {
    way.iter().filter(|part| *part != ".").map(|part| part_told(part)).collect()
}

pub(super) fn part_told(part: &str) -> String {
    if let Some(name) = part.strip_prefix("f:") {
        return format!(".{name}");
    }
    if let Some(value) = part.strip_prefix("v:") {
        return format!("[={value}]");
    }
    let keys: Map<String, Value> =
        part.strip_prefix("k:").and_then(|it| serde_json::from_str(it).ok()).unwrap_or_default();
    let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("[{}]", keys.join(","))
}

fn parsed(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

fn is_item(item: &Value, key: &str) -> bool {
    let keys: Map<String, Value> = serde_json::from_str(key).unwrap_or_default();
    keys.iter().all(|(name, value)| match item.get(name) {
        Some(there) => there == value,
        None => name == "protocol" && value == "TCP",
    })
}

/// The value at a way.
pub(super) fn value<'a>(object: &'a Value, way: &[String]) -> Option<&'a Value> {
    let Some((first, rest)) = way.split_first() else { return Some(object) };
    if first == "." {
        return Some(&Value::Null);
    }
    if let Some(name) = first.strip_prefix("f:") {
        return value(object.get(name)?, rest);
    }
    let items = object.as_array()?;
    match (first.strip_prefix("k:"), first.strip_prefix("v:")) {
        (Some(key), _) => value(items.iter().find(|item| is_item(item, key))?, rest),
        (_, Some(text)) => items.iter().find(|item| Some(*item) == parsed(text).as_ref()),
        _ => None,
    }
}

/// Puts a value at a way.
pub(super) fn set(at: &mut Value, way: &[String], new: &Value) {
    let Some((first, rest)) = way.split_first() else {
        *at = new.clone();
        return;
    };
    if first == "." {
        return;
    }
    if let Some(name) = first.strip_prefix("f:") {
        if !at.is_object() {
            *at = json!({});
        }
        return set(at.as_object_mut().expect("a map").entry(name.to_owned()).or_insert(Value::Null), rest, new);
    }
    if !at.is_array() {
        *at = json!([]);
    }
    let items = at.as_array_mut().expect("a list");
    if let Some(key) = first.strip_prefix("k:") {
        let place = items.iter().position(|item| is_item(item, key)).unwrap_or_else(|| {
            items.push(serde_json::from_str(key).expect("a key"));
            items.len() - 1
        });
        set(&mut items[place], rest, new);
    } else if !items.contains(new) {
        items.push(new.clone());
    }
}

/// Takes away what is at a way, and what is empty for it.
pub(super) fn take(at: &mut Value, way: &[String]) {
    let Some((first, rest)) = way.split_first() else { return };
    if let Some(name) = first.strip_prefix("f:") {
        let Some(map) = at.as_object_mut() else { return };
        let Some(inner) = map.get_mut(name) else { return };
        if rest.is_empty() {
            map.remove(name);
            return;
        }
        take(inner, rest);
        if is_empty(inner) {
            map.remove(name);
        }
        return;
    }
    let Some(items) = at.as_array_mut() else { return };
    if let Some(text) = first.strip_prefix("v:") {
        items.retain(|item| Some(item) != parsed(text).as_ref());
    } else if let Some(key) = first.strip_prefix("k:") {
        let Some(place) = items.iter().position(|item| is_item(item, key)) else { return };
        if rest.first().is_some_and(|part| part == ".") {
            items.remove(place);
        } else {
            take(&mut items[place], rest);
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// What an apply does to an object and to those who manage its fields. The fields that others set otherwise, each with
/// its manager, if it may not take them.
pub(super) fn apply(
    (object, managers): (&mut Value, &mut Vec<Manager>),
    (wanted, shape): (&Value, &Shape),
    (ours, version, force): (&str, &str, bool),
) -> Result<(), Vec<(Way, Manager)>> {
    let new = leaves(wanted, shape);
    let mut conflicts = Vec::new();
    for (way, wanted) in new.iter().filter(|(way, _)| way.last().is_none_or(|last| last != ".")) {
        if value(object, way) == Some(wanted) {
            continue;
        }
        for manager in managers.iter_mut().filter(|it| !it.is(ours, "Apply", "") && it.ways.contains(way)) {
            if force {
                manager.ways.remove(way);
            } else {
                conflicts.push((way.clone(), manager.clone()));
            }
        }
    }
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    let place = managers.iter().position(|it| it.is(ours, "Apply", ""));
    let old = place.map(|place| managers.remove(place).ways).unwrap_or_default();
    let sent: BTreeSet<&Way> = new.iter().map(|(way, _)| way).collect();
    let gone: Vec<&Way> = old.iter().filter(|way| !sent.contains(way)).collect();
    for way in &gone {
        let (last, before) = way.split_last().expect("a way is not empty");
        if last == "." {
            let others = managers.iter().flat_map(|it| &it.ways).any(|other| other.starts_with(before));
            if !others {
                take(object, way);
            }
        } else if !managers.iter().any(|it| it.ways.contains(*way)) && !is_key(way) {
            take(object, way);
        }
    }
    for (way, value) in &new {
        set(object, way, value);
    }
    managers.retain(|manager| !manager.ways.is_empty());
    if !new.is_empty() {
        let ways = new.into_iter().map(|(way, _)| way).collect();
        let (name, version) = (ours.to_owned(), version.to_owned());
        let applied = Manager { name, operation: "Apply", subresource: String::new(), version, ways };
        let at = managers.iter().position(|it| it.operation == "Update").unwrap_or(managers.len());
        managers.insert(place.filter(|place| *place < at).unwrap_or(at), applied);
    }
    Ok(())
}

/// Whether a way leads to a key of an item, which cannot go without it.
fn is_key(way: &[String]) -> bool {
    let [.., item, field] = way else { return false };
    let keys: Map<String, Value> =
        item.strip_prefix("k:").and_then(|it| serde_json::from_str(it).ok()).unwrap_or_default();
    field.strip_prefix("f:").is_some_and(|name| keys.contains_key(name))
}

/// Who manages what after somebody wrote an object otherwise than by an apply.
pub(super) fn update(
    (before, after): (&Value, &Value),
    managers: &mut Vec<Manager>,
    (shape, subresource): (&Shape, &str),
    (name, version): (&str, &str),
) {
    let old = leaves(before, shape);
    let new = leaves(after, shape);
    let is_of = |way: &Way| subresource != "status" || way.first().is_some_and(|first| first == "f:status");
    let changed: BTreeSet<Way> = new
        .iter()
        .filter(|(way, value)| is_of(way) && !old.contains(&(way.clone(), value.clone())))
        .map(|(way, _)| way.clone())
        .collect();
    let gone: BTreeSet<Way> =
        old.into_iter().map(|(way, _)| way).filter(|way| !new.iter().any(|(other, _)| other == way)).collect();
    for manager in managers.iter_mut().filter(|it| !it.is(name, "Update", subresource)) {
        manager.ways.retain(|way| !gone.contains(way) && !changed.contains(way));
    }
    let place = managers.iter().position(|it| it.is(name, "Update", subresource));
    let mut ours = match place {
        Some(place) => managers.remove(place),
        None => Manager {
            name: name.to_owned(),
            operation: "Update",
            subresource: subresource.to_owned(),
            version: version.to_owned(),
            ways: BTreeSet::new(),
        },
    };
    ours.ways.retain(|way| !gone.contains(way));
    ours.ways.extend(changed);
    managers.push(ours);
    managers.retain(|manager| !manager.ways.is_empty());
}
