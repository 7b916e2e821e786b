//! What differs between the manifests of others, before and after, without a cluster.

use std::collections::BTreeMap;

use serde_json::Value;

use super::changes::{Action, ObjectChange};
use super::objects::fields;
use crate::state::{ObjectId, made_anew};

/// Compares objects by group, kind, namespace and name. What the API server does not change is made anew.
pub fn manifests(before: &[Value], after: &[Value]) -> Vec<ObjectChange> {
    let (old, new) = (by_identity(before), by_identity(after));
    let mut changes = Vec::new();
    let change = |id: &ObjectId, action, fields| ObjectChange::new("manifests", id, action, fields);
    for (key, (id, object)) in &new {
        match old.get(key) {
            None => changes.push(change(id, Action::Create, Vec::new())),
            Some((_, was)) => {
                let found = fields(was, object, id);
                if !found.is_empty() {
                    let anew = made_anew(id, was, object);
                    changes.push(ObjectChange { anew, ..change(id, Action::Update, found) });
                }
            }
        }
    }
    let gone = old.iter().filter(|(key, _)| !new.contains_key(*key));
    changes.extend(gone.map(|(_, (id, _))| change(id, Action::Delete, Vec::new())));
    changes
}

/// Objects by what they are whatever the version of their kind; lists are their items.
fn by_identity(objects: &[Value]) -> BTreeMap<[String; 4], (ObjectId, &Value)> {
    let mut found = BTreeMap::new();
    let mut waiting: Vec<&Value> = objects.iter().collect();
    while let Some(object) = waiting.pop() {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
        if kind.ends_with("List") {
            waiting.extend(object.get("items").and_then(Value::as_array).into_iter().flatten());
        } else if !version.is_empty() && !kind.is_empty() && !name.is_empty() {
            let group = version.rsplit_once('/').map_or("", |(group, _)| group).to_owned();
            let namespace = text("/metadata/namespace");
            let key = [group, kind.clone(), namespace.clone(), name.clone()];
            found.insert(key, ([version, kind, namespace, name], object));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_come_go_change_and_are_made_anew() {
        let object = |version: &str, name: &str, selector: &str, replicas: i64| {
            json!({
                "apiVersion": version, "kind": "Deployment", "metadata": { "name": name },
                "spec": { "replicas": replicas, "selector": { "matchLabels": { "app": selector } } },
            })
        };
        let before =
            [object("apps/v1", "a", "a", 1), object("apps/v1", "b", "b", 1), object("apps/v1beta1", "c", "c", 1)];
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": [
            object("apps/v1", "a", "x", 1), object("apps/v1", "c", "c", 2), object("apps/v1", "d", "d", 1),
        ] });
        let found = manifests(&before, &[list]);
        let seen: Vec<_> = found.iter().map(|one| (one.identity[3].as_str(), one.action, one.anew.is_some())).collect();
        assert_eq!(
            seen,
            [
                ("a", Action::Update, true),
                ("c", Action::Update, false),
                ("d", Action::Create, false),
                ("b", Action::Delete, false)
            ]
        );
        assert!(manifests(&before, &before).is_empty());
    }
}
