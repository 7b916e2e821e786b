//! Namespace, service account, Deployment and disruption budget.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::companion::Toleration;
use super::spec::Identity;
use super::{Pod, Scaler, companion, environment, identity, secrets};
use crate::artifacts::{Expr, Object};
use crate::kinds::Cluster;
use crate::kinds::cluster::{Need, Provision};
use crate::names::Seconds;
use crate::resolve::Bound;

/// Time between two probes. Unit: seconds.
const PROBE_PERIOD: u32 = 5;

/// Returns the namespace; the same for every workload in it.
///
/// Pods of services wait until their targets are healthy, once the label of the load balancer controller is there:
/// Auto Mode's is another than that of the controller that people install.
pub(in crate::kinds) fn namespace_object(cluster: Bound<'_, Cluster>, project: &str, name: &str) -> Expr {
    let mut labels = Object::default();
    labels.push("app.kubernetes.io/part-of", project.to_owned());
    labels.push("app.kubernetes.io/managed-by", "infra");
    for mode in ["enforce", "audit", "warn"] {
        labels.push(format!("pod-security.kubernetes.io/{mode}"), "restricted");
    }
    match cluster.provides(Need::LoadBalancerController) {
        Provision::AutoMode => labels.push("eks.amazonaws.com/pod-readiness-gate-inject", "enabled"),
        Provision::AddOn(_) | Provision::Other(_) => labels.push("elbv2.k8s.aws/pod-readiness-gate-inject", "enabled"),
        Provision::Missing => {}
    }
    object! {
        "apiVersion" => "v1",
        "kind" => "Namespace",
        "metadata" => object! { "name" => name.to_owned(), "labels" => Expr::Object(labels) },
    }
}

/// Returns the service account, if it is made here. Neither way to AWS credentials needs the token of the Kubernetes API in
/// the pod.
pub(super) fn service_account(pod: &Pod<'_>) -> Option<Expr> {
    if pod.parts.service_account.is_some() {
        return None;
    }
    let annotations = match (pod.parts.identity, identity::role(pod)) {
        (Identity::Irsa, Some(role)) => Some(object! { "eks.amazonaws.com/role-arn" => role.arn() }),
        (Identity::PodIdentity | Identity::Irsa, _) => None,
    };
    Some(object! {
        "apiVersion" => "v1",
        "kind" => "ServiceAccount",
        "metadata" => object! {
            "name" => pod.name.to_string(),
            "namespace" => &pod.namespace,
            "labels" => pod.labels(),
            "annotations" => annotations,
        },
        "automountServiceAccountToken" => pod.parts.api_token,
    })
}

/// Returns the Deployment; the number of pods is left to the scaler where there is one.
pub(super) fn deployment(pod: &Pod<'_>) -> Expr {
    let replicas = match pod.scaled_by {
        Scaler::Fixed => Some(pod.parts.replicas.min),
        Scaler::Cpu | Scaler::Queues => None,
    };
    let rollout = pod.parts.rollout;
    let spec = object! {
        "replicas" => replicas,
        "minReadySeconds" => (rollout.min_ready_seconds.get() > 0).then(|| rollout.min_ready_seconds.get()),
        "revisionHistoryLimit" => 5,
        "selector" => object! { "matchLabels" => pod.selector() },
        "strategy" => object! {
            "type" => "RollingUpdate",
            "rollingUpdate" => object! { "maxUnavailable" => rollout.max_unavailable, "maxSurge" => rollout.max_surge },
        },
        "template" => template(pod, false),
    };
    annotated(pod, pod.object("apps/v1", "Deployment", spec))
}

/// Adds the annotations that the user writes to the object that makes the pods.
fn annotated(pod: &Pod<'_>, mut object: Expr) -> Expr {
    if let (Expr::Object(whole), Some(annotations)) = (&mut object, pod.annotations())
        && let Some(Expr::Object(metadata)) = whole.get_mut("metadata")
    {
        metadata.push("annotations", annotations);
    }
    object
}

/// Returns the template of the pods.
fn template(pod: &Pod<'_>, migrates: bool) -> Expr {
    let mut annotations = pod.annotations().unwrap_or_default();
    // Pods read their files once: they are made anew when those change.
    let files: Vec<Expr> = companion::configs(pod)
        .map(|(name, files)| object! { name.to_string() => files.iter().map(|(name, text)| (name.clone(), text)).collect::<Object>() })
        .collect();
    if !files.is_empty() {
        annotations.push("infra/config", digest(&Expr::List(files)));
    }
    // Who gets another name or password is to be made again, though nothing else says so here.
    if let Some(database) = pod.database.filter(|_| migrates) {
        annotations.push("infra/users", digest(&database.users_with_passwords()));
    }
    object! {
        "metadata" => object! {
            "labels" => pod.labels(),
            "annotations" => (!annotations.is_empty()).then_some(annotations),
        },
        "spec" => pod_spec(pod),
    }
}

/// How a Job runs.
#[derive(Clone, Copy, Debug)]
pub(in crate::kinds) struct Once {
    /// How long all attempts together may take.
    pub(in crate::kinds) time_limit: Seconds,
    /// How often it is tried again.
    pub(in crate::kinds) retries: u32,
}

/// Returns what a Job does.
fn job_spec(pod: &Pod<'_>, once: Once) -> Expr {
    let migrates = pod.parts.database.is_some_and(|used| used.migrates);
    object! {
        "backoffLimit" => once.retries,
        "activeDeadlineSeconds" => once.time_limit.get(),
        "template" => template(pod, migrates),
    }
}

/// Returns the Job. What it is cannot be changed, so its name changes with it; it is not removed when it has run, or it
/// would be missing.
pub(super) fn job(pod: &Pod<'_>, once: Once) -> Expr {
    let spec = job_spec(pod, once);
    let name = format!("{}-{}", pod.name, digest(&spec));
    annotated(pod, pod.named_object("batch/v1", "Job", (&name, spec)))
}

/// When a Job runs again and again.
pub(in crate::kinds) struct Timing<'a> {
    /// Five fields of cron.
    pub(in crate::kinds) schedule: &'a str,
    /// A name of the database of time zones.
    pub(in crate::kinds) time_zone: &'a str,
    /// What happens when the last run goes on, as Kubernetes says it.
    pub(in crate::kinds) concurrency: &'static str,
    /// How late a run may start.
    pub(in crate::kinds) deadline: Option<Seconds>,
    /// How many runs are kept: of those that succeeded, and of those that failed.
    pub(in crate::kinds) kept: (u32, u32),
    /// Whether none starts.
    pub(in crate::kinds) suspend: bool,
}

/// Returns the `CronJob`.
pub(super) fn cron_job(pod: &Pod<'_>, once: Once, timing: &Timing<'_>) -> Expr {
    let spec = object! {
        "schedule" => timing.schedule.to_owned(),
        "timeZone" => timing.time_zone.to_owned(),
        "concurrencyPolicy" => timing.concurrency,
        "startingDeadlineSeconds" => timing.deadline.map(Seconds::get),
        "successfulJobsHistoryLimit" => timing.kept.0,
        "failedJobsHistoryLimit" => timing.kept.1,
        "suspend" => timing.suspend.then_some(true),
        "jobTemplate" => object! {
            "metadata" => object! { "labels" => pod.labels() },
            "spec" => job_spec(pod, once),
        },
    };
    annotated(pod, pod.object("batch/v1", "CronJob", spec))
}

/// The first ten hexadecimal digits of the SHA-256 of an expression.
pub(crate) fn digest(expr: &Expr) -> String {
    // Every expression can be written as JSON.
    let text = serde_json::to_vec(expr).unwrap_or_default();
    let mut digits = String::new();
    for byte in Sha256::digest(text).iter().take(5) {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

fn pod_spec(pod: &Pod<'_>) -> Expr {
    let parts = pod.parts;
    let spread = |key| spread(pod, key);
    let spreads = (!pod.once).then(|| list![spread("topology.kubernetes.io/zone"), spread("kubernetes.io/hostname")]);
    let mut nodes = Object::default();
    nodes.push("kubernetes.io/arch", parts.arch.as_str());
    nodes.push("kubernetes.io/os", "linux");
    parts.node_selector.iter().for_each(|(key, value)| nodes.set(key.clone(), value));
    let affinity = Expr::from_json(&serde_json::Value::Object(parts.affinity.clone()));
    let secrets = parts.pull_secrets.iter().map(|name| object! { "name" => name.to_string() });
    let aliases = parts.host_aliases.iter().map(|(ip, names)| {
        object! { "ip" => ip, "hostnames" => names.iter().collect::<Expr>() }
    });
    object! {
        "serviceAccountName" => pod.account(),
        "automountServiceAccountToken" => parts.api_token,
        // Else `ORDERS_PORT=tcp://…` of a service `orders` appears among the variables.
        "enableServiceLinks" => false,
        "restartPolicy" => pod.once.then_some("Never"),
        "terminationGracePeriodSeconds" => (!pod.once).then(|| pod.grace().get()),
        "priorityClassName" => parts.priority_class.map(ToString::to_string),
        "imagePullSecrets" => (!parts.pull_secrets.is_empty()).then(|| secrets.collect::<Expr>()),
        "hostAliases" => (!parts.host_aliases.is_empty()).then(|| aliases.collect::<Expr>()),
        "nodeSelector" => nodes,
        "tolerations" => (!parts.tolerations.is_empty())
            .then(|| parts.tolerations.iter().map(Toleration::expr).collect::<Expr>()),
        "affinity" => (!parts.affinity.is_empty()).then_some(affinity),
        "securityContext" => object! {
            "runAsNonRoot" => true,
            "runAsUser" => parts.security.user,
            "runAsGroup" => parts.security.group,
            "fsGroup" => parts.security.fs_group.unwrap_or(65_532),
            "seccompProfile" => object! { "type" => "RuntimeDefault" },
        },
        "topologySpreadConstraints" => spreads,
        "initContainers" => companion::init_containers(pod),
        "containers" => list![container(pod)],
        "volumes" => companion::volumes(pod),
    }
}

fn container(pod: &Pod<'_>) -> Expr {
    let parts = pod.parts;
    let resources = parts.resources;
    let mut mounts = vec![object! { "name" => "tmp", "mountPath" => "/tmp" }];
    if secrets::any(pod) {
        mounts.push(object! { "name" => "secrets", "mountPath" => secrets::FOLDER, "readOnly" => true });
    }
    mounts.extend(parts.mounts.iter().map(companion::mount));
    let health = parts.health;
    let startup = health.startup.get().div_ceil(PROBE_PERIOD).max(1);
    let probe = |path, failures| (!pod.once).then(|| probe(pod, path, failures));
    object! {
        "name" => pod.name.to_string(),
        "image" => parts.image.to_string(),
        "command" => companion::texts(parts.command),
        "args" => companion::texts(parts.args),
        "ports" => (!pod.once).then(|| ports(pod)),
        "env" => environment::variables(pod),
        "resources" => object! {
            "requests" => object! { "cpu" => &resources.cpu, "memory" => &resources.memory },
            "limits" => object! { "cpu" => resources.cpu_limit.as_ref(), "memory" => &resources.memory },
        },
        "startupProbe" => probe(&health.readiness, startup),
        "readinessProbe" => probe(&health.readiness, 3),
        "livenessProbe" => probe(&health.liveness, 6),
        "lifecycle" => (!pod.once).then(|| lifecycle(pod)).flatten(),
        "securityContext" => companion::security_context(pod),
        "volumeMounts" => mounts,
        // Why it failed is then told without asking for its log.
        "terminationMessagePolicy" => pod.once.then_some("FallbackToLogsOnError"),
    }
}

fn lifecycle(pod: &Pod<'_>) -> Option<Expr> {
    let run = |command: &[String]| {
        companion::texts(command).map(|command| object! { "exec" => object! { "command" => command } })
    };
    let written = pod.parts.lifecycle;
    let pause = (pod.pre_stop.get() > 0).then(|| object! { "sleep" => object! { "seconds" => pod.pre_stop.get() } });
    let (start, stop) = (run(&written.post_start), run(&written.pre_stop).or(pause));
    (start.is_some() || stop.is_some()).then(|| object! { "postStart" => start, "preStop" => stop })
}

/// Returns the ports of the container: `http` is what it serves, `health` another one for probes.
fn ports(pod: &Pod<'_>) -> Vec<Expr> {
    let mut ports: Vec<Expr> = pod.port.iter().map(|number| companion::port("http".to_owned(), *number)).collect();
    if pod.port != Some(pod.health_port) {
        ports.push(companion::port("health".to_owned(), pod.health_port));
    }
    ports.extend(pod.parts.ports.iter().map(|(name, number)| companion::port(name.to_string(), *number)));
    ports
}

fn probe(pod: &Pod<'_>, path: &str, failures: u32) -> Expr {
    let port = if pod.port == Some(pod.health_port) { "http" } else { "health" };
    object! {
        "httpGet" => object! { "path" => path.to_owned(), "port" => port },
        "periodSeconds" => PROBE_PERIOD,
        "timeoutSeconds" => 2,
        "failureThreshold" => failures,
    }
}

fn spread(pod: &Pod<'_>, key: &'static str) -> Expr {
    object! {
        "maxSkew" => 1,
        "topologyKey" => key,
        "whenUnsatisfiable" => "ScheduleAnyway",
        "labelSelector" => object! { "matchLabels" => pod.selector() },
    }
}

/// Returns the disruption budget: one pod at a time, which nodes that are drained can always take.
pub(super) fn disruption_budget(pod: &Pod<'_>) -> Expr {
    let spec = object! {
        "maxUnavailable" => 1,
        "selector" => object! { "matchLabels" => pod.selector() },
        // Pods that never became ready do not keep a node from being drained.
        "unhealthyPodEvictionPolicy" => "AlwaysAllow",
    };
    pod.object("policy/v1", "PodDisruptionBudget", spec)
}
