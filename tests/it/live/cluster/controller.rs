//! What controllers, the scheduler and kubelets do, as far as the tests need it: workloads get a status, and what is
//! deleted goes. They write through the API as the real ones do, so `status` lags behind `generation` for a moment.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::kinds::Kind;
use super::{Request, Server};

const MERGE: &str = "application/merge-patch+json";

/// How rollouts stand still.
#[derive(Clone, Default)]
pub(super) struct Sticking {
    /// Since when, and how long until a workload that changes gives up.
    pub(super) after: Option<(Instant, Duration)>,
    /// What the pods of such a workload are like.
    pub(super) pods: Value,
    /// Generations of workloads before: these are done.
    pub(super) known: BTreeMap<String, u64>,
}

/// Workloads that are there, by uid, with their generation.
pub(super) fn generations(server: &dyn Server) -> BTreeMap<String, u64> {
    let all = ["/apis/apps/v1/deployments", "/apis/batch/v1/jobs"].into_iter().flat_map(|list| listed(server, list));
    all.map(|object| (text(&object, "uid"), object["metadata"]["generation"].as_u64().unwrap_or_default())).collect()
}

/// Looks at everything once.
pub(super) fn step(server: &dyn Server, sticking: &Sticking) {
    for namespace in listed(server, "/api/v1/namespaces") {
        if !namespace["metadata"]["deletionTimestamp"].is_null() {
            finalize(server, namespace);
        }
    }
    for deployment in listed(server, "/apis/apps/v1/deployments") {
        let path = format!(
            "/apis/apps/v1/namespaces/{}/deployments/{}",
            text(&deployment, "namespace"),
            text(&deployment, "name")
        );
        lets_go(server, &path, &deployment);
        self::deployment(server, &path, &deployment, sticking);
    }
    for job in listed(server, "/apis/batch/v1/jobs") {
        let path = format!("/apis/batch/v1/namespaces/{}/jobs/{}", text(&job, "namespace"), text(&job, "name"));
        self::job(server, &path, &job, sticking);
    }
    if sticking.after.is_none() {
        for pod in listed(server, "/api/v1/pods") {
            send(
                server,
                "DELETE",
                &format!("/api/v1/namespaces/{}/pods/{}", text(&pod, "namespace"), text(&pod, "name")),
                &at_once(),
            );
        }
    }
}

/// A deletion that waits for no kubelet.
fn at_once() -> Value {
    json!({ "apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0 })
}

fn text(object: &Value, key: &str) -> String {
    object["metadata"][key].as_str().unwrap_or_default().to_owned()
}

fn listed(server: &dyn Server, list: &str) -> Vec<Value> {
    let answer = server.answer(&Request::new("GET", list, "application/json", &Value::Null));
    answer.body["items"].as_array().cloned().unwrap_or_default()
}

fn send(server: &dyn Server, method: &str, target: &str, body: &Value) {
    let kind = if method == "PATCH" { MERGE } else { "application/json" };
    server.answer(&Request::new(method, target, kind, body));
}

/// Deletes what is in a namespace that goes, and lets it go once nothing is.
fn finalize(server: &dyn Server, mut namespace: Value) {
    let name = text(&namespace, "name");
    let mut left = false;
    for kind in Kind::built_in().iter().filter(|kind| kind.namespaced) {
        let list = format!("{}/namespaces/{name}/{}", kind.root(), kind.plural);
        for object in listed(server, &list) {
            left = true;
            if object["metadata"]["deletionTimestamp"].is_null() {
                send(server, "DELETE", &format!("{list}/{}", text(&object, "name")), &at_once());
            } else if object["metadata"]["finalizers"] == json!(["kubernetes.io/pvc-protection"]) {
                send(
                    server,
                    "PATCH",
                    &format!("{list}/{}?fieldManager=test-controller", text(&object, "name")),
                    &json!({ "metadata": { "finalizers": null } }),
                );
            }
        }
    }
    if !left {
        (namespace["apiVersion"], namespace["kind"]) = ("v1".into(), "Namespace".into());
        namespace["spec"]["finalizers"] = json!([]);
        send(server, "PUT", &format!("/api/v1/namespaces/{name}/finalize"), &namespace);
    }
}

/// What is deleted in the foreground goes once nothing hangs on it.
fn lets_go(server: &dyn Server, path: &str, object: &Value) {
    if object["metadata"]["finalizers"] == json!(["foregroundDeletion"]) {
        send(
            server,
            "PATCH",
            &format!("{path}?fieldManager=test-controller"),
            &json!({ "metadata": { "finalizers": null } }),
        );
    }
}

/// Whether a workload stands still, and whether it gave up.
fn stuck(object: &Value, sticking: &Sticking) -> Option<bool> {
    let (since, after) = sticking.after?;
    let generation = object["metadata"]["generation"].as_u64().unwrap_or_default();
    let is_known = sticking.known.get(&text(object, "uid")).is_some_and(|known| *known >= generation);
    (!is_known).then(|| since.elapsed() > after)
}

fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

fn deployment(server: &dyn Server, path: &str, object: &Value, sticking: &Sticking) {
    let replicas = object["spec"]["replicas"].as_u64().unwrap_or(1);
    let generation = &object["metadata"]["generation"];
    let (available, progressing) = match stuck(object, sticking) {
        None => (Some(replicas), ("True", "NewReplicaSetAvailable")),
        Some(false) => (None, ("True", "ReplicaSetUpdated")),
        Some(true) => (None, ("False", "ProgressDeadlineExceeded")),
    };
    if available.is_none() {
        pods(server, object, &sticking.pods);
    }
    let (status, reason) = progressing;
    let old = object["status"]["conditions"].as_array().into_iter().flatten().find(|it| it["type"] == "Progressing");
    let same = old.is_some_and(|old| old["status"] == status && old["reason"] == reason)
        && object["status"]["observedGeneration"] == *generation;
    let time =
        old.filter(|_| same).map_or_else(now, |old| old["lastUpdateTime"].as_str().unwrap_or_default().to_owned());
    let progressing = json!({ "type": "Progressing", "status": status, "reason": reason, "message": "", "lastUpdateTime": time, "lastTransitionTime": time });
    let count = available.filter(|count| *count > 0);
    let wanted = json!({
        "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas, "readyReplicas": count, "availableReplicas": count,
        "conditions": [progressing],
    });
    let is_there = wanted.as_object().into_iter().flatten().all(|(key, value)| {
        let there = &object["status"][key];
        there == value || (there.is_null() && *value == 0)
    });
    if !is_there {
        send(server, "PATCH", &format!("{path}/status?fieldManager=test-controller"), &json!({ "status": wanted }));
    }
}

/// Makes the pods of a workload that stands still.
fn pods(server: &dyn Server, object: &Value, pods: &Value) {
    let list = format!("/api/v1/namespaces/{}/pods", text(object, "namespace"));
    for pod in pods.as_array().into_iter().flatten() {
        let name = text(pod, "name");
        if server.answer(&Request::new("GET", &format!("{list}/{name}"), "application/json", &Value::Null)).status
            == 200
        {
            continue;
        }
        let made = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "labels": object["spec"]["selector"]["matchLabels"] },
            "spec": object["spec"]["template"]["spec"],
        });
        send(server, "POST", &format!("{list}?fieldManager=test-controller"), &made);
        let mut status = pod["status"].clone();
        for container in status["containerStatuses"].as_array_mut().into_iter().flatten() {
            for (key, value) in
                [("image", json!("")), ("imageID", json!("")), ("ready", json!(false)), ("restartCount", json!(0))]
            {
                container[key] = value;
            }
        }
        send(
            server,
            "PATCH",
            &format!("{list}/{name}/status?fieldManager=test-controller"),
            &json!({ "status": status }),
        );
    }
}

/// A job ends in two writes, as the real one does.
fn job(server: &dyn Server, path: &str, object: &Value, sticking: &Sticking) {
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    if conditions.iter().any(|it| it["type"] == "Complete" || it["type"] == "Failed") {
        return;
    }
    let (before, end, reason, message) = match stuck(object, sticking) {
        None => ("SuccessCriteriaMet", "Complete", "CompletionsReached", "Reached expected number of succeeded pods"),
        Some(false) => return pods(server, object, &sticking.pods),
        Some(true) => {
            ("FailureTarget", "Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
        }
    };
    let time = now();
    let condition = |kind: &str| json!({ "type": kind, "status": "True", "reason": reason, "message": message, "lastProbeTime": time, "lastTransitionTime": time });
    let status = |more: Value| {
        let mut status = json!({ "startTime": object["status"]["startTime"].as_str().unwrap_or(&time) });
        status.as_object_mut().expect("a map").extend(more.as_object().cloned().unwrap_or_default());
        send(server, "PATCH", &format!("{path}/status?fieldManager=test-controller"), &json!({ "status": status }));
    };
    if conditions.is_empty() {
        return status(json!({ "conditions": [condition(before)] }));
    }
    let all = json!([conditions[0], condition(end)]);
    if end == "Complete" {
        status(json!({ "conditions": all, "succeeded": 1, "completionTime": time }));
    } else {
        status(json!({ "conditions": all, "failed": 1 }));
    }
}
