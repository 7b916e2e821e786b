//! The model of an API server: what is stored, where a path leads, who may, and what is read.
//!
//! Shapes: <https://kubernetes.io/docs/reference/using-api/api-concepts/> and
//! <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/> (read 2026-11-25); what it answers is
//! held against what a kube-apiserver 1.36.2 answered, in `../recordings.rs`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fields::Manager;
use super::kinds::Kind;
use super::rights;
use super::wire::{Answer, Request, User};

/// The time here.
pub(super) const NOW: &str = "2026-11-25T12:00:00Z";

/// An object as it is stored, without what is said of its managers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stored {
    pub(super) object: Value,
    pub(super) managers: Vec<Manager>,
}

impl Stored {
    /// As it is answered.
    pub(super) fn shown(&self) -> Value {
        let mut object = self.object.clone();
        if !self.managers.is_empty() {
            object["metadata"]["managedFields"] = self.managers.iter().map(Manager::entry).collect();
        }
        object
    }
}

/// What is asked of an admission plugin.
pub(crate) struct Asked<'a> {
    /// Plural of the kind.
    pub(crate) resource: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) before: Option<&'a Value>,
}

/// A policy, webhook or quota: it may change the object, and warns or refuses.
pub(crate) type Admission = Box<dyn Fn(&Asked<'_>, &mut Value) -> Result<Vec<String>, Answer> + Send>;

/// Everything that is there.
pub(super) struct State {
    pub(super) kinds: Vec<Kind>,
    pub(super) objects: BTreeMap<String, Stored>,
    pub(super) version: u64,
    pub(super) admissions: Vec<Admission>,
}

/// Where a path leads.
pub(super) struct Route {
    pub(super) kind: Kind,
    pub(super) namespace: String,
    /// Empty: all of the kind.
    pub(super) name: String,
    pub(super) sub: String,
}

impl Route {
    /// The path of the object.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.list(), self.name)
    }

    pub(super) fn list(&self) -> String {
        if self.namespace.is_empty() {
            format!("{}/{}", self.kind.root(), self.kind.plural)
        } else {
            format!("{}/namespaces/{}/{}", self.kind.root(), self.namespace, self.kind.plural)
        }
    }

    pub(super) fn details(&self) -> Value {
        let mut details = json!({ "name": self.name, "kind": self.kind.plural });
        if !self.kind.group().is_empty() {
            details["group"] = self.kind.group().into();
        }
        details
    }

    pub(super) fn absent(&self) -> Answer {
        Answer::failure(404, "NotFound", &format!("{} {:?} not found", self.kind.resource(), self.name), self.details())
    }

    pub(super) fn conflict(&self, why: &str) -> Answer {
        let message = format!("Operation cannot be fulfilled on {} {:?}: {why}", self.kind.resource(), self.name);
        Answer::failure(409, "Conflict", &message, self.details())
    }

    /// `team-a/orders; apps/v1, Kind=Deployment`.
    pub(super) fn spelled(&self) -> String {
        let version =
            if self.kind.group().is_empty() { format!("/{}", self.kind.version) } else { self.kind.version.clone() };
        let name = if self.namespace.is_empty() {
            format!("/{}", self.name)
        } else {
            format!("{}/{}", self.namespace, self.name)
        };
        format!("{name}; {version}, Kind={}", self.kind.name)
    }
}

impl State {
    pub(super) fn new() -> Self {
        let mut state =
            Self { kinds: Kind::built_in(), objects: BTreeMap::new(), version: 100, admissions: Vec::new() };
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "default" } });
        state.handle(&Request::new("POST", "/api/v1/namespaces", "application/json", &namespace));
        state
    }

    /// Answers a request.
    pub(super) fn handle(&mut self, request: &Request) -> Answer {
        self.clean();
        if request.user == User::Unknown {
            return Answer::failure(401, "Unauthorized", "Unauthorized", Value::Null);
        }
        match request.path() {
            "/version" => return Answer::of(200, json!({ "major": "1", "minor": "36", "gitVersion": "v1.36.2" })),
            "/readyz" | "/healthz" => return Answer::of(200, "ok".into()),
            _ => {}
        }
        if let Some(answer) = self.discover(request) {
            return answer;
        }
        let route = match self.route(request.path()) {
            Ok(route) => route,
            Err(answer) => return answer,
        };
        if let Some(refused) = self.unauthorized(request, &route) {
            return refused;
        }
        match (request.method.as_str(), route.name.is_empty()) {
            ("GET", true) => self.list(request, &route),
            ("GET", false) => self.get(request, &route),
            ("POST", true) => self.create(request, &route),
            ("PUT", false) => self.replace(request, &route),
            ("PATCH", false) => self.patch(request, &route),
            ("DELETE", false) => self.delete(request, &route),
            _ => Answer::failure(
                405,
                "MethodNotAllowed",
                "the server does not allow this method on the requested resource",
                json!({}),
            ),
        }
    }

    /// Kinds that are served: those of CRDs too.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        let crds = self.objects.iter().filter(|(path, _)| path.contains("/customresourcedefinitions/"));
        self.kinds.iter().cloned().chain(crds.flat_map(|(_, crd)| Kind::custom(&crd.object))).collect()
    }

    fn discover(&self, request: &Request) -> Option<Answer> {
        let path = request.path();
        let within = path == "/api" || path == "/apis" || path.starts_with("/apis/") || path.starts_with("/api/");
        if !within {
            return Some(Answer::no_page());
        }
        let depth = path.matches('/').count();
        let kinds = self.kinds();
        let groups: Vec<&str> = kinds.iter().map(Kind::group).filter(|group| !group.is_empty()).collect();
        let group = |name: &str| {
            let versions: std::collections::BTreeSet<&String> =
                kinds.iter().filter(|kind| kind.group() == name).map(|kind| &kind.version).collect();
            let versions: Vec<Value> =
                versions.into_iter().map(|it| json!({ "groupVersion": it, "version": it.split('/').nth(1) })).collect();
            json!({ "name": name, "versions": versions, "preferredVersion": versions.last() })
        };
        let answer = match depth {
            1 if path == "/api" => json!({ "kind": "APIVersions", "versions": ["v1"] }),
            1 => {
                let names: std::collections::BTreeSet<&str> = groups.iter().copied().collect();
                json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": names.into_iter().map(group).collect::<Vec<_>>() })
            }
            2 if path.starts_with("/apis/") => {
                let name = path.trim_start_matches("/apis/");
                if !groups.contains(&name) {
                    return Some(Answer::no_page());
                }
                let mut group = group(name);
                group["kind"] = "APIGroup".into();
                group
            }
            2 | 3 if depth == 2 || path.starts_with("/apis/") => {
                let version = path.trim_start_matches("/apis/").trim_start_matches("/api/");
                let all: Vec<Value> =
                    kinds.iter().filter(|kind| kind.version == version).flat_map(Kind::listed).collect();
                if all.is_empty() {
                    let known = version.split_once('/').is_some_and(|(group, _)| groups.contains(&group));
                    return Some(if known { not_served() } else { Answer::no_page() });
                }
                json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": all })
            }
            _ => return None,
        };
        if request.user == User::Anonymous {
            let message = format!("forbidden: User \"system:anonymous\" cannot get path {path:?}");
            return Some(Answer::failure(403, "Forbidden", &message, json!({})));
        }
        Some(Answer::of(200, answer))
    }

    pub(super) fn route(&self, path: &str) -> Result<Route, Answer> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let (version, rest) = match parts.as_slice() {
            ["api", version, rest @ ..] => ((*version).to_owned(), rest),
            ["apis", group, version, rest @ ..] => (format!("{group}/{version}"), rest),
            _ => return Err(Answer::no_page()),
        };
        let (namespace, plural, name, sub) = match rest {
            ["namespaces", name, sub @ ("status" | "finalize")] => ("", "namespaces", *name, *sub),
            ["namespaces", namespace, plural, rest @ ..] => (
                *namespace,
                *plural,
                rest.first().copied().unwrap_or_default(),
                rest.get(1).copied().unwrap_or_default(),
            ),
            [plural, rest @ ..] => {
                ("", *plural, rest.first().copied().unwrap_or_default(), rest.get(1).copied().unwrap_or_default())
            }
            [] => return Err(Answer::no_page()),
        };
        let kinds = self.kinds();
        let Some(kind) = kinds.iter().find(|kind| kind.version == version && kind.plural == plural) else {
            let group = version.split_once('/').map_or("", |(group, _)| group);
            return Err(if kinds.iter().any(|kind| kind.group() == group) { not_served() } else { Answer::no_page() });
        };
        if sub == "status" && matches!(kind.name.as_str(), "ConfigMap" | "Secret" | "ServiceAccount") {
            return Err(not_served());
        }
        let (namespace, name, sub) = (namespace.to_owned(), name.to_owned(), sub.to_owned());
        Ok(Route { kind: kind.clone(), namespace, name, sub })
    }

    pub(super) fn unauthorized(&self, request: &Request, route: &Route) -> Option<Answer> {
        let verb = match (request.method.as_str(), route.name.is_empty()) {
            ("GET", true) => "list",
            ("GET", false) => "get",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            _ => "delete",
        };
        self.forbidden(&request.user, verb, route)
    }

    pub(super) fn forbidden(&self, user: &User, verb: &str, route: &Route) -> Option<Answer> {
        let name = match user {
            User::Admin => return None,
            User::Named(name) => name.as_str(),
            User::Anonymous | User::Unknown => "system:anonymous",
        };
        let namespace = if route.kind.name == "Namespace" { &route.name } else { &route.namespace };
        if rights::allows(&self.objects, name, (verb, &route.kind, namespace, &route.name)) {
            return None;
        }
        let object = if route.name.is_empty() { String::new() } else { format!(" {:?}", route.name) };
        let place = if namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {namespace:?}")
        };
        let message = format!(
            "{}{object} is forbidden: User {name:?} cannot {verb} resource {:?} in API group {:?} {place}",
            route.kind.resource(),
            route.kind.plural,
            route.kind.group()
        );
        Some(Answer::failure(403, "Forbidden", &message, route.details()))
    }

    fn get(&self, request: &Request, route: &Route) -> Answer {
        if !["application/json", "*/*"].iter().any(|known| request.accept.contains(known)) {
            let message = "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf";
            return Answer::failure(406, "NotAcceptable", message, json!({}));
        }
        match self.objects.get(&route.path()) {
            None => route.absent(),
            Some(stored) if route.sub == "scale" => Answer::of(200, scale(&stored.object)),
            Some(stored) if request.is_metadata() => Answer::of(200, partial(&stored.shown())),
            Some(stored) => Answer::of(200, stored.shown()),
        }
    }

    fn list(&self, request: &Request, route: &Route) -> Answer {
        let selector = request.query("labelSelector").unwrap_or_default();
        if selector.contains('(') && !selector.contains(')') {
            return Answer::bad("unable to parse requirement: found '', expected: ',' or ')'");
        }
        let after = request.query("continue").unwrap_or_default();
        if !after.is_empty() && !after.starts_with('/') && !after.starts_with("eyJ") {
            return Answer::bad(
                "invalid continue token: continue key is not valid: invalid character '\\x9e' looking for beginning of value",
            );
        }
        let wanted: Vec<(&str, &str)> = selector.split(',').filter_map(|it| it.split_once('=')).collect();
        let within = |path: &str| {
            let list = path.rsplit_once('/').map_or("", |(list, _)| list);
            let cluster = format!("{}/namespaces/", route.kind.root());
            list == route.list()
                || (route.namespace.is_empty()
                    && route.kind.namespaced
                    && list
                        .strip_prefix(&cluster)
                        .and_then(|rest| rest.split_once('/'))
                        .is_some_and(|(_, plural)| plural == route.kind.plural))
        };
        let matches = |object: &Value| wanted.iter().all(|(key, value)| object["metadata"]["labels"][*key] == *value);
        let all = self.objects.iter().filter(|(path, stored)| within(path) && matches(&stored.object));
        let mut all: Vec<(&String, Value)> =
            all.filter(|(path, _)| **path > after).map(|(path, stored)| (path, stored.shown())).collect();
        let mut metadata = json!({ "resourceVersion": self.version.to_string() });
        if let Some(limit) = request.query("limit").and_then(|limit| limit.parse::<usize>().ok())
            && all.len() > limit
        {
            all.truncate(limit);
            metadata["continue"] = all.last().map(|(path, _)| path.as_str()).unwrap_or_default().into();
        }
        if request.is_metadata() {
            let items: Vec<Value> = all.iter().map(|(_, object)| partial(object)).collect();
            let items = if items.is_empty() { Value::Null } else { items.into() };
            return Answer::of(
                200,
                json!({ "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items }),
            );
        }
        // Items of a list do not say their kind.
        let bare = |mut object: Value| {
            if let Some(map) = object.as_object_mut() {
                map.remove("kind");
                map.remove("apiVersion");
            }
            object
        };
        let items: Vec<Value> = all.into_iter().map(|(_, object)| bare(object)).collect();
        Answer::of(
            200,
            json!({ "kind": format!("{}List", route.kind.name), "apiVersion": route.kind.version, "metadata": metadata, "items": items }),
        )
    }
}

fn not_served() -> Answer {
    Answer::failure(404, "NotFound", "the server could not find the requested resource", json!({}))
}

pub(super) fn scale(object: &Value) -> Value {
    let metadata = ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"]
        .map(|key| (key.to_owned(), object["metadata"][key].clone()));
    let labels = object["spec"]["selector"]["matchLabels"].as_object();
    let selector: Vec<String> = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": serde_json::Map::from_iter(metadata),
        "spec": { "replicas": object["spec"]["replicas"] },
        "status": { "replicas": object["status"]["replicas"].as_u64().unwrap_or_default(), "selector": selector.join(",") },
    })
}

fn partial(object: &Value) -> Value {
    json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] })
}
