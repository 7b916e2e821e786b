//! What decides the number of pods.

use super::Pod;
use super::pod::Scaler;
use crate::artifacts::Expr;

/// How long the number must be too high before pods go. Unit: seconds.
const SCALE_DOWN: u32 = 300;

/// Returns a `HorizontalPodAutoscaler` by CPU time, unless the number is fixed.
pub(super) fn by_cpu(pod: &Pod<'_>) -> Vec<Expr> {
    if pod.scaled_by != Scaler::Cpu {
        return Vec::new();
    }
    let replicas = pod.parts.replicas;
    let metric = object! {
        "type" => "Resource",
        "resource" => object! {
            "name" => "cpu",
            "target" => object! { "type" => "Utilization", "averageUtilization" => replicas.cpu },
        },
    };
    let spec = object! {
        "scaleTargetRef" => target(pod),
        "minReplicas" => replicas.min,
        "maxReplicas" => replicas.max,
        "metrics" => list![metric],
        "behavior" => object! { "scaleDown" => object! { "stabilizationWindowSeconds" => SCALE_DOWN } },
    };
    vec![pod.object("autoscaling/v2", "HorizontalPodAutoscaler", spec)]
}

/// Returns a `ScaledObject` of KEDA by the length of the queues, with the operator's own credentials.
///
/// Source: <https://keda.sh/docs/latest/authentication-providers/aws/> (read 2026-11-22): with Pod Identity it is the
/// operator whose identity counts; the workload's own is found only through IRSA's annotation.
pub(super) fn by_queues(pod: &Pod<'_>, messages: u32) -> Vec<Expr> {
    let authentication = pod.object(
        "keda.sh/v1alpha1",
        "TriggerAuthentication",
        object! { "podIdentity" => object! { "provider" => "aws" } },
    );
    let triggers: Vec<Expr> = pod
        .consumes
        .iter()
        .map(|queue| {
            object! {
                "type" => "aws-sqs-queue",
                "authenticationRef" => object! { "name" => pod.name.to_string() },
                "metadata" => object! {
                    "queueURL" => queue.url(),
                    "queueLength" => messages.to_string(),
                    "awsRegion" => queue.region().to_string(),
                    // Messages in progress count, or pods that still work on them are taken away.
                    "scaleOnInFlight" => "true",
                },
            }
        })
        .collect();
    let replicas = pod.parts.replicas;
    let behavior = object! { "scaleDown" => object! { "stabilizationWindowSeconds" => SCALE_DOWN } };
    let spec = object! {
        "scaleTargetRef" => object! { "name" => pod.name.to_string() },
        "minReplicaCount" => replicas.min,
        "maxReplicaCount" => replicas.max,
        "pollingInterval" => 15,
        "cooldownPeriod" => SCALE_DOWN,
        "advanced" => object! { "horizontalPodAutoscalerConfig" => object! { "behavior" => behavior } },
        "triggers" => triggers,
    };
    vec![authentication, pod.object("keda.sh/v1alpha1", "ScaledObject", spec)]
}

fn target(pod: &Pod<'_>) -> Expr {
    object! { "apiVersion" => "apps/v1", "kind" => "Deployment", "name" => pod.name.to_string() }
}
