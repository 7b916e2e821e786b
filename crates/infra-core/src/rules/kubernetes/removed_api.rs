//! `kubernetes/removed-api`: objects are of a served version.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/removed-api",
    code: "K8S-018",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "API version is not served any more",
    why: "Kubernetes stops serving old versions of its APIs some releases after their successors; every \
          version that EKS supports is past these",
    error: Some("no matches for kind"),
    sources: &["https://kubernetes.io/docs/reference/using-api/deprecation-guide/"],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
          resources: { requests: { cpu: 250m, memory: 512Mi } }
---
apiVersion: autoscaling/v2beta2
#           ^
kind: HorizontalPodAutoscaler
metadata: { name: orders, namespace: shop }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: orders }
  minReplicas: 3
  maxReplicas: 9
  metrics:
    - type: Resource
      resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } }
"#,
    good: &[("autoscaling/v2beta2", "autoscaling/v2")],
    check: Check::View(check),
};

/// Version that is gone, kind (any if empty), successor, the release without it, and whether the fields are the same.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/deprecation-guide/> (read 2026-11-30).
const REMOVED: &[(&str, &str, &str, &str, bool)] = &[
    (
        "admissionregistration.k8s.io/v1beta1",
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        "1.22",
        false,
    ),
    (
        "admissionregistration.k8s.io/v1beta1",
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        "1.22",
        false,
    ),
    ("apiextensions.k8s.io/v1beta1", "", "apiextensions.k8s.io/v1", "1.22", false),
    ("apiregistration.k8s.io/v1beta1", "", "apiregistration.k8s.io/v1", "1.22", true),
    ("apps/v1beta1", "", "apps/v1", "1.16", false),
    ("apps/v1beta2", "", "apps/v1", "1.16", false),
    ("authentication.k8s.io/v1beta1", "TokenReview", "authentication.k8s.io/v1", "1.22", true),
    ("authorization.k8s.io/v1beta1", "", "authorization.k8s.io/v1", "1.22", false),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler", "autoscaling/v2", "1.25", false),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "autoscaling/v2", "1.26", true),
    ("batch/v1beta1", "CronJob", "batch/v1", "1.25", true),
    ("batch/v2alpha1", "CronJob", "batch/v1", "1.21", true),
    ("certificates.k8s.io/v1beta1", "CertificateSigningRequest", "certificates.k8s.io/v1", "1.22", false),
    ("coordination.k8s.io/v1beta1", "Lease", "coordination.k8s.io/v1", "1.22", true),
    ("discovery.k8s.io/v1beta1", "EndpointSlice", "discovery.k8s.io/v1", "1.25", false),
    ("events.k8s.io/v1beta1", "Event", "events.k8s.io/v1", "1.25", false),
    ("extensions/v1beta1", "DaemonSet", "apps/v1", "1.16", false),
    ("extensions/v1beta1", "Deployment", "apps/v1", "1.16", false),
    ("extensions/v1beta1", "Ingress", "networking.k8s.io/v1", "1.22", false),
    ("extensions/v1beta1", "NetworkPolicy", "networking.k8s.io/v1", "1.16", true),
    ("extensions/v1beta1", "PodSecurityPolicy", "", "1.16", false),
    ("extensions/v1beta1", "ReplicaSet", "apps/v1", "1.16", false),
    ("flowcontrol.apiserver.k8s.io/v1alpha1", "", "flowcontrol.apiserver.k8s.io/v1", "1.21", false),
    ("flowcontrol.apiserver.k8s.io/v1beta1", "", "flowcontrol.apiserver.k8s.io/v1", "1.26", false),
    ("flowcontrol.apiserver.k8s.io/v1beta2", "", "flowcontrol.apiserver.k8s.io/v1", "1.29", false),
    ("flowcontrol.apiserver.k8s.io/v1beta3", "", "flowcontrol.apiserver.k8s.io/v1", "1.32", false),
    ("networking.k8s.io/v1beta1", "Ingress", "networking.k8s.io/v1", "1.22", false),
    ("networking.k8s.io/v1beta1", "IngressClass", "networking.k8s.io/v1", "1.22", true),
    ("node.k8s.io/v1alpha1", "RuntimeClass", "node.k8s.io/v1", "1.20", false),
    ("node.k8s.io/v1beta1", "RuntimeClass", "node.k8s.io/v1", "1.25", true),
    ("policy/v1beta1", "Eviction", "policy/v1", "1.22", true),
    ("policy/v1beta1", "PodDisruptionBudget", "policy/v1", "1.25", true),
    ("policy/v1beta1", "PodSecurityPolicy", "", "1.25", false),
    ("rbac.authorization.k8s.io/v1alpha1", "", "rbac.authorization.k8s.io/v1", "1.22", true),
    ("rbac.authorization.k8s.io/v1beta1", "", "rbac.authorization.k8s.io/v1", "1.22", true),
    ("scheduling.k8s.io/v1beta1", "PriorityClass", "scheduling.k8s.io/v1", "1.22", true),
    ("settings.k8s.io/v1alpha1", "PodPreset", "", "1.20", false),
    ("storage.k8s.io/v1beta1", "CSIDriver", "storage.k8s.io/v1", "1.22", true),
    ("storage.k8s.io/v1beta1", "CSINode", "storage.k8s.io/v1", "1.22", true),
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity", "storage.k8s.io/v1", "1.27", true),
    ("storage.k8s.io/v1beta1", "StorageClass", "storage.k8s.io/v1", "1.22", true),
    ("storage.k8s.io/v1beta1", "VolumeAttachment", "storage.k8s.io/v1", "1.22", true),
];

/// The row of a version and kind that is not served any more.
fn removed(
    version: &str,
    kind: &str,
) -> Option<&'static (&'static str, &'static str, &'static str, &'static str, bool)> {
    REMOVED.iter().find(|(old, known, ..)| *old == version && (known.is_empty() || *known == kind))
}

/// Whether a version of a kind is not served any more.
pub(in crate::rules) fn is_removed(version: &str, kind: &str) -> bool {
    removed(version, kind).is_some()
}

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for object in view.objects() {
        let Some((version, text)) = object.get("apiVersion").and_then(|it| Some((it, it.text()?))) else { continue };
        let Some((_, _, new, release, same)) = removed(&text, object.kind()) else { continue };
        let help = match *new {
            "" => "remove it: it has no successor".to_owned(),
            new => format!("write `apiVersion: {new}`"),
        };
        cx.report(
            version
                .finding(format!("{} of {text} is gone", object.kind()), format!("not served since {release}"))
                .help(help)
                .fix(version.replace(new).filter(|_| *same)),
        );
    }
}
