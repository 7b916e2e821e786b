//! `kubernetes/replicas-with-autoscaler`: the autoscaler alone decides the number of pods.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/replicas-with-autoscaler",
    code: "K8S-007",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "number of pods is written although an autoscaler decides it",
    why: "each apply sets the number back to what is written, at a peak as well, until the autoscaler raises \
          it again",
    error: None,
    sources: &["https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  replicas: 3
#           ^
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
          resources: { requests: { cpu: 250m, memory: 512Mi } }
---
apiVersion: autoscaling/v2
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
    good: &[(
        r#"  replicas: 3
"#,
        "",
    )],
    check: Check::Objects(&["Deployment", "StatefulSet"], check),
};

fn check(cx: &mut Cx<'_>, workload: Object<'_>) {
    let (Some(replicas), Some(scaler)) = (workload.get("spec.replicas"), workload.scaler()) else { return };
    cx.report(
        replicas
            .finding(format!("`replicas` of `{}` works against its autoscaler", workload.name()), "set at each apply")
            .also(scaler.at(), "decides the number")
            .help("remove `replicas`; `minReplicas` of the autoscaler is the lower bound"),
    );
}
