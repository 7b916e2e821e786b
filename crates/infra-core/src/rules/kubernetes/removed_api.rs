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
const REMOVED: &[(&str, &str, &str, &str, bool)] = &[
    ("apps/v1beta1", "", "apps/v1", "1.16", false),
    ("apps/v1beta2", "", "apps/v1", "1.16", false),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler", "autoscaling/v2", "1.25", false),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "autoscaling/v2", "1.26", true),
    ("batch/v1beta1", "CronJob", "batch/v1", "1.25", true),
    ("discovery.k8s.io/v1beta1", "EndpointSlice", "discovery.k8s.io/v1", "1.25", false),
    ("extensions/v1beta1", "DaemonSet", "apps/v1", "1.16", false),
    ("extensions/v1beta1", "Deployment", "apps/v1", "1.16", false),
    ("extensions/v1beta1", "Ingress", "networking.k8s.io/v1", "1.22", false),
    ("extensions/v1beta1", "NetworkPolicy", "networking.k8s.io/v1", "1.16", true),
    ("networking.k8s.io/v1beta1", "Ingress", "networking.k8s.io/v1", "1.22", false),
    ("networking.k8s.io/v1beta1", "IngressClass", "networking.k8s.io/v1", "1.22", true),
    ("policy/v1beta1", "PodDisruptionBudget", "policy/v1", "1.25", true),
    ("rbac.authorization.k8s.io/v1beta1", "", "rbac.authorization.k8s.io/v1", "1.22", true),
    ("scheduling.k8s.io/v1beta1", "PriorityClass", "scheduling.k8s.io/v1", "1.22", true),
    ("storage.k8s.io/v1beta1", "StorageClass", "storage.k8s.io/v1", "1.22", true),
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for object in view.objects() {
        let Some((version, text)) = object.get("apiVersion").and_then(|it| Some((it, it.text()?))) else { continue };
        let gone = REMOVED.iter().find(|(old, kind, ..)| *old == text && (kind.is_empty() || *kind == object.kind()));
        let Some((_, _, new, release, same)) = gone else { continue };
        cx.report(
            version
                .finding(format!("{} of {text} is gone", object.kind()), format!("not served since {release}"))
                .help(format!("write `apiVersion: {new}`"))
                .fix(version.replace(new).filter(|_| *same)),
        );
    }
}
