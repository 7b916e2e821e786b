//! Waits until workloads are rolled out, says what they wait for, and gives up when their controller does.

use serde_json::Value;
use tokio::time::{Duration, Instant};

use super::{Notice, Problem, Run, Trouble};
use crate::cloud::Pauses;
use crate::cluster::Cluster;
use crate::state::{DesiredObject, ObjectId, Rollout, condition, deadline, rollout, runs_once, spelled};

/// How long a rollout may take before we say what it waits for.
const PATIENT: Duration = Duration::from_secs(3);
/// How much longer than its deadline a rollout without progress is waited for: the controller that should say so may
/// not run.
const SILENT: Duration = Duration::from_mins(1);

/// A workload that was changed.
pub(super) struct Rolling<'a> {
    /// Which.
    pub(super) id: ObjectId,
    /// As it is wanted.
    pub(super) desired: &'a DesiredObject,
    /// What its controller had said before the change, see [`crate::state::judged`].
    pub(super) before: Option<String>,
}

/// Waits for all of them; the first that fails ends it.
pub(super) async fn wait(run: &Run, step: &str, cluster: &Cluster, mut left: Vec<Rolling<'_>>) -> Result<(), Trouble> {
    let started = Instant::now();
    let mut pauses = Pauses::new();
    let mut watched: Vec<Watched> = left.iter().map(|_| Watched::new(started)).collect();
    loop {
        let mut going = Vec::new();
        let mut still = Vec::new();
        for (rolling, mut seen) in left.into_iter().zip(watched) {
            let id = &rolling.id;
            let live = cluster.object(id).await?;
            let (reason, fails) = match rollout(&live, rolling.before.as_deref()) {
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
                let cause = cause(cluster, id, &live).await;
                let cause = cause.map(|cause| format!("{cause}\n")).unwrap_or_default();
                if fails {
                    let text = format!("{cause}{} {}: {reason}", spelled(id), not_done(id));
                    let problem = Problem::new("run/rollout-failed", text);
                    let place = format!("{} of {}", spelled(id), rolling.desired.path);
                    return Err(Trouble::Failed(Problem { help: again(id), ..problem.at(place) }));
                }
                let first = cause.lines().next().map(|line| format!(": {line}")).unwrap_or_default();
                let text = format!("{} {} yet, {reason}{first}", spelled(id), not_done(id));
                if seen.told != text {
                    run.notice(Notice::Waiting { step: step.to_owned(), text: text.clone() });
                    seen.told = text;
                }
            }
            going.push(rolling);
            still.push(seen);
        }
        if going.is_empty() {
            return Ok(());
        }
        (left, watched) = (going, still);
        pauses.pause().await;
    }
}

fn not_done(id: &ObjectId) -> &'static str {
    if runs_once(id) { "has not run to its end" } else { "is not rolled out" }
}

/// A job that failed stays as it is: nobody starts it again.
fn again(id @ [_, _, namespace, name]: &ObjectId) -> Option<String> {
    let again = format!(
        "when the cause is mended, delete it and apply again: kubectl --namespace {namespace} delete job {name}"
    );
    runs_once(id).then_some(again)
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
        if let Some(code) =
            status.pointer("/state/terminated/exitCode").and_then(Value::as_i64).filter(|code| *code != 0)
        {
            let said = text(status, "/state/terminated/message").unwrap_or_default();
            return Some(format!("pod {name}, container {container}: exit code {code}: {}", said.trim()));
        }
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
        let ended = json!({ "terminated": { "exitCode": 70, "message": "no such table\n" } });
        assert_eq!(of(ended, json!({})), "pod api-1, container api: exit code 70: no such table");
        let why = "pod api-1, container api: CrashLoopBackOff, last exit code 1: no database";
        assert_eq!(of(waiting("CrashLoopBackOff"), crashed), why);
        assert_eq!(of(waiting("ContainerCreating"), json!({})), "pod api-1 is not scheduled: 0/3 nodes are available");
    }
}
