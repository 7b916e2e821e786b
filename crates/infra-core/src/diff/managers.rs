//! Which fields of an object others manage, by what the object says itself.

use serde_json::{Map, Value};

use super::objects::{join, named};

/// A field that somebody else manages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Foreign {
    /// The field, as differences name it: `spec.template.spec.containers[api].image`.
    pub path: String,
    /// Who manages it.
    pub manager: String,
}

impl Foreign {
    /// Whether it is this field, or a part of it.
    pub fn is_within(&self, path: &str) -> bool {
        self.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }
}

/// Who every project and environment was in earlier versions.
const FORMER: &str = "infra";

/// Fields of which nobody is told that others have them: what `kubectl` and controllers keep there for themselves.
const OF_TOOLS: [&str; 2] = [
    "metadata.annotations[kubectl.kubernetes.io/last-applied-configuration]",
    "metadata.annotations[deployment.kubernetes.io/revision]",
];

/// Fields of an object that others than `ours` manage, in order. What a controller writes of an object's state is no
/// field of anybody.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management> (read 2026-11-30): a
/// manager is a name with an operation and a subresource, and its fields are a tree of `f:<name>`, `k:<keys>`,
/// `v:<value>` and `.`.
pub fn foreign(live: &Value, ours: &str) -> Vec<Foreign> {
    let entries = live.pointer("/metadata/managedFields").and_then(Value::as_array);
    let mut found = Vec::new();
    for entry in entries.into_iter().flatten() {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
        let manager = text("manager");
        if manager == ours || manager == FORMER || text("subresource") == "status" {
            continue;
        }
        let mut paths = Vec::new();
        if let Some(fields) = entry.get("fieldsV1").and_then(Value::as_object) {
            walk(fields, "", Some(live), &mut paths);
        }
        let own = paths.into_iter().filter(|path| !OF_TOOLS.contains(&path.as_str()) && !path.starts_with("status"));
        found.extend(own.map(|path| Foreign { path, manager: manager.to_owned() }));
    }
    found.sort();
    found.dedup();
    found
}

/// How people are told of them: each manager with its fields.
pub fn told(foreign: &[Foreign]) -> Vec<String> {
    /// How many fields of one manager are named.
    const NAMED: usize = 3;
    let mut by: Vec<(&str, Vec<&str>)> = Vec::new();
    for Foreign { path, manager } in foreign {
        match by.iter_mut().find(|(known, _)| known == manager) {
            Some((_, paths)) => paths.push(path),
            None => by.push((manager, vec![path])),
        }
    }
    let one = |(manager, paths): (&str, Vec<&str>)| {
        let first: Vec<&str> = paths.iter().take(NAMED).copied().collect();
        let more = match paths.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("\"{manager}\" manages {}{more}", first.join(", "))
    };
    by.into_iter().map(one).collect()
}

fn walk(fields: &Map<String, Value>, path: &str, live: Option<&Value>, found: &mut Vec<String>) {
    let within = |inner: &Value| inner.as_object().is_some_and(|map| map.keys().any(|key| key != "."));
    for (key, inner) in fields.iter().filter(|(key, _)| *key != ".") {
        let (path, live) = step(key, path, live);
        match inner.as_object().filter(|_| within(inner)) {
            Some(map) => walk(map, &path, live, found),
            None => found.push(path),
        }
    }
}

/// The path of a part, and what is there.
fn step<'a>(key: &str, path: &str, live: Option<&'a Value>) -> (String, Option<&'a Value>) {
    if let Some(name) = key.strip_prefix("f:") {
        return (join(path, name), live.and_then(|live| live.get(name)));
    }
    let items = live.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let keys: Map<String, Value> =
        key.strip_prefix("k:").and_then(|keys| serde_json::from_str(keys).ok()).unwrap_or_default();
    let is_it = |item: &Value| match key.strip_prefix("v:") {
        Some(value) => serde_json::from_str::<Value>(value).is_ok_and(|value| value == *item),
        None => keys.iter().all(|(name, value)| item.get(name) == Some(value)),
    };
    let place = items.iter().position(is_it);
    let item = place.and_then(|place| items.get(place));
    let name = named(items).and_then(|names| names.get(place?).map(|(name, _)| (*name).to_owned()));
    let told = name.or_else(|| place.map(|place| place.to_string()));
    (format!("{path}[{}]", told.unwrap_or_else(|| key.get(2..).unwrap_or_default().to_owned())), item)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_of_others_are_named_as_differences_name_them() {
        let item = json!({ ".": {}, "f:name": {}, "f:image": {} });
        let live = json!({
            "metadata": { "managedFields": [
                { "manager": "infra:shop:dev", "operation": "Apply", "fieldsV1": { "f:spec": { "f:paused": {} } } },
                { "manager": "infra", "operation": "Update", "fieldsV1": { "f:spec": { "f:old": {} } } },
                { "manager": "kube-controller-manager", "operation": "Update", "subresource": "scale",
                  "fieldsV1": { "f:spec": { "f:replicas": {} } } },
                { "manager": "kube-controller-manager", "operation": "Update", "subresource": "status",
                  "fieldsV1": { "f:status": { "f:replicas": {} }, "f:metadata": { "f:annotations": { "f:x": {} } } } },
                { "manager": "kubectl-set", "operation": "Update", "fieldsV1": {
                    "f:metadata": { "f:annotations": { ".": {}, "f:kubectl.kubernetes.io/last-applied-configuration": {}, "f:a.b/c": {} },
                                    "f:finalizers": { "v:\"x\"": {} } },
                    "f:spec": { "f:containers": { "k:{\"name\":\"api\"}": item }, "f:ports": { "k:{\"port\":80,\"protocol\":\"TCP\"}": { "f:targetPort": {} } } },
                } },
            ], "finalizers": ["x"] },
            "spec": { "containers": [{ "name": "log" }, { "name": "api" }], "ports": [{ "port": 80, "protocol": "TCP" }] },
        });
        let found = foreign(&live, "infra:shop:dev");
        let paths: Vec<(&str, &str)> = found.iter().map(|it| (it.path.as_str(), it.manager.as_str())).collect();
        assert_eq!(
            paths,
            [
                ("metadata.annotations[a.b/c]", "kubectl-set"),
                ("metadata.finalizers[0]", "kubectl-set"),
                ("spec.containers[api].image", "kubectl-set"),
                ("spec.containers[api].name", "kubectl-set"),
                ("spec.ports[0].targetPort", "kubectl-set"),
                ("spec.replicas", "kube-controller-manager"),
            ]
        );
        assert!(found[2].is_within("spec.containers[api]") && !found[2].is_within("spec.cont"));
        assert_eq!(
            told(&found),
            [
                "\"kubectl-set\" manages metadata.annotations[a.b/c], metadata.finalizers[0], spec.containers[api].image and 2 more",
                "\"kube-controller-manager\" manages spec.replicas",
            ]
        );
        assert_eq!(foreign(&json!({}), "infra:shop:dev"), []);
    }
}
