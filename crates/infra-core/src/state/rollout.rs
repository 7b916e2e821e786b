//! How far the last change of a workload is rolled out, as its controller says.

use serde_json::Value;

use super::ObjectId;

/// Seconds of a rollout without progress, where the deployment does not say.
///
/// Source: <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#progress-deadline-seconds> (read
/// 2026-11-25).
const DEADLINE: u64 = 600;
/// Seconds for which a job without a deadline of its own may show nothing new. Kubernetes itself has no limit.
const JOB_DEADLINE: u64 = 3_600;

/// How far a rollout is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rollout {
    /// Everything runs as it is wanted.
    Done,
    /// Not yet, because of this.
    Going(String),
    /// Never, because of this.
    Failed(String),
}

/// Whether objects of this kind are rolled out by a controller that says how far it is.
pub fn rolls_out([version, kind, ..]: &ObjectId) -> bool {
    match version.split_once('/').map_or("", |(group, _)| group) {
        "apps" => matches!(kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet"),
        "batch" => kind == "Job",
        _ => false,
    }
}

/// Seconds after which a rollout that shows nothing new is given up.
pub fn deadline(live: &Value) -> u64 {
    let number = |pointer: &str| live.pointer(pointer).and_then(Value::as_u64);
    if is(live, "Job") {
        return number("/spec/activeDeadlineSeconds").unwrap_or(JOB_DEADLINE);
    }
    number("/spec/progressDeadlineSeconds").unwrap_or(DEADLINE)
}

/// What tells one verdict of a deployment's controller about its progress from a later one: an old
/// `Progressing=False` stands until the controller has judged the new generation, and still does for one write after
/// that.
pub fn judged(live: &Value) -> Option<&str> {
    let progressing = conditions(live).find(|it| text(it, "type") == Some("Progressing"))?;
    text(progressing, "lastUpdateTime")
}

/// How far the last change of an object is; `before` is what [`judged`] gave before the change was written.
///
/// Deployments as `kubectl rollout status` decides it. Sources:
/// <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status>,
/// <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/stateful-set-v1/#StatefulSetStatus>,
/// <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/daemon-set-v1/#DaemonSetStatus>,
/// <https://kubernetes.io/docs/concepts/workloads/controllers/job/#terminal-job-conditions> (read 2026-11-30).
pub fn rollout(live: &Value, before: Option<&str>) -> Rollout {
    if live.is_null() {
        return Rollout::Failed("it is gone".to_owned());
    }
    if is(live, "Job") {
        return job(live);
    }
    if live.pointer("/spec/paused").and_then(Value::as_bool) == Some(true)
        || live.pointer("/spec/updateStrategy/type").and_then(Value::as_str) == Some("OnDelete")
    {
        return Rollout::Done;
    }
    let number = |pointer: &str| live.pointer(pointer).and_then(Value::as_u64);
    if number("/status/observedGeneration") < number("/metadata/generation") {
        return Rollout::Going("its controller has not seen the change".to_owned());
    }
    if is(live, "StatefulSet") {
        stateful_set(live)
    } else if is(live, "DaemonSet") {
        daemon_set(live)
    } else {
        deployment(live, before)
    }
}

/// Why an object that nobody changes now is not as its last change wanted it; nothing if it is.
///
/// A deployment that is being scaled has been rolled out: its controller says so until the pods change. An object that
/// no API server has given an id is only thought of, and has no rollout.
pub fn unfinished(live: &Value) -> Option<String> {
    live.pointer("/metadata/uid")?;
    let rolled_out =
        condition(live, "Progressing", "True").and_then(|it| text(it, "reason")) == Some("NewReplicaSetAvailable");
    match rollout(live, None) {
        Rollout::Done => None,
        Rollout::Going(_) if rolled_out && condition(live, "Available", "True").is_some() => None,
        Rollout::Going(why) | Rollout::Failed(why) => Some(why),
    }
}

/// A condition of an object that has this status.
pub fn condition<'a>(object: &'a Value, kind: &str, status: &str) -> Option<&'a Value> {
    conditions(object).find(|it| text(it, "type") == Some(kind) && text(it, "status") == Some(status))
}

fn conditions(object: &Value) -> impl Iterator<Item = &Value> {
    object.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn is(live: &Value, kind: &str) -> bool {
    text(live, "kind") == Some(kind)
}

fn deployment(live: &Value, before: Option<&str>) -> Rollout {
    let number = |pointer: &str| live.pointer(pointer).and_then(Value::as_u64);
    let wanted = number("/spec/replicas").unwrap_or(1);
    let [all, updated, available] = ["replicas", "updatedReplicas", "availableReplicas"]
        .map(|count| number(&format!("/status/{count}")).unwrap_or_default());
    let going = if updated < wanted {
        format!("{updated} of {wanted} updated")
    } else if all > updated {
        format!("{} old to go", all - updated)
    } else if available < updated {
        format!("{available} of {updated} available")
    } else {
        return Rollout::Done;
    };
    let exceeded = condition(live, "Progressing", "False")
        .is_some_and(|it| text(it, "reason") == Some("ProgressDeadlineExceeded"));
    // Two verdicts of one second look alike; a rollout that stands still is then found by the silence.
    let new = before.is_none() || judged(live) != before;
    if exceeded && new {
        let seconds = deadline(live);
        return Rollout::Failed(format!("no progress within {seconds} seconds, {available} of {wanted} available"));
    }
    Rollout::Going(going)
}

fn stateful_set(live: &Value) -> Rollout {
    let number = |pointer: &str| live.pointer(pointer).and_then(Value::as_u64);
    let wanted = number("/spec/replicas").unwrap_or(1);
    // Pods below the partition keep the old revision on purpose.
    let partition = number("/spec/updateStrategy/rollingUpdate/partition").unwrap_or_default();
    let due = wanted.saturating_sub(partition);
    let [updated, ready] =
        ["updatedReplicas", "readyReplicas"].map(|count| number(&format!("/status/{count}")).unwrap_or_default());
    let revision = |which: &str| live.pointer(&format!("/status/{which}Revision")).and_then(Value::as_str);
    // Where all pods are of the new revision, the controller calls it the current one as well.
    if updated < due && revision("current") != revision("update") {
        Rollout::Going(format!("{updated} of {due} updated"))
    } else if ready < wanted {
        Rollout::Going(format!("{ready} of {wanted} ready"))
    } else {
        Rollout::Done
    }
}

fn daemon_set(live: &Value) -> Rollout {
    let number = |pointer: &str| live.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
    let (wanted, updated, available) = (
        number("/status/desiredNumberScheduled"),
        number("/status/updatedNumberScheduled"),
        number("/status/numberAvailable"),
    );
    if updated < wanted {
        Rollout::Going(format!("{updated} of {wanted} updated"))
    } else if available < wanted {
        Rollout::Going(format!("{available} of {wanted} available"))
    } else {
        Rollout::Done
    }
}

/// A job is done, or failed for good, by a condition alone: `SuccessCriteriaMet` and `FailureTarget` come before.
fn job(live: &Value) -> Rollout {
    if condition(live, "Complete", "True").is_some()
        || live.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true)
    {
        return Rollout::Done;
    }
    if let Some(failed) = condition(live, "Failed", "True") {
        let words = [text(failed, "reason"), text(failed, "message")];
        let words: Vec<&str> = words.into_iter().flatten().filter(|word| !word.is_empty()).collect();
        return Rollout::Failed(if words.is_empty() { "it failed".to_owned() } else { words.join(": ") });
    }
    let wanted = live.pointer("/spec/completions").and_then(Value::as_u64).unwrap_or(1);
    let [done, failed] = ["succeeded", "failed"]
        .map(|count| live.pointer(&format!("/status/{count}")).and_then(Value::as_u64).unwrap_or_default());
    let failed = if failed == 0 { String::new() } else { format!(", {failed} failed and tried again") };
    Rollout::Going(format!("{done} of {wanted} complete{failed}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(kind: &str, status: Value) -> Value {
        json!({
            "kind": kind, "metadata": { "generation": 2, "uid": "u" },
            "spec": { "replicas": 2, "progressDeadlineSeconds": 9 }, "status": status,
        })
    }

    fn counts(updated: u64, all: u64, available: u64) -> Value {
        json!({ "observedGeneration": 2, "updatedReplicas": updated, "replicas": all, "availableReplicas": available })
    }

    #[test]
    fn a_rollout_is_done_when_all_new_pods_are_available_and_no_old_one_is_left() {
        let going = |status| match rollout(&of("Deployment", status), None) {
            Rollout::Going(why) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(going(json!({ "observedGeneration": 1 })), "its controller has not seen the change");
        assert_eq!(going(json!({})), "its controller has not seen the change");
        assert_eq!(going(counts(1, 3, 2)), "1 of 2 updated");
        assert_eq!(going(counts(2, 3, 2)), "1 old to go");
        assert_eq!(going(counts(2, 2, 1)), "1 of 2 available");
        assert_eq!(rollout(&of("Deployment", counts(2, 2, 2)), None), Rollout::Done);
    }

    /// A deployment whose controller gave it up at a time.
    fn given_up(mut status: Value, at: &str) -> Value {
        status["conditions"] = json!([
            { "type": "Available", "status": "True" },
            { "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "lastUpdateTime": at },
        ]);
        of("Deployment", status)
    }

    #[test]
    fn a_rollout_fails_when_its_controller_says_so_of_this_rollout() {
        let failed = Rollout::Failed("no progress within 9 seconds, 0 of 2 available".to_owned());
        let live = given_up(counts(1, 1, 0), "2026-11-30T15:00:00Z");
        assert_eq!(rollout(&live, None), failed);
        assert_eq!(rollout(&live, Some("2026-11-30T14:00:00Z")), failed);
        // What the controller said of the rollout before, which was written over.
        let going = Rollout::Going("1 of 2 updated".to_owned());
        assert_eq!(rollout(&live, Some("2026-11-30T15:00:00Z")), going);
    }

    #[test]
    fn an_old_verdict_over_pods_that_are_all_there_is_no_failure() {
        let live = given_up(counts(2, 2, 2), "2026-11-30T15:00:00Z");
        assert_eq!(rollout(&live, None), Rollout::Done);
        assert_eq!(unfinished(&live), None);
    }

    #[test]
    fn a_deployment_that_is_scaled_is_rolled_out_and_one_that_stands_still_is_not() {
        let with = |status: Value, reason: &str, available: &str| {
            let mut status = status;
            status["conditions"] = json!([
                { "type": "Progressing", "status": "True", "reason": reason },
                { "type": "Available", "status": available },
            ]);
            unfinished(&of("Deployment", status))
        };
        assert_eq!(with(counts(1, 1, 1), "NewReplicaSetAvailable", "True"), None);
        assert_eq!(with(counts(1, 1, 1), "ReplicaSetUpdated", "True"), Some("1 of 2 updated".to_owned()));
        let why = with(counts(2, 2, 0), "NewReplicaSetAvailable", "False");
        assert_eq!(why, Some("0 of 2 available".to_owned()));
        assert!(unfinished(&given_up(counts(1, 1, 0), "t")).is_some());
    }

    #[test]
    fn other_workloads_are_judged_by_their_own_counts() {
        let set = |updated: u64, ready: u64, current: &str| {
            let status = json!({
                "observedGeneration": 2, "updatedReplicas": updated, "readyReplicas": ready, "replicas": 2,
                "currentRevision": current, "updateRevision": "b",
            });
            rollout(&of("StatefulSet", status), None)
        };
        assert_eq!(set(1, 2, "a"), Rollout::Going("1 of 2 updated".to_owned()));
        assert_eq!(set(2, 1, "a"), Rollout::Going("1 of 2 ready".to_owned()));
        assert_eq!(set(2, 2, "b"), Rollout::Done);
        let daemon = |updated: u64, available: u64| {
            let status = json!({
                "observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": updated,
                "numberAvailable": available,
            });
            rollout(&of("DaemonSet", status), None)
        };
        assert_eq!(daemon(1, 2), Rollout::Going("1 of 2 updated".to_owned()));
        assert_eq!(daemon(2, 1), Rollout::Going("1 of 2 available".to_owned()));
        assert_eq!(daemon(2, 2), Rollout::Done);
        let nodes = of("DaemonSet", json!({ "observedGeneration": 2, "desiredNumberScheduled": 0 }));
        assert_eq!(rollout(&nodes, None), Rollout::Done);
    }

    #[test]
    fn a_job_ends_by_its_last_condition_alone() {
        let job = |conditions: Value| rollout(&of("Job", json!({ "conditions": conditions, "failed": 1 })), None);
        let going = Rollout::Going("0 of 1 complete, 1 failed and tried again".to_owned());
        assert_eq!(job(json!([])), going);
        assert_eq!(job(json!([{ "type": "SuccessCriteriaMet", "status": "True" }])), going);
        assert_eq!(job(json!([{ "type": "Complete", "status": "True" }])), Rollout::Done);
        let failed = json!([{ "type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "m" }]);
        assert_eq!(job(failed), Rollout::Failed("BackoffLimitExceeded: m".to_owned()));
        assert!(rolls_out(&["batch/v1", "Job", "n", "x"].map(str::to_owned)));
        assert!(!rolls_out(&["batch/v1", "CronJob", "n", "x"].map(str::to_owned)));
    }
}
