//! A Kubernetes API server as a test has it: answers in the shapes of the real one, over what a test put there.
//!
//! Shapes: <https://kubernetes.io/docs/reference/using-api/api-concepts/> and
//! <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/>; field ownership and the causes of a
//! conflict as <https://kubernetes.io/docs/reference/using-api/server-side-apply/> tells them, with the wording of
//! apimachinery's `managedfields` (all read 2026-11-25). Lists whose items have names are maps by name, other lists are
//! one value: that is how the API's schemas have the lists that we write.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The token that the kubeconfig's command prints.
const TOKEN: &str = "token-of-a-test";

/// What the server serves: version, plural, kind, whether in namespaces.
const SERVED: [(&str, &str, &str, bool); 14] = [
    ("v1", "namespaces", "Namespace", false),
    ("v1", "serviceaccounts", "ServiceAccount", true),
    ("v1", "configmaps", "ConfigMap", true),
    ("v1", "services", "Service", true),
    ("v1", "secrets", "Secret", true),
    ("v1", "pods", "Pod", true),
    ("apps/v1", "deployments", "Deployment", true),
    ("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", true),
    ("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", true),
    ("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", true),
    ("batch/v1", "jobs", "Job", true),
    ("secrets-store.csi.x-k8s.io/v1", "secretproviderclasses", "SecretProviderClass", true),
    ("keda.sh/v1alpha1", "scaledobjects", "ScaledObject", true),
    ("keda.sh/v1alpha1", "triggerauthentications", "TriggerAuthentication", true),
];

/// A way to a field.
type Way = Vec<String>;

#[derive(Default)]
struct Stored {
    object: Value,
    owners: BTreeMap<String, BTreeSet<Way>>,
    written: Option<Instant>,
}

/// What happens to requests that match, so many times.
#[derive(Clone)]
pub(crate) struct Fault {
    pub(crate) method: &'static str,
    /// Part of path and query, which end with `$`.
    pub(crate) contains: &'static str,
    pub(crate) times: usize,
    pub(crate) what: What,
}

#[derive(Clone)]
pub(crate) enum What {
    /// This status, headers and body are answered.
    Answer(u16, &'static str, Value),
    /// The answer takes longer.
    Slow(Duration),
    /// It is carried out, and the connection ends without an answer.
    Lost,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Stored>,
    version: u64,
    calls: Vec<String>,
    bodies: Vec<Value>,
    faults: Vec<Fault>,
    /// A header with which every apply is answered.
    warning: &'static str,
    /// Deployments that are changed from a moment on make no progress, and fail after this time.
    stuck: Option<(Instant, Duration)>,
    pods: Value,
}

/// An API server on a free port of loopback.
pub(crate) struct Cluster {
    state: Arc<Mutex<State>>,
    port: u16,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let state = Arc::new(Mutex::new(State::default()));
        let cluster = Self { state: Arc::clone(&state), port };
        cluster.put(
            "/api/v1/namespaces/default",
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "default" } }),
        );
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        cluster
    }

    /// A kubeconfig whose context `test` leads here, with credentials from a command as `aws eks get-token` gives them.
    pub(crate) fn kubeconfig(&self) -> String {
        let credential = json!({
            "apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential",
            "status": { "token": TOKEN, "expirationTimestamp": "2099-01-01T00:00:00Z" },
        });
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "other",
            "clusters": [{ "name": "c", "cluster": { "server": format!("http://127.0.0.1:{}", self.port) } }],
            "contexts": [{ "name": "test", "context": { "cluster": "c", "user": "u" } }],
            "users": [{ "name": "u", "user": { "exec": {
                "apiVersion": "client.authentication.k8s.io/v1beta1", "command": "echo",
                "args": [credential.to_string()], "interactiveMode": "Never",
            } } }],
        })
        .to_string()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no thread of the server panicked")
    }

    pub(crate) fn fault(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Who manages fields of an object.
    pub(crate) fn managers(&self, path: &str) -> Vec<String> {
        self.state().objects[path].owners.keys().cloned().collect()
    }

    /// Warns in the answer to every apply.
    pub(crate) fn warn(&self, header: &'static str) {
        self.state().warning = header;
    }

    /// Takes all faults back.
    pub(crate) fn no_faults(&self) {
        self.state().faults.clear();
    }

    /// Has another name for a manager of fields, in all objects.
    pub(crate) fn rename_manager(&self, from: &str, to: &str) {
        for stored in self.state().objects.values_mut() {
            if let Some(owned) = stored.owners.remove(from) {
                stored.owners.insert(to.to_owned(), owned);
            }
        }
    }

    pub(crate) fn faults_left(&self) -> usize {
        self.state().faults.iter().map(|fault| fault.times).sum()
    }

    /// Makes every rollout stand still, and fail after a time, for a reason that the pods show.
    pub(crate) fn stick(&self, after: Option<Duration>, pods: Value) {
        let mut state = self.state();
        (state.stuck, state.pods) = (after.map(|after| (Instant::now(), after)), pods);
    }

    /// The object at a path.
    pub(crate) fn get(&self, path: &str) -> Option<Value> {
        self.state().objects.get(path).map(|stored| stored.object.clone())
    }

    /// Paths of all objects.
    pub(crate) fn paths(&self) -> BTreeSet<String> {
        self.state().objects.keys().cloned().collect()
    }

    /// Puts an object there that nobody of ours made.
    pub(crate) fn put(&self, path: &str, object: Value) {
        let mut state = self.state();
        let stored = written(&mut state, Stored::default(), object);
        state.objects.insert(path.to_owned(), stored);
    }

    /// Has another manager apply fields of an object, by force.
    pub(crate) fn manage(&self, path: &str, manager: &str, fields: &Value) {
        let mut state = self.state();
        let mut stored = state.objects.remove(path).expect("the object is there");
        let mut object = stored.object.clone();
        for (way, value) in leaves(fields) {
            set(&mut object, &way, Some(value));
            for owned in stored.owners.values_mut() {
                owned.remove(&way);
            }
            stored.owners.entry(manager.to_owned()).or_default().insert(way);
        }
        let stored = written(&mut state, stored, object);
        state.objects.insert(path.to_owned(), stored);
    }

    /// What was asked, as `GET /path?query`, and forgets it.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }

    /// Everything that was sent to be applied.
    pub(crate) fn bodies(&self) -> Vec<Value> {
        self.state().bodies.clone()
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream can be cloned"));
    while let Some((line, token, body)) = request(&mut reader) {
        let mut parts = line.split(' ');
        let (method, target) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let fault = {
            let mut state = state.lock().expect("no thread panicked");
            state.calls.push(format!("{method} {target}"));
            let found = state
                .faults
                .iter_mut()
                .find(|it| it.times > 0 && it.method == method && format!("{target}$").contains(it.contains));
            found.map(|fault| {
                fault.times -= 1;
                fault.what.clone()
            })
        };
        let (status, headers, answer) = match fault {
            Some(What::Answer(status, headers, body)) => {
                if status == 410 {
                    handle(&mut state.lock().expect("no thread panicked"), method, target, &[]);
                }
                (status, headers, body)
            }
            Some(What::Lost) => {
                handle(&mut state.lock().expect("no thread panicked"), method, target, &body);
                return;
            }
            other => {
                if let Some(What::Slow(time)) = other {
                    std::thread::sleep(time);
                }
                let (status, answer) = if token {
                    handle(&mut state.lock().expect("no thread panicked"), method, target, &body)
                } else {
                    failure(401, "Unauthorized", "Unauthorized", json!({}))
                };
                let warned = if method == "PATCH" { state.lock().expect("no thread panicked").warning } else { "" };
                (status, warned, answer)
            }
        };
        let body = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = &stream;
        if stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).is_err() {
            return;
        }
    }
}

/// The first line of a request, whether it has our token, and its body.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, bool, Vec<u8>)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let header = |name: &str| {
        let mut all = lines.iter().filter_map(|line| line.split_once(':'));
        all.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    let mut body = vec![0; header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let token = header("authorization") == Some(format!("Bearer {TOKEN}"));
    Some((lines.first()?.clone(), token, body))
}

fn failure(code: u16, reason: &str, message: &str, details: Value) -> (u16, Value) {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "details": details, "code": code,
    });
    (code, status)
}

fn handle(state: &mut State, method: &str, target: &str, body: &[u8]) -> (u16, Value) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let not_found = |what: &str| failure(404, "NotFound", &format!("{what} not found"), json!({}));
    let version = path.trim_start_matches("/apis/").trim_start_matches("/api/");
    let served: Vec<Value> = SERVED
        .iter()
        .filter(|(of, ..)| *of == version)
        .map(|(_, plural, kind, namespaced)| json!({ "name": plural, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": ["get", "list", "patch", "delete"] }))
        .collect();
    if !served.is_empty() {
        return (
            200,
            json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": served }),
        );
    }
    if path == "/apis" {
        let groups: BTreeSet<&str> = SERVED.iter().map(|(of, ..)| *of).filter(|of| of.contains('/')).collect();
        let group = |of: &&str| json!({ "preferredVersion": { "groupVersion": of } });
        let groups: Vec<Value> = groups.iter().map(group).collect();
        return (200, json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups }));
    }
    match method {
        "GET" if path.ends_with("/pods") => {
            (200, json!({ "kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": state.pods }))
        }
        "GET" if is_list(path) => {
            let all = state.objects.iter().filter(|(of, _)| of.rsplit_once('/').is_some_and(|(list, _)| list == path));
            let items: Vec<Value> = all.map(|(_, stored)| shown(stored, state.stuck)).collect();
            (200, json!({ "kind": "List", "apiVersion": "v1", "metadata": {}, "items": items }))
        }
        "GET" => match state.objects.get(path) {
            Some(stored) => (200, shown(stored, state.stuck)),
            None => not_found(&format!("{path:?}")),
        },
        "PATCH" => apply(state, path, query, serde_json::from_slice(body).expect("what is applied is JSON")),
        "DELETE" => {
            let options: Value = serde_json::from_slice(body).unwrap_or_default();
            let Some(stored) = state.objects.get(path) else { return not_found(path) };
            let (wanted, uid) = (&options["preconditions"]["uid"], &stored.object["metadata"]["uid"]);
            if wanted.is_string() && wanted != uid {
                return failure(
                    409,
                    "Conflict",
                    &format!("the UID in the precondition ({wanted}) does not match the UID in record ({uid})"),
                    json!({}),
                );
            }
            state.objects.remove(path);
            // A namespace goes with everything in it.
            let within = path.strip_prefix("/api/v1/namespaces/").filter(|name| !name.contains('/'));
            if let Some(name) = within.map(|name| format!("/namespaces/{name}/")) {
                state.objects.retain(|path, _| !path.contains(&name));
            }
            (200, json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success" }))
        }
        _ => failure(405, "MethodNotAllowed", "the server does not allow this method", json!({})),
    }
}

/// Whether a path names all objects of a kind in a namespace, and not one that is called as a kind is.
fn is_list(path: &str) -> bool {
    SERVED.iter().filter(|(.., namespaced)| *namespaced).any(|(version, plural, ..)| {
        let base = if version.contains('/') { format!("/apis/{version}/") } else { format!("/api/{version}/") };
        let within = path.strip_prefix(&base).and_then(|rest| rest.strip_prefix("namespaces/"));
        within.and_then(|rest| rest.split_once('/')).is_some_and(|(_, last)| last == *plural)
    })
}

/// The answer where a path lies in a namespace that is not there.
fn without_namespace(state: &State, path: &str) -> Option<(u16, Value)> {
    if let Some((before, _)) = path
        .strip_prefix("/")
        .and_then(|_| path.rsplit_once('/'))
        .and_then(|(it, _)| it.rsplit_once('/'))
        .filter(|(it, _)| it.contains("/namespaces/"))
    {
        let name = before.rsplit('/').next().unwrap_or_default();
        if !state.objects.contains_key(&format!("/api/v1/namespaces/{name}")) {
            return Some(failure(
                404,
                "NotFound",
                &format!("namespaces {name:?} not found"),
                json!({ "name": name, "kind": "namespaces" }),
            ));
        }
    }
    None
}

fn apply(state: &mut State, path: &str, query: &str, mut wanted: Value) -> (u16, Value) {
    let ours = query.split('&').find_map(|it| it.strip_prefix("fieldManager=")).expect("a manager").replace("%3A", ":");
    let ours = ours.as_str();
    assert!(ours.starts_with("infra:"), "{query}");
    let force = query.contains("force=true");
    assert!(force || query.contains("force=false"), "{query}");
    if !query.contains("dryRun=All") {
        state.bodies.push(wanted.clone());
    }
    if let Some(refused) = without_namespace(state, path) {
        return refused;
    }
    let version = wanted["metadata"].as_object_mut().and_then(|metadata| metadata.remove("resourceVersion"));
    let before = state.objects.get(path);
    if let (Some(version), Some(before)) = (&version, before)
        && *version != before.object["metadata"]["resourceVersion"]
    {
        return failure(
            409,
            "Conflict",
            "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again",
            json!({}),
        );
    }
    let mut object = before.map_or_else(|| json!({}), |stored| stored.object.clone());
    let mut owners = before.map(|stored| stored.owners.clone()).unwrap_or_default();
    let there = leaves(&object);
    let new = leaves(&wanted);
    let mut causes = Vec::new();
    for (way, value) in &new {
        for (manager, owned) in owners.iter_mut().filter(|(manager, _)| *manager != ours) {
            if owned.contains(way) && there.get(way) != Some(value) {
                if force {
                    owned.remove(way);
                    continue;
                }
                let field = way.iter().map(|part| {
                    if part.starts_with('[') {
                        format!("[name=\"{}\"]", &part[1..part.len() - 1])
                    } else {
                        format!(".{part}")
                    }
                });
                causes.push(json!({
                    "reason": "FieldManagerConflict", "message": format!("conflict with {manager:?} using apps/v1"), "field": field.collect::<String>(),
                }));
            }
        }
    }
    if !causes.is_empty() {
        let message = format!("Apply failed with {} conflicts", causes.len());
        return failure(409, "Conflict", &message, json!({ "causes": causes }));
    }
    let unchanged = object.clone();
    let old = owners.remove(ours).unwrap_or_default();
    for way in old.iter().filter(|way| !new.contains_key(*way) && !owners.values().any(|owned| owned.contains(*way))) {
        set(&mut object, way, None);
    }
    for (way, value) in &new {
        set(&mut object, way, Some(value.clone()));
    }
    owners.insert(ours.to_owned(), new.into_keys().collect());
    if let Some(refused) = immutable(&unchanged, &object) {
        return refused;
    }
    if query.contains("dryRun=All") {
        let mut tried = object;
        tried["metadata"]["managedFields"] = json!([{ "manager": ours, "operation": "Apply" }]);
        tried["metadata"]["resourceVersion"] = "0".into();
        return (200, tried);
    }
    let created = before.is_none();
    let stored = Stored { owners, ..state.objects.remove(path).unwrap_or_default() };
    let stored = written(state, stored, object);
    let answer = shown(&stored, state.stuck);
    state.objects.insert(path.to_owned(), stored);
    (if created { 201 } else { 200 }, answer)
}

/// The answer where a field would change that cannot, in the words of a kube-apiserver 1.36.2 (seen 2026-11-30).
fn immutable(before: &Value, after: &Value) -> Option<(u16, Value)> {
    let kind = before["kind"].as_str()?;
    let field = match kind {
        "Deployment" => "spec.selector",
        "Job" => "spec.template",
        _ => return None,
    };
    let pointer = format!("/{}", field.replace('.', "/"));
    let (old, new) = (before.pointer(&pointer)?, after.pointer(&pointer)?);
    if old == new {
        return None;
    }
    let why = format!("Invalid value: {new}: field is immutable");
    let message = format!("{kind} {} is invalid: {field}: {why}", before["metadata"]["name"]);
    let causes = json!([{ "reason": "FieldValueInvalid", "message": why, "field": field }]);
    Some(failure(422, "Invalid", &message, json!({ "causes": causes })))
}

/// An object after a write: a new version, and a new generation if what is specified changed.
fn written(state: &mut State, mut stored: Stored, mut object: Value) -> Stored {
    state.version += 1;
    let metadata = &mut object["metadata"];
    if metadata["uid"].is_null() {
        metadata["uid"] = format!("uid-{}", state.version).into();
        metadata["creationTimestamp"] = "2026-11-25T12:00:00Z".into();
        if object["kind"] == "Job" {
            let uid = object["metadata"]["uid"].clone();
            object["spec"]["selector"] = json!({ "matchLabels": { "batch.kubernetes.io/controller-uid": uid } });
        }
    }
    object["metadata"]["resourceVersion"] = state.version.to_string().into();
    if object["spec"] != stored.object["spec"] {
        let generation = stored.object["metadata"]["generation"].as_u64().unwrap_or_default() + 1;
        object["metadata"]["generation"] = generation.into();
        stored.written = Some(Instant::now());
    }
    Stored { object, ..stored }
}

/// An object as it is answered: a deployment with what its controller would say by now.
fn shown(stored: &Stored, stuck: Option<(Instant, Duration)>) -> Value {
    let mut object = stored.object.clone();
    if object["kind"] == "Deployment" {
        let replicas = object["spec"]["replicas"].as_u64().unwrap_or(1);
        let since = stored.written.map(|written| written.elapsed()).unwrap_or_default();
        let generation = object["metadata"]["generation"].clone();
        let stuck = stuck.filter(|(from, _)| stored.written.is_some_and(|written| written > *from));
        object["status"] = match stuck {
            None => {
                json!({ "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas })
            }
            Some((_, after)) => {
                let failed = since > after;
                let (status, reason) =
                    if failed { ("False", "ProgressDeadlineExceeded") } else { ("True", "ReplicaSetUpdated") };
                json!({
                    "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
                    "conditions": [{ "type": "Progressing", "status": status, "reason": reason, "message": "" }],
                })
            }
        };
    }
    if object["kind"] == "Job" {
        let since = stored.written.map(|written| written.elapsed()).unwrap_or_default();
        let stuck = stuck.filter(|(from, _)| stored.written.is_some_and(|written| written > *from));
        object["status"] = match stuck {
            None => json!({ "succeeded": 1, "conditions": [{ "type": "Complete", "status": "True" }] }),
            Some((_, after)) if since > after => json!({ "failed": 1, "conditions": [{
                "type": "Failed", "status": "True", "reason": "BackoffLimitExceeded",
                "message": "Job has reached the specified backoff limit",
            }] }),
            Some(_) => json!({ "active": 1 }),
        };
    }
    object["metadata"]["managedFields"] =
        json!(stored.owners.keys().map(|manager| json!({ "manager": manager })).collect::<Vec<_>>());
    object
}

/// The values of an object by the ways to them.
fn leaves(value: &Value) -> BTreeMap<Way, Value> {
    fn walk(value: &Value, way: &mut Way, found: &mut BTreeMap<Way, Value>) {
        let named = |items: &[Value]| !items.is_empty() && items.iter().all(|item| item["name"].is_string());
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, item) in map {
                    way.push(key.clone());
                    walk(item, way, found);
                    way.pop();
                }
            }
            Value::Array(items) if named(items) => {
                for item in items {
                    way.push(format!("[{}]", item["name"].as_str().unwrap_or_default()));
                    walk(item, way, found);
                    way.pop();
                }
            }
            other => drop(found.insert(way.clone(), other.clone())),
        }
    }
    let mut found = BTreeMap::new();
    walk(value, &mut Vec::new(), &mut found);
    found
}

/// Puts a value at a way, or takes away what is there.
fn set(at: &mut Value, way: &[String], value: Option<Value>) {
    let Some((first, rest)) = way.split_first() else {
        *at = value.unwrap_or_default();
        return;
    };
    if let Some(name) = first.strip_prefix('[') {
        let name = name.trim_end_matches(']');
        if !at.is_array() {
            *at = json!([]);
        }
        let items = at.as_array_mut().expect("a list");
        let place = items.iter().position(|item| item["name"] == name);
        match (place, &value, rest) {
            (Some(place), None, [last]) if last == "name" => drop(items.remove(place)),
            (None, None, _) => {}
            (place, ..) => {
                let place = place.unwrap_or_else(|| {
                    items.push(json!({ "name": name }));
                    items.len() - 1
                });
                set(&mut items[place], rest, value);
            }
        }
        return;
    }
    if !at.is_object() {
        *at = json!({});
    }
    let map = at.as_object_mut().expect("a map");
    match (rest.is_empty(), value) {
        (true, None) => drop(map.remove(first)),
        (_, value) => set(map.entry(first.clone()).or_insert(Value::Null), rest, value),
    }
}
