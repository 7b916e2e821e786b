//! Namespace, service account, Deployment and disruption budget.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::spec::Identity;
use super::{Pod, Scaler, environment, identity, secrets};
use crate::artifacts::{Expr, Object};
use crate::kinds::cluster::{Need, Provision};
use crate::names::Seconds;

/// Time between two probes. Unit: seconds.
const PROBE_PERIOD: u32 = 5;

/// Returns the namespace; the same for every workload in it.
///
/// Pods of services wait until their targets are healthy, once the label of the load balancer controller is there:
/// Auto Mode's is another than that of the controller that people install.
pub(super) fn namespace(pod: &Pod<'_>) -> Expr {
    let mut labels = Object::default();
    labels.push("app.kubernetes.io/part-of", pod.project.to_string());
    labels.push("app.kubernetes.io/managed-by", "infra");
    for mode in ["enforce", "audit", "warn"] {
        labels.push(format!("pod-security.kubernetes.io/{mode}"), "restricted");
    }
    match pod.cluster.provides(Need::LoadBalancerController) {
        Provision::AutoMode => labels.push("eks.amazonaws.com/pod-readiness-gate-inject", "enabled"),
        Provision::AddOn(_) | Provision::Other(_) => labels.push("elbv2.k8s.aws/pod-readiness-gate-inject", "enabled"),
        Provision::Missing => {}
    }
    object! {
        "apiVersion" => "v1",
        "kind" => "Namespace",
        "metadata" => object! { "name" => &pod.namespace, "labels" => Expr::Object(labels) },
    }
}

/// Returns the service account. Neither way to AWS credentials needs the token of the Kubernetes API in the pod.
pub(super) fn service_account(pod: &Pod<'_>) -> Expr {
    let annotations = match (pod.parts.identity, identity::role(pod)) {
        (Identity::Irsa, Some(role)) => Some(object! { "eks.amazonaws.com/role-arn" => role.arn() }),
        (Identity::PodIdentity | Identity::Irsa, _) => None,
    };
    object! {
        "apiVersion" => "v1",
        "kind" => "ServiceAccount",
        "metadata" => object! {
            "name" => pod.name.to_string(),
            "namespace" => &pod.namespace,
            "labels" => pod.labels(),
            "annotations" => annotations,
        },
        "automountServiceAccountToken" => false,
    }
}

/// Returns the Deployment; the number of pods is left to the scaler where there is one.
pub(super) fn deployment(pod: &Pod<'_>) -> Expr {
    let replicas = match pod.scaled_by {
        Scaler::Fixed => Some(pod.parts.replicas.min),
        Scaler::Cpu | Scaler::Queues => None,
    };
    let spec = object! {
        "replicas" => replicas,
        "revisionHistoryLimit" => 5,
        "selector" => object! { "matchLabels" => pod.selector() },
        "strategy" => object! {
            "type" => "RollingUpdate",
            "rollingUpdate" => object! { "maxUnavailable" => 0, "maxSurge" => "25%" },
        },
        "template" => object! {
            "metadata" => object! { "labels" => pod.labels() },
            "spec" => pod_spec(pod, None),
        },
    };
    pod.object("apps/v1", "Deployment", spec)
}

/// How a Job runs.
pub(in crate::kinds) struct Once<'a> {
    /// What the program of the image is called with.
    pub(in crate::kinds) args: &'a [String],
    /// How long all attempts together may take.
    pub(in crate::kinds) time_limit: Seconds,
    /// How often it is tried again.
    pub(in crate::kinds) retries: u32,
}

/// Returns the Job. What it is cannot be changed, so its name changes with it; it is not removed when it has run, or it
/// would be missing.
pub(super) fn job(pod: &Pod<'_>, once: &Once<'_>) -> Expr {
    // Who gets another name or password is to be made again, though nothing else says so here.
    let users = pod.database.map(|database| object! { "infra/users" => digest(&database.users_with_passwords()) });
    let spec = object! {
        "backoffLimit" => once.retries,
        "activeDeadlineSeconds" => once.time_limit.get(),
        "template" => object! {
            "metadata" => object! { "labels" => pod.labels(), "annotations" => users },
            "spec" => pod_spec(pod, Some(once)),
        },
    };
    let name = format!("{}-{}", pod.name, digest(&spec));
    pod.named_object("batch/v1", "Job", (&name, spec))
}

/// The first ten hexadecimal digits of the SHA-256 of an expression.
fn digest(expr: &Expr) -> String {
    // Every expression can be written as JSON.
    let text = serde_json::to_vec(expr).unwrap_or_default();
    let mut digits = String::new();
    for byte in Sha256::digest(text).iter().take(5) {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

fn pod_spec(pod: &Pod<'_>, once: Option<&Once<'_>>) -> Expr {
    let spread = |key| spread(pod, key);
    let spreads =
        once.is_none().then(|| list![spread("topology.kubernetes.io/zone"), spread("kubernetes.io/hostname")]);
    let mut volumes = vec![object! {
        "name" => "tmp",
        "emptyDir" => object! { "sizeLimit" => &pod.parts.resources.scratch },
    }];
    volumes.extend(secrets::volume(pod));
    object! {
        "serviceAccountName" => pod.name.to_string(),
        "automountServiceAccountToken" => false,
        // Else `ORDERS_PORT=tcp://…` of a service `orders` appears among the variables.
        "enableServiceLinks" => false,
        "restartPolicy" => once.map(|_| "Never"),
        "terminationGracePeriodSeconds" => once.is_none().then(|| pod.grace().get()),
        "nodeSelector" => object! {
            "kubernetes.io/arch" => pod.parts.arch.as_str(),
            "kubernetes.io/os" => "linux",
        },
        "securityContext" => object! {
            "runAsNonRoot" => true,
            "fsGroup" => 65_532,
            "seccompProfile" => object! { "type" => "RuntimeDefault" },
        },
        "topologySpreadConstraints" => spreads,
        "containers" => list![container(pod, once)],
        "volumes" => volumes,
    }
}

fn container(pod: &Pod<'_>, once: Option<&Once<'_>>) -> Expr {
    let resources = pod.parts.resources;
    let mut mounts = vec![object! { "name" => "tmp", "mountPath" => "/tmp" }];
    if secrets::any(pod) {
        mounts.push(object! { "name" => "secrets", "mountPath" => secrets::FOLDER, "readOnly" => true });
    }
    let health = pod.parts.health;
    let startup = health.startup.get().div_ceil(PROBE_PERIOD).max(1);
    let probe = |path, failures| once.is_none().then(|| probe(pod, path, failures));
    object! {
        "name" => pod.name.to_string(),
        "image" => pod.parts.image.to_string(),
        "args" => once.map(|once| once.args.iter().collect::<Expr>()),
        "ports" => once.is_none().then(|| ports(pod)),
        "env" => environment::variables(pod),
        "resources" => object! {
            "requests" => object! { "cpu" => &resources.cpu, "memory" => &resources.memory },
            "limits" => object! { "cpu" => resources.cpu_limit.as_ref(), "memory" => &resources.memory },
        },
        "startupProbe" => probe(&health.readiness, startup),
        "readinessProbe" => probe(&health.readiness, 3),
        "livenessProbe" => probe(&health.liveness, 6),
        "lifecycle" => (once.is_none() && pod.pre_stop.get() > 0).then(|| {
            object! { "preStop" => object! { "sleep" => object! { "seconds" => pod.pre_stop.get() } } }
        }),
        "securityContext" => object! {
            "allowPrivilegeEscalation" => false,
            "readOnlyRootFilesystem" => true,
            "capabilities" => object! { "drop" => list!["ALL"] },
        },
        "volumeMounts" => mounts,
        // Why it failed is then told without asking for its log.
        "terminationMessagePolicy" => once.map(|_| "FallbackToLogsOnError"),
    }
}

/// Returns the ports of the container: `http` is what it serves, `health` another one for probes.
fn ports(pod: &Pod<'_>) -> Vec<Expr> {
    let port = |name: &'static str, number: u16| {
        object! { "name" => name, "containerPort" => number, "protocol" => "TCP" }
    };
    let mut ports: Vec<Expr> = pod.port.iter().map(|number| port("http", number.get())).collect();
    if pod.port != Some(pod.health_port) {
        ports.push(port("health", pod.health_port.get()));
    }
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
