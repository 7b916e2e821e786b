//! What a patch is: its options, its body, how it is merged and what it is told of conflicts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::api::Route;
use super::fields::Manager;
use super::wire::{Answer, Request};
use super::{fields, kinds};

/// Bytes of a body at most.
const BODY: usize = 3_145_728;

/// What is wrong with the options of a patch.
pub(super) fn options(request: &Request) -> Option<Answer> {
    let refuse = |field: &str, (reason, why): (&str, &str)| {
        let details = json!({ "group": "meta.k8s.io", "kind": "PatchOptions", "causes": [{ "reason": reason, "message": why, "field": field }] });
        Some(Answer::failure(
            422,
            "Invalid",
            &format!("PatchOptions.meta.k8s.io \"\" is invalid: {field}: {why}"),
            details,
        ))
    };
    let manager = request.query("fieldManager").unwrap_or_default();
    match request.query("dryRun").as_deref() {
        None | Some("All") => {}
        Some(other) => {
            return refuse(
                "dryRun",
                ("FieldValueNotSupported", &format!("Unsupported value: [{other:?}]: supported values: \"All\"")),
            );
        }
    }
    if manager.len() > 128 {
        return refuse("fieldManager", ("FieldValueTooLong", "Too long: may not be more than 128 bytes"));
    }
    if request.is_apply() && manager.is_empty() {
        return refuse("fieldManager", ("FieldValueRequired", "Required value: is required for apply patch"));
    }
    if !request.is_apply() && request.query("force").is_some() && request.content_type.contains("merge-patch") {
        return refuse("force", ("FieldValueForbidden", "Forbidden: may not be specified for non-apply patch"));
    }
    None
}

/// Reads what is to be applied, and holds it against the path.
pub(super) fn body(request: &Request, route: &Route) -> Result<Value, Answer> {
    if request.body.len() > BODY {
        return Err(Answer::failure(
            413,
            "RequestEntityTooLarge",
            &format!("Request entity too large: limit is {BODY}"),
            Value::Null,
        ));
    }
    let wanted: Value = serde_json::from_slice(&request.body).map_err(|_| {
        Answer::bad(
            "error decoding YAML: error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']'",
        )
    })?;
    let text = |pointer: &str| wanted.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (version, kind) = (text("/apiVersion"), text("/kind"));
    if version != route.kind.version || kind != route.kind.name {
        let version = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
        return Err(Answer::bad(&format!("invalid object type: {version}, Kind={kind}")));
    }
    match text("/metadata/name") {
        "" => {
            return Err(Answer::bad(&format!(
                "the name of the object ({} based on URL) was undeterminable: name must be provided",
                route.name
            )));
        }
        name if name != route.name => {
            return Err(Answer::bad(&format!(
                "the name of the object ({name}) does not match the name on the URL ({})",
                route.name
            )));
        }
        _ => {}
    }
    let namespace = text("/metadata/namespace");
    if !namespace.is_empty() && namespace != route.namespace {
        return Err(Answer::bad(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if !wanted["metadata"]["managedFields"].is_null() {
        return Err(Answer::bad("metadata.managedFields must be nil"));
    }
    Ok(wanted)
}

/// The answer to fields that others manage: by manager, and each with its way.
pub(super) fn conflicting(conflicts: &[(fields::Way, Manager)]) -> Answer {
    let mut by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (way, manager) in conflicts {
        by.entry(manager.told()).or_default().push(fields::told(way));
    }
    let one = |(manager, ways): (&String, &Vec<String>)| match ways.as_slice() {
        [one] => format!("conflict with {manager}: {one}"),
        all => format!("conflicts with {manager}:\n- {}", all.join("\n- ")),
    };
    let texts: Vec<String> = by.iter().map(one).collect();
    let count = conflicts.len();
    let message =
        format!("Apply failed with {count} conflict{}: {}", if count == 1 { "" } else { "s" }, texts.join("\n"));
    let cause = |(way, manager): &(fields::Way, Manager)| json!({ "reason": "FieldManagerConflict", "message": format!("conflict with {}", manager.told()), "field": fields::told(way) });
    let causes: Vec<Value> = conflicts.iter().map(cause).collect();
    Answer::failure(409, "Conflict", &message, json!({ "causes": causes }))
}

/// Merges a patch: nulls take away; with a type, lists are merged by their keys.
pub(super) fn merge(value: &mut Value, patch: &Value, shape: Option<&kinds::Shape>) {
    let Value::Object(patch) = patch else {
        if !patch.is_null() {
            *value = patch.clone();
        }
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    let map = value.as_object_mut().expect("a map");
    for (key, new) in patch {
        let shape = shape.map(|shape| shape.top(key).or_else(|| shape.field(key)).unwrap_or(kinds::Shape::Free));
        let keys = shape.as_ref().map(kinds::Shape::keys).unwrap_or_default();
        match (new, map.get_mut(key)) {
            (Value::Null, _) => drop(map.remove(key)),
            (Value::Array(new), Some(Value::Array(old))) if !keys.is_empty() => {
                let items = shape.as_ref().map(kinds::Shape::items);
                for item in new {
                    match old.iter_mut().find(|there| there[&keys[0]] == item[&keys[0]]) {
                        Some(there) => merge(there, item, items.as_ref()),
                        None => old.push(item.clone()),
                    }
                }
            }
            (new, _) => merge(map.entry(key.clone()).or_insert(Value::Null), new, shape.as_ref()),
        }
    }
}
