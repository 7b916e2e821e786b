//! Requests about single objects: where they are, what they are, and what applying makes of them.

use std::sync::PoisonError;

use serde_json::{Value, json};

use super::call::{Cluster, Failure};
use super::transport::Request;
use crate::state::{Applied, ObjectId};

/// Who every project and environment was among those that manage fields, in earlier versions: what that one manages of
/// an object of ours is ours.
const FORMER_MANAGER: &str = "infra";

/// Media type of what is applied. JSON is YAML.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/#api-implementation> (read 2026-11-25).
const APPLY: &str = "application/apply-patch+yaml";
const JSON: &str = "application/json";

/// A kind that a cluster serves.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub(super) name: String,
    pub(super) plural: String,
    pub(super) namespaced: bool,
    /// Whether all objects of a namespace can be asked for.
    pub(super) listed: bool,
}

/// Whose fields an apply takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fields {
    /// Those that nobody else manages.
    Ours,
    /// Also those of others: somebody agreed to that.
    Everyones,
}

/// Kinds of which another object can take the place of one that cannot be changed: nothing is lost but the time in
/// between. A claim, a namespace or a kind of one's own holds what would go with it.
const ANEW: [&str; 12] = [
    "ClusterRoleBinding",
    "ConfigMap",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "PodDisruptionBudget",
    "RoleBinding",
    "Secret",
    "Service",
    "StatefulSet",
    "StorageClass",
];

/// What became of a write.
pub(crate) enum Written {
    /// It was made.
    Made,
    /// Somebody wrote in between; nothing was done.
    Overtaken,
}

impl Cluster {
    /// The object, `Null` if it is not there; fails if the cluster has no such kind.
    pub(crate) async fn object(&self, id: &ObjectId) -> Result<Value, Failure> {
        let path = self.path(id).await?;
        gone_is_null(self.call("kubernetes:get", &get(path)).await)
    }

    /// The object as it would be after our server-side apply, also where it can be so only with fields of others, or as
    /// another object in its place.
    pub(super) async fn tried(&self, object: &Value, id: &ObjectId) -> Result<Applied, Failure> {
        let path = self.path(id).await?;
        let mut tried = self.patched("kubernetes:dry-run", &path, Fields::Ours, object).await;
        let conflicts = tried.as_ref().err().map(Failure::conflicts).unwrap_or_default();
        if !conflicts.is_empty() {
            tried = self.patched("kubernetes:dry-run", &path, Fields::Everyones, object).await;
        }
        match tried {
            Ok(applied) if conflicts.is_empty() => Ok(Applied::As(applied)),
            Ok(applied) => Ok(Applied::Taken(applied, conflicts)),
            Err(failure) if failure.is_immutable() && ANEW.contains(&id[1].as_str()) => {
                Ok(Applied::Anew(failure.unchangeable()))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Sends an apply; a dry run if the action is one. Fields that an earlier version of ours manages are ours.
    async fn patched(
        &self,
        action: &'static str,
        path: &str,
        fields: Fields,
        object: &Value,
    ) -> Result<Value, Failure> {
        let more = if action == "kubernetes:dry-run" { "&dryRun=All" } else { "" };
        let of = |force| patch(path, (&self.manager, force), more, object);
        match self.call(action, &of(fields == Fields::Everyones)?).await {
            Err(failure) if failure.conflicts_only_with(FORMER_MANAGER) => self.call(action, &of(true)?).await,
            other => other,
        }
    }

    /// Applies an object; with the version of what it replaces, only that is replaced.
    pub(crate) async fn apply(
        &self,
        object: &Value,
        id: &ObjectId,
        (version, fields): (Option<&Value>, Fields),
    ) -> Result<Written, Failure> {
        let path = self.path(id).await?;
        let mut object = object.clone();
        if let (Some(version), Some(metadata)) = (version, object.get_mut("metadata").and_then(Value::as_object_mut)) {
            metadata.insert("resourceVersion".to_owned(), version.clone());
        }
        match self.patched("kubernetes:apply", &path, fields, &object).await {
            Ok(_) => Ok(Written::Made),
            Err(failure) if failure.status == 409 && failure.conflicts().is_empty() && version.is_some() => {
                Ok(Written::Overtaken)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Deletes this very object, and in the background what hangs on it; one that is gone is deleted.
    pub(crate) async fn delete(&self, id: &ObjectId, uid: &str) -> Result<(), Failure> {
        let body = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
            "preconditions": { "uid": uid },
        });
        let path = self.path(id).await?;
        let request =
            Request { method: "DELETE", path, content_type: JSON, body: serde_json::to_vec(&body).unwrap_or_default() };
        gone_is_null(self.call("kubernetes:delete", &request).await).map(|_| ())
    }

    /// The pods of a namespace that carry labels; at most a hundred.
    pub(crate) async fn pods(&self, namespace: &str, labels: &[(String, String)]) -> Result<Vec<Value>, Failure> {
        let selector: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let path = format!(
            "/api/v1/namespaces/{}/pods?limit=100&labelSelector={}",
            encoded(namespace),
            encoded(&selector.join(","))
        );
        let list = self.call("kubernetes:list", &get(path)).await?;
        Ok(list.get("items").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// Whether the cluster has the kind of an object, looked up anew.
    pub(crate) async fn has_kind(&self, [version, kind, ..]: &ObjectId) -> Result<bool, Failure> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner).remove(version);
        Ok(self.kind(version, kind).await?.is_some())
    }

    async fn kind(&self, version: &str, kind: &str) -> Result<Option<Kind>, Failure> {
        Ok(self.kinds_of(version).await?.into_iter().find(|known| known.name == kind))
    }

    /// What a version of a group serves; nothing if there is no such version.
    pub(super) async fn kinds_of(&self, version: &str) -> Result<Vec<Kind>, Failure> {
        if let Some(kinds) = self.kinds.lock().unwrap_or_else(PoisonError::into_inner).get(version) {
            return Ok(kinds.clone());
        }
        let list = gone_is_null(self.call("kubernetes:discover", &get(root(version))).await)?;
        let kinds = kinds(&list);
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner).insert(version.to_owned(), kinds.clone());
        Ok(kinds)
    }

    async fn path(&self, [version, kind, namespace, name]: &ObjectId) -> Result<String, Failure> {
        let Some(known) = self.kind(version, kind).await? else {
            let message = format!("the cluster has no kind {kind} of {version}");
            return Err(Failure { status: 404, message, causes: Vec::new() });
        };
        let scope = match (known.namespaced, namespace.as_str()) {
            (false, _) => String::new(),
            (true, "") => "/namespaces/default".to_owned(),
            (true, namespace) => format!("/namespaces/{}", encoded(namespace)),
        };
        Ok(format!("{}{scope}/{}/{}", root(version), known.plural, encoded(name)))
    }
}

/// Reads an `APIResourceList`; subresources have a slash in their names.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#discovery-api> (read 2026-11-25).
fn kinds(list: &Value) -> Vec<Kind> {
    let all = list.get("resources").and_then(Value::as_array).into_iter().flatten();
    let kind = |resource: &Value| {
        let text = |key: &str| resource.get(key).and_then(Value::as_str).map(str::to_owned);
        let plural = text("name").filter(|name| !name.contains('/'))?;
        let mut verbs = resource.get("verbs").and_then(Value::as_array).into_iter().flatten();
        let listed = verbs.any(|verb| verb == "list");
        let namespaced = resource.get("namespaced").and_then(Value::as_bool)?;
        Some(Kind { name: text("kind")?, plural, namespaced, listed })
    };
    all.filter_map(kind).collect()
}

/// Where the resources of a version of a group are.
pub(super) fn root(version: &str) -> String {
    if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") }
}

pub(super) fn get(path: String) -> Request {
    Request { method: "GET", path, content_type: JSON, body: Vec::new() }
}

fn patch(path: &str, (manager, force): (&str, bool), more: &str, object: &Value) -> Result<Request, Failure> {
    // What was masked to be shown must never become the value (argo-cd#29784).
    if is_masked(object) {
        return Err(Failure::of("internal error: a masked value would be sent"));
    }
    let path = format!("{path}?fieldManager={}&force={force}{more}", encoded(manager));
    let body = serde_json::to_vec(object).map_err(|error| Failure::of(error.to_string()))?;
    Ok(Request { method: "PATCH", path, content_type: APPLY, body })
}

fn is_masked(value: &Value) -> bool {
    match value {
        Value::String(text) => matches!(text.as_str(), "*** (before)" | "*** (after)"),
        Value::Array(items) => items.iter().any(is_masked),
        Value::Object(map) => map.values().any(is_masked),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn gone_is_null(answer: Result<Value, Failure>) -> Result<Value, Failure> {
    match answer {
        Err(failure) if failure.is_absent() => Ok(Value::Null),
        other => other,
    }
}

/// A text as a part of an address.
pub(super) fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subresources_are_no_kinds() {
        let list = json!({ "resources": [
            { "name": "deployments/scale", "kind": "Scale", "namespaced": true },
            { "name": "deployments", "kind": "Deployment", "namespaced": true },
        ] });
        let kinds = kinds(&list);
        assert_eq!(kinds.iter().map(|kind| kind.plural.as_str()).collect::<Vec<_>>(), ["deployments"]);
    }

    #[test]
    fn a_masked_value_is_never_sent() {
        let secret = |data: &str| json!({ "kind": "Secret", "data": { "a": data } });
        assert!(patch("/x", ("infra:a:b", false), "", &secret("*** (after)")).is_err());
        let request = patch("/x", ("infra:a:b", false), "&dryRun=All", &secret("c2VjcmV0")).unwrap();
        assert_eq!(request.path, "/x?fieldManager=infra%3Aa%3Ab&force=false&dryRun=All");
        assert!(String::from_utf8(request.body).unwrap().contains("c2VjcmV0"));
    }

    #[test]
    fn selectors_are_encoded() {
        assert_eq!(encoded("app.kubernetes.io/name=api,b"), "app.kubernetes.io%2Fname%3Dapi%2Cb");
    }
}
