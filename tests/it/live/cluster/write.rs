//! What the model does with a write: an object is completed, admitted, validated and stored.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::api::{Asked, NOW, Route, State, Stored, scale};
use super::fields::Manager;
use super::kinds::Kind;
use super::patch::{body, conflicting, merge, options};
use super::wire::{Answer, Request, warning};
use super::{defaults, fields, kinds, rules, typed};

const MODIFIED: &str = "the object has been modified; please apply your changes to the latest version and try again";
impl State {
    pub(super) fn create(&mut self, request: &Request, route: &Route) -> Answer {
        let Ok(object) = serde_json::from_slice::<Value>(&request.body) else {
            return Answer::bad("the body is no JSON");
        };
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let route = Route { kind: route.kind.clone(), namespace: route.namespace.clone(), name, sub: String::new() };
        if let Some(there) = self.objects.get(&route.path()) {
            let going =
                if there.object["metadata"]["deletionTimestamp"].is_null() { "" } else { "object is being deleted: " };
            let message = format!("{going}{} {:?} already exists", route.kind.resource(), route.name);
            return Answer::failure(409, "AlreadyExists", &message, route.details());
        }
        let unknown = typed::unknown(&object, &route.kind.shape);
        let mut warnings = Vec::new();
        match request.query("fieldValidation").as_deref() {
            Some("Strict") if !unknown.is_empty() => {
                let version = route.kind.version.rsplit('/').next().unwrap_or_default();
                let message = format!(
                    "{} in version {version:?} cannot be handled as a {}: strict decoding error: {}",
                    route.kind.name,
                    route.kind.name,
                    unknown.join(", ")
                );
                return Answer::bad(&message);
            }
            Some("Ignore") => {}
            _ => warnings = unknown,
        }
        let manager = request.query("fieldManager").unwrap_or_else(|| "unknown".to_owned());
        let next = known(object, &route.kind);
        let mut answer = self.write((&route, request), None, (next, Vec::new()), Some((&manager, "")));
        if answer.status < 300 {
            answer.headers.splice(0..0, warnings.iter().map(|text| warning(text)));
        }
        answer
    }

    pub(super) fn replace(&mut self, request: &Request, route: &Route) -> Answer {
        let Ok(object) = serde_json::from_slice::<Value>(&request.body) else {
            return Answer::bad("the body is no JSON");
        };
        let Some(before) = self.objects.get(&route.path()).cloned() else { return route.absent() };
        let manager = request.query("fieldManager").unwrap_or_else(|| "unknown".to_owned());
        if route.sub == "scale" {
            return self.scaled(route, request, (before, &object["spec"]["replicas"]), &manager);
        }
        let version = &object["metadata"]["resourceVersion"];
        if version.is_string() && *version != before.object["metadata"]["resourceVersion"] {
            return route.conflict(MODIFIED);
        }
        let mut next = before.object.clone();
        if route.sub == "finalize" {
            next["spec"]["finalizers"] = object["spec"]["finalizers"].clone();
            if next["spec"]["finalizers"].as_array().is_none_or(Vec::is_empty)
                && !next["metadata"]["deletionTimestamp"].is_null()
            {
                self.objects.remove(&route.path());
            }
            return Answer::of(200, next);
        }
        let kept = ["uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp"]
            .map(|key| (key, before.object["metadata"][key].clone()));
        next = object;
        for (key, value) in kept.into_iter().filter(|(_, value)| !value.is_null()) {
            next["metadata"][key] = value;
        }
        let managers = before.managers.clone();
        self.write((route, request), Some(before), (next, managers), Some((&manager, "")))
    }

    fn scaled(
        &mut self,
        route: &Route,
        request: &Request,
        (before, replicas): (Stored, &Value),
        manager: &str,
    ) -> Answer {
        let mut next = before.object.clone();
        next["spec"]["replicas"] = replicas.clone();
        let managers = before.managers.clone();
        let route = Route {
            kind: route.kind.clone(),
            namespace: route.namespace.clone(),
            name: route.name.clone(),
            sub: "scale".to_owned(),
        };
        let answer = self.write((&route, request), Some(before), (next, managers), Some((manager, "scale")));
        if answer.status == 200 { Answer { body: scale(&answer.body), ..answer } } else { answer }
    }

    pub(super) fn patch(&mut self, request: &Request, route: &Route) -> Answer {
        if let Some(refused) = options(request) {
            return refused;
        }
        if request.is_apply() {
            return self.apply(request, route);
        }
        let merges = ["application/merge-patch+json", "application/strategic-merge-patch+json"];
        if !merges.contains(&request.content_type.as_str()) {
            return Answer::failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", json!({}));
        }
        let Ok(patch) = serde_json::from_slice::<Value>(&request.body) else {
            return Answer::bad("the body is no JSON");
        };
        let Some(before) = self.objects.get(&route.path()).cloned() else { return route.absent() };
        let manager = request.query("fieldManager").unwrap_or_else(|| "unknown".to_owned());
        let mut next = before.shown();
        if route.sub == "scale" {
            return self.scaled(route, request, (before, &patch["spec"]["replicas"]), &manager);
        }
        if route.sub == "status" {
            merge(&mut next["status"], &patch["status"], None);
        } else if request.content_type.contains("strategic") {
            merge(&mut next, &patch, Some(&route.kind.shape));
        } else {
            merge(&mut next, &patch, None);
        }
        let sent = next["metadata"].as_object_mut().and_then(|map| map.remove("managedFields"));
        if let Some(metadata) = next["metadata"].as_object_mut() {
            metadata.retain(|_, value| !value.as_object().is_some_and(serde_json::Map::is_empty));
        }
        let managers = fields::read(&sent.unwrap_or_default());
        // Who takes the record of managers away manages nothing by it.
        let by = Some((manager.as_str(), route.sub.as_str())).filter(|_| patch["metadata"]["managedFields"].is_null());
        self.write((route, request), Some(before), (next, managers), by)
    }

    fn apply(&mut self, request: &Request, route: &Route) -> Answer {
        let mut wanted = match body(request, route) {
            Ok(wanted) => wanted,
            Err(answer) => return answer,
        };
        let before = self.objects.get(&route.path()).cloned();
        if before.is_none()
            && let Some(refused) = self.forbidden(&request.user, "create", route)
        {
            return refused;
        }
        let internal = |message: String| Answer::failure(500, "", &message, Value::Null);
        let wrong = typed::wrong(&wanted, &route.kind.shape);
        if let Some(first) = wrong.first() {
            let all = if wrong.len() == 1 { first.clone() } else { format!("errors:\n  {}", wrong.join("\n  ")) };
            return internal(format!("failed to create typed patch object ({}): {all}", route.spelled()));
        }
        let (version, uid) = (take(&mut wanted, "resourceVersion"), take(&mut wanted, "uid"));
        wanted.as_object_mut().expect("an object").remove("status");
        let mut object = before.as_ref().map_or_else(
            || json!({ "apiVersion": route.kind.version, "kind": route.kind.name, "metadata": {} }),
            |it| it.object.clone(),
        );
        let mut managers = before.as_ref().map(|it| it.managers.clone()).unwrap_or_default();
        if before.is_some() && managers.is_empty() {
            let live = fields::leaves(&object, &route.kind.shape).into_iter().map(|(way, _)| way);
            managers.extend(
                Some(Manager {
                    name: "before-first-apply".to_owned(),
                    operation: "Update",
                    subresource: String::new(),
                    version: route.kind.version.clone(),
                    ways: live.collect(),
                })
                .filter(|manager| !manager.ways.is_empty()),
            );
        }
        let ours = request.query("fieldManager").unwrap_or_default();
        let force = request.query("force").as_deref() == Some("true");
        if let Err(conflicts) = fields::apply(
            (&mut object, &mut managers),
            (&wanted, &route.kind.shape),
            (&ours, &route.kind.version, force),
        ) {
            return conflicting(&conflicts);
        }
        let at = |key: &str| wanted["metadata"][key].clone();
        for (key, value) in [("name", at("name")), ("namespace", at("namespace"))] {
            if !value.is_null() {
                object["metadata"][key] = value;
            }
        }
        if let Some(why) = typed::unreadable(&wanted, &route.kind.shape) {
            let spelled = route.spelled();
            let kind = spelled.split_once("; ").map_or("", |(_, kind)| kind);
            return internal(format!(
                "failed to convert new object ({spelled}) to proper version: unable to convert unstructured object to {kind}: {why}"
            ));
        }
        match (&before, &version, &uid) {
            (Some(before), Some(version), _) if *version != before.object["metadata"]["resourceVersion"] => {
                return route.conflict(MODIFIED);
            }
            (Some(before), _, Some(uid)) if *uid != before.object["metadata"]["uid"] => {
                let cause = (
                    "FieldValueInvalid",
                    format!("Invalid value: {uid}: field is immutable"),
                    "metadata.uid".to_owned(),
                );
                return rules::refusal(&route.kind, &route.name, &[cause.clone(), cause]).expect("there are causes");
            }
            (None, _, Some(uid)) => {
                let uid = uid.as_str().unwrap_or_default();
                return route.conflict(&format!(
                    "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
                ));
            }
            _ => {}
        }
        self.write((route, request), before, (object, managers), None)
    }

    /// Completes, admits, validates and stores an object; `by` is who manages what changes, unless it was applied.
    fn write(
        &mut self,
        (route, request): (&Route, &Request),
        before: Option<Stored>,
        (mut next, mut managers): (Value, Vec<Manager>),
        by: Option<(&str, &str)>,
    ) -> Answer {
        let old = before.as_ref().map(|before| &before.object);
        if old.is_none() {
            if let Some(refused) = self.without_namespace(route) {
                return refused;
            }
            self.version += 1;
            next["metadata"]["uid"] = format!("00000000-0000-4000-8000-{:012}", self.version).into();
            next["metadata"]["creationTimestamp"] = NOW.into();
            if route.kind.namespaced {
                next["metadata"]["namespace"] = route.namespace.clone().into();
            }
            if route.kind.name == "PersistentVolumeClaim" {
                next["metadata"]["finalizers"] = json!(["kubernetes.io/pvc-protection"]);
            }
        }
        defaults::fill(&mut next, &route.kind, self.version);
        let mut warnings = rules::warnings(&next);
        if route.sub.is_empty() {
            let asked = Asked { resource: &route.kind.plural, namespace: &route.namespace, before: old };
            for admission in &self.admissions {
                match admission(&asked, &mut next) {
                    Ok(said) => warnings.extend(said),
                    Err(refused) => return refused,
                }
            }
            defaults::fill(&mut next, &route.kind, self.version);
        }
        let mut causes = old.map(|old| rules::changed(&route.kind, old, &next)).unwrap_or_default();
        causes.extend(rules::invalid(&route.kind, &next, old));
        if let Some(refused) = rules::refusal(&route.kind, &route.name, &causes) {
            return refused;
        }
        if let Some((name, sub)) = by {
            fields::update(
                (old.unwrap_or(&json!({})), &next),
                &mut managers,
                (&route.kind.shape, sub),
                (name, &route.kind.version),
            );
        }
        if next.get("status").is_none()
            && let Some(status) = first_status(&route.kind.name)
        {
            next["status"] = status;
        }
        let specified = |object: &Value| {
            object
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(key, _)| !matches!(key.as_str(), "metadata" | "status"))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect::<BTreeMap<_, _>>()
        };
        let counts =
            matches!(route.kind.group(), "apps" | "batch" | "networking.k8s.io" | "policy" | "apiextensions.k8s.io")
                || route.kind.group().contains("example.com")
                || route.kind.group().contains("keda");
        if counts && old.is_none_or(|old| specified(old) != specified(&next)) {
            let generation = old.and_then(|old| old["metadata"]["generation"].as_u64()).unwrap_or_default() + 1;
            next["metadata"]["generation"] = generation.into();
        }
        let mut stored = Stored { object: next, managers };
        let created = before.is_none();
        let path = route.path();
        if request.is_dry() {
            // What is only tried has no version of its own.
        } else if before.is_none_or(|before| before != stored) {
            self.version += 1;
            stored.object["metadata"]["resourceVersion"] = self.version.to_string().into();
            let held = stored.object["metadata"]["finalizers"].as_array().is_some_and(|all| !all.is_empty());
            let is_namespace = route.kind.name == "Namespace";
            if stored.object["metadata"]["deletionTimestamp"].is_null() || held || is_namespace {
                self.objects.insert(path, stored.clone());
            } else {
                self.objects.remove(&path);
            }
        }
        let headers = warnings.iter().map(|text| warning(text)).collect();
        Answer { status: if created { 201 } else { 200 }, headers, body: stored.shown() }
    }

    /// The answer where a path lies in a namespace that is not there, or that goes; or of a kind that goes.
    fn without_namespace(&self, route: &Route) -> Option<Answer> {
        let crd = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}", route.kind.resource());
        if self.objects.get(&crd).is_some_and(|crd| !crd.object["metadata"]["deletionTimestamp"].is_null()) {
            let why = "create not allowed while custom resource definition is terminating";
            let message = format!("{} {:?} is forbidden: {why}", route.kind.resource(), route.name);
            return Some(Answer::failure(403, "Forbidden", &message, route.details()));
        }
        if !route.kind.namespaced {
            return None;
        }
        let name = &route.namespace;
        match self.objects.get(&format!("/api/v1/namespaces/{name}")) {
            None => {
                let details = json!({ "name": name, "kind": "namespaces" });
                Some(Answer::failure(404, "NotFound", &format!("namespaces {name:?} not found"), details))
            }
            Some(there) if !there.object["metadata"]["deletionTimestamp"].is_null() => {
                let mut details = route.details();
                details["causes"] = json!([{
                    "reason": "NamespaceTerminating", "message": format!("namespace {name} is being terminated"), "field": "metadata.namespace",
                }]);
                let message = format!(
                    "{} {:?} is forbidden: unable to create new content in namespace {name} because it is being terminated",
                    route.kind.resource(),
                    route.name
                );
                Some(Answer::failure(403, "Forbidden", &message, details))
            }
            Some(_) => None,
        }
    }

    pub(super) fn delete(&mut self, request: &Request, route: &Route) -> Answer {
        let options: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let path = route.path();
        let Some(stored) = self.objects.get(&path).cloned() else { return route.absent() };
        let mut object = stored.object.clone();
        for (key, told) in [("uid", "UID"), ("resourceVersion", "ResourceVersion")] {
            let (wanted, there) = (&options["preconditions"][key], &object["metadata"][key]);
            if wanted.is_string() && wanted != there {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let end = if key == "uid" {
                    "The object might have been deleted and then recreated"
                } else {
                    "The object might have been modified"
                };
                let message = format!(
                    "Operation cannot be fulfilled on {} {:?}: the {told} in the precondition ({}) does not match the {told} in record ({}). {end}",
                    route.kind.name,
                    route.name,
                    text(wanted),
                    text(there)
                );
                return Answer::failure(
                    409,
                    "Conflict",
                    &message,
                    json!({ "name": route.name, "kind": route.kind.name }),
                );
            }
        }
        let is_dry = options["dryRun"][0] == "All";
        let mut finalizers = object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
        if options["propagationPolicy"] == "Foreground" && !finalizers.contains(&"foregroundDeletion".into()) {
            finalizers.push("foregroundDeletion".into());
            object["metadata"]["finalizers"] = finalizers.clone().into();
        }
        let lingers = matches!(route.kind.name.as_str(), "Namespace" | "CustomResourceDefinition");
        if finalizers.is_empty() && !lingers {
            if !is_dry {
                self.objects.remove(&path);
            }
            let mut details = route.details();
            details["uid"] = object["metadata"]["uid"].clone();
            return Answer::of(
                200,
                json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details }),
            );
        }
        if object["metadata"]["deletionTimestamp"].is_null() {
            object["metadata"]["deletionTimestamp"] = NOW.into();
            match route.kind.name.as_str() {
                "Namespace" => object["status"]["phase"] = "Terminating".into(),
                "CustomResourceDefinition" => {
                    object["metadata"]["finalizers"] = json!(["customresourcecleanup.apiextensions.k8s.io"]);
                }
                _ => held_back(&mut object),
            }
            if !is_dry {
                self.version += 1;
                object["metadata"]["resourceVersion"] = self.version.to_string().into();
                self.objects.insert(path, Stored { object: object.clone(), ..stored.clone() });
            }
        }
        Answer::of(200, Stored { object, ..stored }.shown())
    }

    /// Objects of a kind that goes are deleted, and the kind when the last of them is.
    pub(super) fn clean(&mut self) {
        let going = |(path, crd): (&String, &Stored)| {
            let goes =
                path.contains("/customresourcedefinitions/") && !crd.object["metadata"]["deletionTimestamp"].is_null();
            goes.then(|| (path.clone(), Kind::custom(&crd.object)))
        };
        let going: Vec<(String, Vec<Kind>)> = self.objects.iter().filter_map(going).collect();
        for (path, kinds) in going {
            let is_of = |at: &str| {
                kinds.iter().any(|kind| at.starts_with(&kind.root()) && at.contains(&format!("/{}/", kind.plural)))
            };
            for (_, stored) in self.objects.iter_mut().filter(|(at, _)| is_of(at)) {
                if stored.object["metadata"]["deletionTimestamp"].is_null() {
                    stored.object["metadata"]["deletionTimestamp"] = NOW.into();
                    held_back(&mut stored.object);
                }
            }
            let held =
                |stored: &Stored| stored.object["metadata"]["finalizers"].as_array().is_some_and(|all| !all.is_empty());
            self.objects.retain(|at, stored| !is_of(at) || held(stored));
            if !self.objects.keys().any(|at| is_of(at)) {
                self.objects.remove(&path);
            }
        }
    }
}

/// What an object that is held back says of its deletion.
fn held_back(object: &mut Value) {
    object["metadata"]["deletionGracePeriodSeconds"] = 0.into();
    if let Some(generation) = object["metadata"]["generation"].as_u64() {
        object["metadata"]["generation"] = (generation + 1).into();
    }
}
fn take(object: &mut Value, key: &str) -> Option<Value> {
    object["metadata"].as_object_mut()?.remove(key)
}

/// What an object of a kind that is typed keeps of what was sent.
fn known(mut object: Value, kind: &Kind) -> Value {
    fn prune(value: &mut Value, shape: &kinds::Shape, top: bool) {
        match value {
            Value::Object(map) => {
                let field = |key: &str| if top { shape.top(key) } else { shape.field(key) };
                map.retain(|key, _| field(key).is_some());
                for (key, item) in map.iter_mut() {
                    if let Some(shape) = if top { shape.top(key) } else { shape.field(key) } {
                        prune(item, &shape, false);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| prune(item, &shape.items(), false)),
            _ => {}
        }
    }
    prune(&mut object, &kind.shape, true);
    object
}
/// What an object has in `status` before a controller looked at it.
fn first_status(kind: &str) -> Option<Value> {
    match kind {
        "Namespace" => Some(json!({ "phase": "Active" })),
        "PersistentVolumeClaim" => Some(json!({ "phase": "Pending" })),
        "Service" => Some(json!({ "loadBalancer": {} })),
        "Deployment" | "Job" => Some(json!({})),
        _ => None,
    }
}
