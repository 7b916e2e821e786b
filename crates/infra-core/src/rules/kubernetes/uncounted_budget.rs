//! `kubernetes/uncounted-budget`: a budget goes with a number of pods that is written.

use crate::rules::prelude::*;
use crate::view::share;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/uncounted-budget",
    code: "K8S-039",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "disruption budget keeps the only pod of a workload that says no number",
    why: "a workload without `replicas` has one pod, unless an autoscaler that is not seen here decides; a budget that wants one pod \
          then lets none go, and no node can be drained",
    error: None,
    sources: &[
        "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
        "https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html",
    ],
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
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: orders, namespace: shop }
spec:
  minAvailable: 1
#               ^
  selector: { matchLabels: { app: orders } }
"#,
    good: &[(
        r#"kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
"#,
        r#"kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  replicas: 2
"#,
    )],
    check: Check::Objects(&["PodDisruptionBudget"], check),
};

fn check(cx: &mut Cx<'_>, budget: Object<'_>) {
    let workloads = budget.selected().map(|pods| pods.workload);
    let workloads = workloads.filter(|object| matches!(object.kind(), "Deployment" | "StatefulSet" | "ReplicaSet"));
    for workload in workloads {
        // What is counted is the business of `kubernetes/blocking-disruption-budget`.
        if workload.get("spec.replicas").is_some() || workload.scaler().is_some() {
            continue;
        }
        let (limit, room) = match (budget.get("spec.maxUnavailable"), budget.get("spec.minAvailable")) {
            (Some(most), _) => (most, most.text().and_then(|text| share(&text, 1, true))),
            (None, Some(least)) => (least, least.text().and_then(|text| share(&text, 1, true)).map(|least| 1 - least)),
            (None, None) => return,
        };
        if room.is_some_and(|room| room <= 0) {
            let title =
                format!("the only pod of `{}` may never be evicted, so its node cannot be drained", workload.name());
            cx.report(
                limit
                    .finding(title, "leaves no room")
                    .also(workload.at(), "one pod, as nothing else is written")
                    .help("write `replicas: 2` or more, or `maxUnavailable: 1`"),
            );
        }
    }
}
