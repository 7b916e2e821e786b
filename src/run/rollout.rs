//! Waits until deployments are rolled out, says what they wait for, and gives up when their controller does.

use serde_json::Value;
use tokio::time::{Duration, Instant};

use super::{Notice, Run, Trouble};
use crate::cloud::Pauses;
use crate::cluster::Cluster;
use crate::state::{DesiredObject, ObjectId, spelled};

/// How long a rollout may take before we say what it waits for.
const PATIENT: Duration = Duration::from_secs(3);
/// How much longer than its deadline a rollout without progress is waited for: the controller that should say so may
/// not run.
const SILENT: Duration = Duration::from_mins(1);
/// Seconds of a rollout without progress, where the deployment does not say.
///
/// Source: <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#progress-deadline-seconds> (read
/// 2026-11-25).
const DEADLINE: u64 = 600;

/// How far a rollout is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rollout {
    Done,
    /// Not yet, because of this.
    Going(String),
    /// Never, because of this.
    Failed(String),
}

/// Waits for all of them; the first that fails ends it.
pub(super) async fn wait(
    run: &Run,
    step: &str,
    cluster: &Cluster,
    mut left: Vec<(ObjectId, &DesiredObject)>,
) -> Result<(), Trouble> {
    let started = Instant::now();
    let mut pauses = Pauses::new();
    let mut watched: Vec<Watched> = left.iter().map(|_| Watched::new(started)).collect();
    loop {
        let mut going = Vec::new();
        let mut still = Vec::new();
        for ((id, desired), mut seen) in left.into_iter().zip(watched) {
            let live = cluster.object(&id).await?;
            let (reason, fails) = match judge(&live) {
                Rollout::Done => continue,
                Rollout::Failed(reason) => (reason, true),
                Rollout::Going(reason) => {
                    if seen.reason != reason {
                        (seen.reason, seen.since) = (reason.clone(), Instant::now());
                        pauses.sooner();
                    }
                    let silent = seen.since.elapsed() > Duration::from_secs(deadline(&live)) + SILENT;
                    (reason, silent)
                }
            };
            let patient = if cluster.is_local() { PATIENT / 10 } else { PATIENT };
            if fails || started.elapsed() > patient {
                let cause = cause(cluster, &id, &live).await;
                let cause = cause.map(|cause| format!("{cause}\n")).unwrap_or_default();
                if fails {
                    return Err(Trouble::Failed(format!(
                        "{cause}{} is not rolled out: {reason}\n{} of {}",
                        spelled(&id),
                        spelled(&id),
                        desired.path
                    )));
                }
                let first = cause.lines().next().map(|line| format!(": {line}")).unwrap_or_default();
                let text = format!("{} is not rolled out yet, {reason}{first}", spelled(&id));
                if seen.told != text {
                    run.notice(Notice::Waiting { step: step.to_owned(), text: text.clone() });
                    seen.told = text;
                }
            }
            going.push((id, desired));
            still.push(seen);
        }
        if going.is_empty() {
            return Ok(());
        }
        (left, watched) = (going, still);
        pauses.pause().await;
    }
}

/// What was seen of a rollout.
struct Watched {
    reason: String,
    since: Instant,
    told: String,
}

impl Watched {
    fn new(since: Instant) -> Self {
        Self { reason: String::new(), since, told: String::new() }
    }
}

fn deadline(live: &Value) -> u64 {
    live.pointer("/spec/progressDeadlineSeconds").and_then(Value::as_u64).unwrap_or(DEADLINE)
}

/// How far a deployment is, as `kubectl rollout status` decides it.
///
/// Source: <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status> (read 2026-11-25).
fn judge(live: &Value) -> Rollout {
    let number = |pointer: &str| live.pointer(pointer).and_then(Value::as_u64);
    if live.is_null() {
        return Rollout::Failed("it is gone".to_owned());
    }
    if live.pointer("/spec/paused").and_then(Value::as_bool) == Some(true) {
        return Rollout::Done;
    }
    if number("/status/observedGeneration") < number("/metadata/generation") {
        return Rollout::Going("its controller has not seen the change".to_owned());
    }
    let wanted = number("/spec/replicas").unwrap_or(1);
    let [all, updated, available] = ["replicas", "updatedReplicas", "availableReplicas"]
        .map(|count| number(&format!("/status/{count}")).unwrap_or_default());
    if let Some(failed) = condition(live, "Progressing", "False")
        && failed.get("reason").and_then(Value::as_str) == Some("ProgressDeadlineExceeded")
    {
        let seconds = deadline(live);
        return Rollout::Failed(format!("no progress within {seconds} seconds, {available} of {wanted} available"));
    }
    if updated < wanted {
        Rollout::Going(format!("{updated} of {wanted} updated"))
    } else if all > updated {
        Rollout::Going(format!("{} old to go", all - updated))
    } else if available < updated {
        Rollout::Going(format!("{available} of {updated} available"))
    } else {
        Rollout::Done
    }
}

fn condition<'a>(object: &'a Value, kind: &str, status: &str) -> Option<&'a Value> {
    let all = object.pointer("/status/conditions")?.as_array()?;
    let text = |condition: &Value, key: &str| condition.get(key).and_then(Value::as_str).map(str::to_owned);
    all.iter().find(|it| text(it, "type").as_deref() == Some(kind) && text(it, "status").as_deref() == Some(status))
}

/// The first real cause: that no pod can be made, or what the newest pod waits for. What cannot be asked is not known.
async fn cause(cluster: &Cluster, [_, _, namespace, _]: &ObjectId, live: &Value) -> Option<String> {
    if let Some(failure) = condition(live, "ReplicaFailure", "True") {
        return failure.get("message")?.as_str().map(str::to_owned);
    }
    let labels = live.pointer("/spec/selector/matchLabels")?.as_object()?;
    let labels: Vec<(String, String)> =
        labels.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
    let mut pods = cluster.pods(namespace, &labels).await.ok()?;
    let made = |pod: &Value| pod.pointer("/metadata/creationTimestamp").and_then(Value::as_str).map(str::to_owned);
    pods.sort_by_key(|pod| std::cmp::Reverse(made(pod)));
    pods.iter().find_map(of_pod)
}

/// What keeps a pod from being ready.
///
/// Source: <https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-states> (read 2026-11-25).
fn of_pod(pod: &Value) -> Option<String> {
    let text = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let name = text(pod, "/metadata/name")?;
    let lists = ["initContainerStatuses", "containerStatuses"].map(|list| pod.get("status")?.get(list)?.as_array());
    for status in lists.into_iter().flatten().flatten() {
        let container = text(status, "/name").unwrap_or_default();
        let reason = text(status, "/state/waiting/reason");
        let Some(reason) = reason.filter(|it| !matches!(it.as_str(), "ContainerCreating" | "PodInitializing")) else {
            continue;
        };
        let said = text(status, "/lastState/terminated/message").or_else(|| text(status, "/state/waiting/message"));
        let code = status.pointer("/lastState/terminated/exitCode").and_then(Value::as_i64);
        let code = code.map(|code| format!(", last exit code {code}")).unwrap_or_default();
        let said = said.map(|said| format!(": {}", said.trim())).unwrap_or_default();
        return Some(format!("pod {name}, container {container}: {reason}{code}{said}"));
    }
    let unscheduled = condition(pod, "PodScheduled", "False")?;
    let said = text(unscheduled, "/message").unwrap_or_default();
    Some(format!("pod {name} is not scheduled: {said}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(status: Value) -> Value {
        json!({ "metadata": { "generation": 2 }, "spec": { "replicas": 2, "progressDeadlineSeconds": 9 }, "status": status })
    }

    #[test]
    fn a_rollout_is_done_when_all_new_pods_are_available_and_no_old_one_is_left() {
        let going = |status| match judge(&deployment(status)) {
            Rollout::Going(why) => why,
            other => panic!("{other:?}"),
        };
        let status = |updated, all, available| json!({ "observedGeneration": 2, "updatedReplicas": updated, "replicas": all, "availableReplicas": available });
        assert_eq!(going(json!({ "observedGeneration": 1 })), "its controller has not seen the change");
        assert_eq!(going(json!({})), "its controller has not seen the change");
        assert_eq!(going(status(1, 3, 2)), "1 of 2 updated");
        assert_eq!(going(status(2, 3, 2)), "1 old to go");
        assert_eq!(going(status(2, 2, 1)), "1 of 2 available");
        assert_eq!(judge(&deployment(status(2, 2, 2))), Rollout::Done);
    }

    #[test]
    fn a_rollout_fails_when_its_controller_says_so() {
        let condition = json!([{ "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded" }]);
        let status = json!({ "observedGeneration": 2, "updatedReplicas": 1, "conditions": condition });
        let why = "no progress within 9 seconds, 0 of 2 available".to_owned();
        assert_eq!(judge(&deployment(status)), Rollout::Failed(why));
    }

    #[test]
    fn what_keeps_a_pod_from_being_ready_is_told() {
        let waiting = |reason: &str| json!({ "waiting": { "reason": reason, "message": "Back-off" } });
        let pod = |state: Value, last: Value| {
            json!({ "metadata": { "name": "api-1" }, "status": {
                "containerStatuses": [{ "name": "api", "state": state, "lastState": last }],
                "conditions": [{ "type": "PodScheduled", "status": "False", "message": "0/3 nodes are available" }],
            } })
        };
        let of = |state, last| of_pod(&pod(state, last)).unwrap();
        assert_eq!(of(waiting("ImagePullBackOff"), json!({})), "pod api-1, container api: ImagePullBackOff: Back-off");
        let crashed = json!({ "terminated": { "exitCode": 1, "message": "no database\n" } });
        let why = "pod api-1, container api: CrashLoopBackOff, last exit code 1: no database";
        assert_eq!(of(waiting("CrashLoopBackOff"), crashed), why);
        assert_eq!(of(waiting("ContainerCreating"), json!({})), "pod api-1 is not scheduled: 0/3 nodes are available");
    }
}
