//! The model of an API server answers as a real one did: every request of the recordings is sent to it, and what `infra`
//! depends on of its answer is held against the recorded one.
//!
//! The files are what a kube-apiserver 1.36.2 with kube-controller-manager and etcd 3.6 answered on 2026-11-30, one exchange
//! a line; addresses, schemas and times that nobody depends on are left out. Of 08, the bodies of
//! exchanges 1 and 2 are those that the answers show: what recorded them kept the third one for all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

use super::cluster::{Admission, Answer, Cluster, Request, User};
use crate::project::root;

/// What the model does not do, by recording and exchange, with the reason.
const NOT_DONE: [(&str, &[usize], &str); 15] = [
    ("17", &[3], "two variables of one name in a create: infra creates by an apply, which is refused (15)"),
    ("28", &[11, 12, 13], "reviews of access: infra asks what it wants and reads the refusal"),
    ("30", &[0, 1, 2, 3], "tokens of service accounts: a token that is not known is the same bare 401, as in 29"),
    ("34", &[2, 3, 4, 5, 8, 9, 10, 12], "what controllers write meanwhile: `rollouts` below reads it"),
    ("35", &[1, 3, 5, 6, 7], "what controllers write meanwhile: `rollouts` below reads it"),
    ("36", &[3, 4, 5], "what controllers and quotas write of pods"),
    ("38", &[9], "the status of an autoscaler"),
    ("40", &[1, 2, 3, 4, 5, 6, 7, 8], "what else a server has: `discovery` below reads it"),
    ("41", &[0, 1, 2, 3], "schemas: infra brings its own"),
    ("42", &[0, 1, 3], "load and evictions: the front answers 429 where a test wants it"),
    ("46", &[1, 2, 3, 5, 6, 7], "what controllers write meanwhile: `rollouts` below reads it"),
    ("47", &[1, 2, 3, 4, 5, 7], "what controllers write meanwhile: `rollouts` below reads it"),
    ("53", &[3], "who manages nothing any more is still named: nobody reads it"),
    ("51", &[0, 1, 2], "time that a client allows: infra sends none"),
    (
        "52",
        &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        "groups with a server of their own: infra takes 503 for a pause, as from the front",
    ),
];

/// A warning that the model has no rules for: pod security is the cluster's own business.
const POD_SECURITY: &str = "would violate PodSecurity";

struct Recording {
    number: String,
    exchanges: Vec<Value>,
}

fn recordings() -> Vec<Recording> {
    let folder = root().join("tests/it/live/recordings");
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("the folder is there").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let one = |path: &std::path::PathBuf| {
        let text = fs::read_to_string(path).expect("the file is readable");
        let exchanges = text.lines().skip(1).map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        Recording { number: name[..2].to_owned(), exchanges }
    };
    paths.iter().map(one).collect()
}

/// A replay: what was recorded under other names here.
struct Replay {
    cluster: Cluster,
    /// Ids and versions here by those that were recorded.
    names: BTreeMap<String, String>,
}

impl Replay {
    fn new(recording: &Recording) -> Self {
        let replay = Self { cluster: Cluster::model(), names: BTreeMap::new() };
        let target = |exchange: &Value| {
            let request = exchange["request"].as_str().unwrap_or_default().to_owned();
            request.split_once(' ').expect("a method and a path").1.to_owned()
        };
        let paths: BTreeSet<String> = recording.exchanges.iter().map(target).collect();
        let part = |path: &String| Some(path.split_once("/namespaces/")?.1.split(['/', '?']).next()?.to_owned());
        let names: BTreeSet<String> = paths.iter().filter_map(part).collect();
        for name in names.iter().filter(|name| *name != "team-nowhere") {
            let own = |exchange: &&Value| {
                let path = target(exchange);
                let creates = path.split('?').next() == Some("/api/v1/namespaces")
                    || path.starts_with(&format!("/api/v1/namespaces/{name}?"));
                creates && exchange["status"] == 201 && exchange["body"]["metadata"]["name"] == **name
            };
            if !recording.exchanges.iter().any(|exchange| own(&exchange)) {
                let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
                replay.admin("POST", "/api/v1/namespaces?fieldManager=infra", &namespace);
            }
        }
        replay
    }

    fn admin(&self, method: &str, target: &str, body: &Value) {
        let kind = if method == "PATCH" { "application/apply-patch+yaml" } else { "application/json" };
        let answer = self.cluster.ask(&Request::new(method, target, kind, body));
        assert!(answer.status < 300, "{method} {target}: {}", answer.body);
    }

    fn send(&mut self, exchange: &Value) -> Answer {
        let text = |key: &str| exchange[key].as_str().unwrap_or_default();
        let (method, target) = text("request").split_once(' ').expect("a method and a path");
        let token = target.split_once("continue=").and_then(|(_, token)| Some((token, self.names.get(token)?)));
        let target = &token.map_or_else(|| target.to_owned(), |(old, here)| target.replace(old, here));
        let mut body = exchange["body"].clone();
        self.translate(&mut body);
        let mut request = Request::new(method, target, text("content-type"), &body);
        if let Value::String(text) = &body {
            request.body = text.clone().into_bytes();
        }
        if let Some(accept) = exchange["accept"].as_str() {
            accept.clone_into(&mut request.accept);
        }
        request.user = match text("user") {
            "" => User::Admin,
            "none" => User::Anonymous,
            other if other.contains("wrong token") => User::Unknown,
            other => User::Named(other.to_owned()),
        };
        let answer = self.cluster.ask(&request);
        self.learn(&exchange["answer"], &answer.body);
        answer
    }

    fn learn(&mut self, recorded: &Value, here: &Value) {
        for key in ["uid", "resourceVersion"] {
            if let (Some(old), Some(new)) = (recorded["metadata"][key].as_str(), here["metadata"][key].as_str()) {
                self.names.insert(old.to_owned(), new.to_owned());
            }
        }
        if let (Some(old), Some(new)) =
            (recorded["metadata"]["continue"].as_str(), here["metadata"]["continue"].as_str())
        {
            self.names.insert(old.to_owned(), new.to_owned());
        }
    }

    /// Puts ids and versions of here in the place of those that were recorded.
    fn translate(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(here) = self.names.get(text.as_str()) {
                    here.clone_into(text);
                } else if let Some((_, times)) = text.split_once("(the letter x, ") {
                    let times = times.trim_end_matches(" times)").parse().expect("a number");
                    *text = "x".repeat(times);
                } else {
                    for (old, here) in self.names.iter().filter(|(old, _)| old.len() > 30) {
                        *text = text.replace(old.as_str(), here);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.translate(item)),
            Value::Object(map) => map.values_mut().for_each(|item| self.translate(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// The text of the answer to a policy's refusal, as the API server spells it.
fn denied(code: u16, reason: &str, policy: &str, why: &str) -> Answer {
    let said = format!("ValidatingAdmissionPolicy '{policy}' with binding '{policy}' denied request: {why}");
    refused(
        code,
        reason,
        &format!("deployments.apps \"orders\" is forbidden: {said}"),
        &json!({ "causes": [{ "message": said }] }),
    )
}

fn refused(code: u16, reason: &str, message: &str, details: &Value) -> Answer {
    let mut body = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "details": details, "code": code });
    if !reason.is_empty() {
        body["reason"] = reason.into();
    }
    Answer { status: code, headers: Vec::new(), body }
}

fn dead(webhook: &str, why: &str) -> Answer {
    let said = format!("failed calling webhook {webhook:?}: failed to call webhook: {why}");
    refused(
        500,
        "InternalError",
        &format!("Internal error occurred: {said}"),
        &json!({ "causes": [{ "message": said }] }),
    )
}

/// Has a policy for deployments, in one namespace or in all.
fn policy(
    cluster: &Cluster,
    namespace: &'static str,
    act: impl Fn(Option<&Value>, &mut Value) -> Result<Vec<String>, Answer> + Send + 'static,
) {
    let admission: Admission = Box::new(move |asked, object| {
        let is_here = asked.resource == "deployments" && (namespace.is_empty() || asked.namespace == namespace);
        if is_here { act(asked.before, object) } else { Ok(Vec::new()) }
    });
    cluster.admit(admission);
}

/// Sets up what was given before a recording.
fn given(replay: &Replay, recording: &Recording) {
    let cluster = &replay.cluster;
    match recording.number.as_str() {
        "19" => {
            for exchange in recordings()
                .iter()
                .find(|it| it.number == "18")
                .expect("it is there")
                .exchanges
                .iter()
                .filter(|it| it["status"] == 201)
            {
                let (method, target) = exchange["request"].as_str().expect("a text").split_once(' ').expect("two");
                replay.admin(method, target, &exchange["body"]);
            }
        }
        "28" | "29" => {
            cluster.allow("alice", &["get", "list", "watch"], ("deployments", "team-a-28"));
            cluster.allow("bob", &["get", "patch"], ("deployments", "team-a-28"));
            cluster.allow("bob", &["get", "patch"], ("configmaps", "team-a-28"));
            let mut orders = recording_body("28", 8);
            orders["spec"]["replicas"] = 1.into();
            replay.admin(
                "PATCH",
                "/apis/apps/v1/namespaces/team-a-28/deployments/orders?fieldManager=infra&force=false",
                &orders,
            );
        }
        "42" => cluster.allow("busy", &["create", "patch"], ("configmaps", "team-a-42")),
        "36" => {
            let quota: Admission = Box::new(|asked, _| {
                let why = "services \"orders\" is forbidden: exceeded quota: small, requested: services=1, used: services=0, limited: services=0";
                let details = json!({ "name": "orders", "kind": "services" });
                if asked.resource == "services" && asked.before.is_none() {
                    Err(refused(403, "Forbidden", why, &details))
                } else {
                    Ok(Vec::new())
                }
            });
            cluster.admit(quota);
        }
        "39" => {
            let foreign = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "foreign" }, "data": { "A": "1" } });
            replay.admin("POST", "/api/v1/namespaces/team-a-39/configmaps?fieldManager=other", &foreign);
        }
        number => policies(cluster, number),
    }
}

/// Sets up policies and webhooks.
fn policies(cluster: &Cluster, number: &str) {
    match number {
        "23" => {
            // Which of two that refuse is told is chance: here as it was recorded.
            policy(cluster, "", |_, object| {
                let missing = object["metadata"]["labels"]["team"].is_null();
                if missing {
                    Err(denied(403, "Forbidden", "team-label", "label team is missing on orders"))
                } else {
                    Ok(Vec::new())
                }
            });
            policy(cluster, "", |_, object| match object["spec"]["replicas"].as_u64() {
                Some(count) if count > 3 => Err(denied(422, "Invalid", "replicas-at-most-3", "at most 3 replicas")),
                _ => Ok(Vec::new()),
            });
        }
        "24" => policy(cluster, "", |_, object| {
            let few = object["spec"]["replicas"].as_u64().is_some_and(|count| count < 2);
            let text = "Validation failed for ValidatingAdmissionPolicy 'replicas-at-least-2' with binding 'replicas-at-least-2': fewer than 2 replicas";
            Ok(few.then(|| text.to_owned()).into_iter().collect())
        }),
        "25" => policy(cluster, "", |_, object| {
            object["metadata"]["labels"]["cost-center"] = "shop".into();
            object["spec"]["revisionHistoryLimit"] = 2.into();
            object["spec"]["replicas"] = 2.into();
            Ok(Vec::new())
        }),
        "26" => policy(cluster, "", |_, object| Ok(sidecar(object))),
        "27" => {
            let refuse = |namespace, answer: fn() -> Answer| policy(cluster, namespace, move |_, _| Err(answer()));
            refuse("team-a-27", || {
                refused(
                    403,
                    "",
                    "admission webhook \"images.example.com\" denied the request: images must come from registry.example.org",
                    &json!({}),
                )
            });
            refuse("team-a-27b", || {
                dead(
                    "gone.example.com",
                    "Post \"https://127.0.0.1:18444/x?timeout=3s\": dial tcp 127.0.0.1:18444: connect: connection refused",
                )
            });
            refuse("team-a-27c", || {
                dead("nosvc.example.com", "Post \"https://gone.mesh.svc:443/x?timeout=3s\": service \"gone\" not found")
            });
            refuse("team-a-27d", || {
                dead("slow.example.com", "Post \"https://127.0.0.1:18443/slow?timeout=1s\": context deadline exceeded")
            });
        }
        _ => {}
    }
}

fn recording_body(number: &str, exchange: usize) -> Value {
    recordings().iter().find(|it| it.number == number).expect("it is there").exchanges[exchange]["body"].clone()
}

fn sidecar(object: &mut Value) -> Vec<String> {
    let containers = object["spec"]["template"]["spec"]["containers"].as_array_mut().expect("containers");
    if containers.iter().any(|it| it["name"] == "sidecar") {
        return Vec::new();
    }
    containers.push(json!({ "name": "sidecar", "image": "registry.example.com/sidecar:1" }));
    object["spec"]["template"]["metadata"]["annotations"]["shop.example.com/injected"] = "yes".into();
    vec!["sidecar was added by the mesh".to_owned()]
}

/// Does what controllers did between two exchanges.
fn between(replay: &Replay, number: &str, exchange: usize) {
    match (number, exchange) {
        ("21", 2 | 10) | ("22", 10) | ("32", 12) => (0..3).for_each(|_| replay.cluster.step()),
        ("38", 10) => {
            let scale = json!({ "apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": { "name": "orders" }, "spec": { "replicas": 6 } });
            replay.admin(
                "PUT",
                "/apis/apps/v1/namespaces/team-a-38/deployments/orders/scale?fieldManager=kube-controller-manager",
                &scale,
            );
        }
        _ => {}
    }
}

/// What differs between an answer that was recorded and one of here.
fn differences(replay: &Replay, exchange: &Value, answer: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |what: &str, recorded: Value, here: Value| {
        if recorded != here {
            found.push(format!("{what}: recorded {recorded}, here {here}"));
        }
    };
    let mut recorded = exchange["answer"].clone();
    replay.translate(&mut recorded);
    check("status", exchange["status"].clone(), answer.status.into());
    let texts = match &exchange["warning"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(all) => all.iter().map(|it| it.as_str().unwrap_or_default().to_owned()).collect(),
        _ => Vec::new(),
    };
    let recorded_warnings: BTreeSet<String> = texts.into_iter().filter(|text| !text.contains(POD_SECURITY)).collect();
    let warnings: BTreeSet<String> =
        answer.headers.iter().filter(|(name, _)| *name == "Warning").map(|(_, text)| text.clone()).collect();
    check("warnings", json!(recorded_warnings), json!(warnings));
    let here = &answer.body;
    if recorded["status"] == "Failure" || recorded.is_string() {
        check("reason", recorded["reason"].clone(), here["reason"].clone());
        check("causes", causes(&recorded), causes(here));
        check("message", message(&recorded), message(here));
    } else if recorded["kind"].as_str().is_some_and(|kind| kind.ends_with("List")) {
        let names = |list: &Value| -> Value { items(list).iter().map(|it| it["metadata"]["name"].clone()).collect() };
        check("items", names(&recorded), names(here));
        check("kind", recorded["kind"].clone(), here["kind"].clone());
        check(
            "goes on",
            recorded["metadata"]["continue"].is_string().into(),
            here["metadata"]["continue"].is_string().into(),
        );
        for (old, new) in items(&recorded).iter().zip(items(here)) {
            object((old, &new), &mut check);
        }
    } else if recorded["kind"].is_string() && recorded["kind"] != "Status" {
        object((&recorded, here), &mut check);
    }
    found
}

/// Items of a list, but for what the cluster puts into every namespace.
fn items(list: &Value) -> Vec<Value> {
    let own = |it: &&Value| {
        !it["metadata"]["name"].as_str().is_some_and(|name| name.ends_with("-ca.crt") || name == "default")
    };
    list["items"].as_array().into_iter().flatten().filter(own).cloned().collect()
}

/// Causes without the values that were refused, which may be long.
fn causes(failure: &Value) -> Value {
    let short = |text: &str| {
        let text = text.lines().next().unwrap_or_default();
        let dump = text.starts_with("Invalid value: {") || text.starts_with("Invalid value: [");
        if dump { text.rsplit(": ").next().unwrap_or_default().to_owned() } else { text.to_owned() }
    };
    let one = |cause: &Value| {
        let text = |key: &str| cause[key].as_str().unwrap_or_default().to_owned();
        (text("field"), text("reason"), short(&text("message")))
    };
    let mut all: Vec<_> = failure["details"]["causes"].as_array().into_iter().flatten().map(one).collect();
    all.sort();
    json!(all)
}

/// What is said, up to where causes say the rest; of several errors in the order of their fields.
fn message(failure: &Value) -> Value {
    let text = failure.as_str().or_else(|| failure["message"].as_str()).unwrap_or_default();
    let has_causes = failure["details"]["causes"].is_array();
    let cut = if has_causes && failure["reason"] != "InternalError" {
        text.split(": ").next()
    } else {
        text.split(", got ").next()
    };
    let cut = cut.unwrap_or_default();
    // Of several errors of types, which are told is chance.
    let cut =
        if cut.contains("field not declared in schema") { cut.split(": ").next().unwrap_or_default() } else { cut };
    let is_version = |part: &&str| part.starts_with(|c: char| c.is_ascii_digit());
    let parts: Vec<&str> = cut
        .split('(')
        .map(|part| if is_version(&part) { part.trim_start_matches(|c: char| c.is_ascii_digit()) } else { part })
        .collect();
    json!(parts)
}

/// Compares what depends on neither time nor controllers.
fn object((recorded, here): (&Value, &Value), check: &mut impl FnMut(&str, Value, Value)) {
    for (key, value) in recorded.as_object().into_iter().flatten() {
        if !matches!(key.as_str(), "metadata" | "status") {
            check(key, without_chance(value.clone()), without_chance(here[key].clone()));
        }
    }
    check("phase", recorded["status"]["phase"].clone(), here["status"]["phase"].clone());
    let (old, new) = (&recorded["metadata"], &here["metadata"]);
    for key in ["name", "namespace", "labels", "finalizers", "generation"] {
        check(key, old[key].clone(), new[key].clone());
    }
    for key in ["uid", "creationTimestamp", "deletionTimestamp"] {
        check(key, old[key].is_string().into(), new[key].is_string().into());
    }
    check("annotations", annotations(old), annotations(new));
    check("managers", managers(old), managers(new));
}

/// A value without the address or port that a server chose.
fn without_chance(mut value: Value) -> Value {
    match &mut value {
        Value::String(text) if text.starts_with("10.96.") => "an address".clone_into(text),
        Value::Object(map) => {
            for (key, item) in map.iter_mut() {
                let taken = std::mem::take(item);
                *item = if key == "nodePort" { "a port".into() } else { without_chance(taken) };
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_chance(std::mem::take(item))),
        _ => {}
    }
    value
}

fn annotations(metadata: &Value) -> Value {
    let own = |(key, _): &(&String, &Value)| *key != "deployment.kubernetes.io/revision";
    json!(metadata["annotations"].as_object().into_iter().flatten().filter(own).collect::<BTreeMap<_, _>>())
}

/// Who manages which fields: without what controllers do, and without the mark of a map that it is there.
fn managers(metadata: &Value) -> Value {
    fn walk(fields: &Value, way: &str, found: &mut BTreeSet<String>) {
        for (key, inner) in fields.as_object().into_iter().flatten() {
            let mark = key == "." && !way.ends_with('}');
            let way = format!("{way}/{key}");
            match inner.as_object().filter(|map| map.keys().any(|key| key != "." || way.ends_with('}'))) {
                Some(_) => walk(inner, &way, found),
                None if mark => {}
                None => drop(found.insert(way)),
            }
        }
    }
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let of_controller = |entry: &&Value| {
        let (name, sub) = (text(entry, "manager"), text(entry, "subresource"));
        sub == "status"
            || matches!(name.as_str(), "test-controller" | "kube-apiserver")
            || (name == "kube-controller-manager" && sub.is_empty())
    };
    let mut all = BTreeMap::new();
    for entry in metadata["managedFields"].as_array().into_iter().flatten().filter(|entry| !of_controller(entry)) {
        let mut ways = BTreeSet::new();
        walk(&entry["fieldsV1"], "", &mut ways);
        all.insert(
            format!("{} {} {}", text(entry, "manager"), text(entry, "operation"), text(entry, "subresource")),
            ways,
        );
    }
    json!(all)
}

#[test]
fn the_model_answers_as_a_real_server_did() {
    let mut wrong = Vec::new();
    let (mut same, mut left) = (0, 0);
    for recording in recordings() {
        let mut replay = Replay::new(&recording);
        given(&replay, &recording);
        for (index, exchange) in recording.exchanges.iter().enumerate() {
            if NOT_DONE.iter().any(|(of, all, _)| *of == recording.number && all.contains(&index)) {
                left += 1;
                continue;
            }
            between(&replay, &recording.number, index);
            let answer = replay.send(exchange);
            let found = differences(&replay, exchange, &answer);
            same += usize::from(found.is_empty());
            let request = exchange["request"].as_str().unwrap_or_default();
            wrong.extend(found.into_iter().map(|text| format!("{} {index} {request}\n    {text}", recording.number)));
        }
    }
    println!("{same} exchanges answered as recorded, {left} that the model does not do");
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a real server's controllers wrote of workloads, one state after the other, as `infra` reads it.
#[test]
fn rollouts_are_judged_by_what_controllers_wrote() {
    use infra::state::{Rollout, rollout};
    let word = |live: &Value| match rollout(live, None) {
        Rollout::Done => "done",
        Rollout::Going(_) => "going",
        Rollout::Failed(_) => "failed",
    };
    for (number, exchange, expected) in ROLLOUTS {
        let all = recordings();
        let recorded = &all.iter().find(|it| it.number == *number).expect("it is there").exchanges[*exchange]["answer"];
        let states: Vec<&str> = match recorded.as_array() {
            Some(watched) => watched.iter().map(|event| word(&event["object"])).collect(),
            None => vec![word(recorded)],
        };
        let mut told = states.clone();
        told.dedup();
        assert_eq!(told, *expected, "{number} {exchange}: {states:?}");
    }
}

/// Recording, exchange, and how its states are judged; equal ones that follow each other once.
const ROLLOUTS: &[(&str, usize, &[&str])] = &[
    ("34", 5, &["failed"]),
    ("34", 7, &["going"]),
    ("34", 10, &["done"]),
    ("34", 12, &["going", "failed", "going", "done"]),
    ("35", 4, &["going"]),
    ("35", 6, &["done"]),
    ("36", 3, &["going"]),
    ("36", 4, &["failed"]),
    ("46", 3, &["going", "done"]),
    ("46", 7, &["going", "failed"]),
    ("47", 3, &["going"]),
    ("47", 5, &["going", "done", "going", "done"]),
    ("47", 7, &["done"]),
];

/// For one write, the verdict on the rollout before still stands: it tells nothing of this one.
#[test]
fn a_verdict_from_before_the_write_is_none() {
    use infra::state::{Rollout, judged, rollout};
    let all = recordings();
    let watched = &all.iter().find(|it| it.number == "35").expect("it is there").exchanges[7]["answer"];
    let states: Vec<&Value> = watched.as_array().expect("states").iter().map(|event| &event["object"]).collect();
    let failed: Vec<&&Value> = states.iter().filter(|it| matches!(rollout(it, None), Rollout::Failed(_))).collect();
    let [first, stale] = failed.as_slice() else { panic!("{failed:?}") };
    assert!(first["metadata"]["generation"].as_u64() < stale["metadata"]["generation"].as_u64());
    assert!(matches!(rollout(stale, judged(first)), Rollout::Going(_)), "{stale}");
}

/// What a real server says that it serves is what the model serves, as far as that has it.
#[test]
fn kinds_are_served_under_the_names_of_a_real_server() {
    let all = recordings();
    let recorded = all.iter().find(|it| it.number == "40").expect("it is there");
    let cluster = Cluster::model();
    let mut compared = 0;
    for exchange in &recorded.exchanges {
        let target = exchange["request"].as_str().and_then(|request| request.strip_prefix("GET ")).expect("a path");
        if exchange["answer"]["kind"] != "APIResourceList" {
            continue;
        }
        let here = cluster.ask(&Request::new("GET", target, "application/json", &Value::Null)).body;
        for kind in here["resources"].as_array().expect("kinds") {
            let resources = exchange["answer"]["resources"].as_array().expect("kinds");
            // The recording does not have all of a long list.
            let Some(there) = resources.iter().find(|it| it["name"] == kind["name"]) else { continue };
            for key in ["kind", "namespaced", "singularName"] {
                assert_eq!(there[key], kind[key], "{target}");
            }
            let verbs = |it: &Value| {
                it["verbs"].as_array().into_iter().flatten().map(Value::to_string).collect::<BTreeSet<_>>()
            };
            assert!(verbs(there).is_subset(&verbs(kind)), "{target}: {there}");
            compared += 1;
        }
    }
    assert!(compared >= 8, "{compared}");
}
