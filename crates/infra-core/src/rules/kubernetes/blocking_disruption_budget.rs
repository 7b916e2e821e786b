//! `kubernetes/blocking-disruption-budget`: a budget leaves room for one eviction.

use crate::rules::prelude::*;
use crate::view::share;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/blocking-disruption-budget",
    code: "K8S-006",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "disruption budget never lets a pod go",
    why: "a node is drained by eviction, and an eviction that the budget forbids is tried for 15 minutes; then \
          the update of the node group fails",
    error: Some(
        "If the Pods don't leave the node within 15 minutes and there's no force flag, the upgrade phase \
         fails with a PodEvictionFailure error.",
    ),
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
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: orders, namespace: shop }
spec:
  minAvailable: 3
#               ^
  selector: { matchLabels: { app: orders } }
"#,
    good: &[("minAvailable: 3", "maxUnavailable: 1")],
    check: Check::Objects(&["PodDisruptionBudget"], check),
};

fn check(cx: &mut Cx<'_>, budget: Object<'_>) {
    let workloads = budget.selected().map(|pods| pods.workload);
    let workloads = workloads.filter(|object| matches!(object.kind(), "Deployment" | "StatefulSet" | "ReplicaSet"));
    for workload in workloads {
        // A number that is written nowhere may be set by an autoscaler of others.
        let counted = workload.get("spec.replicas").is_some() || workload.scaler().is_some();
        let Some(count) = workload.count().filter(|count| counted && count.min > 0) else { continue };
        let (limit, room) = match (budget.get("spec.maxUnavailable"), budget.get("spec.minAvailable")) {
            (Some(most), _) => (most, most.text().and_then(|text| share(&text, count.min, true))),
            (None, Some(least)) => {
                (least, least.text().and_then(|text| share(&text, count.min, true)).map(|least| count.min - least))
            }
            (None, None) => return,
        };
        if room.is_some_and(|room| room <= 0) {
            let by = workload.scaler().unwrap_or(workload);
            cx.report(
                limit
                    .finding(format!("no pod of `{}` may ever be evicted", workload.name()), "leaves no room")
                    .also(by.at(), format!("as few as {} pods", count.min))
                    .help("write `maxUnavailable: 1`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn percentages_are_of_the_fewest_pods() {
        let text = RULE.bad_example().replace("minAvailable: 3", "minAvailable: 80%");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from(["no pod of `orders` may ever be evicted"]));
    }

    #[test]
    fn a_budget_that_leaves_one_pod_is_silent() {
        let text = RULE.bad_example().replace("minAvailable: 3", "minAvailable: 50%");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from([]));
    }
}
