//! `kubernetes/autoscaler-without-target`: autoscalers name a workload that is applied.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/autoscaler-without-target",
    code: "K8S-030",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "autoscaler names a workload that is not there",
    why: "an autoscaler whose workload does not exist scales nothing, and only its conditions say so",
    error: Some("FailedGetScale"),
    sources: &["https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"],
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
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: order
#         ^
  minReplicas: 3
  maxReplicas: 9
  metrics:
    - type: Resource
      resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } }
"#,
    good: &[(
        r#"name: order
"#,
        r#"name: orders
"#,
    )],
    check: Check::Objects(&["HorizontalPodAutoscaler", "ScaledObject"], check),
};

fn check(cx: &mut Cx<'_>, scaler: Object<'_>) {
    let (Some((kind, name)), None) = (scaler.scaled_name(), scaler.scaled()) else { return };
    let Some(place) = scaler.get("spec.scaleTargetRef.name") else { return };
    let meant = super::meant(&scaler, &kind, &name, |workload| workload.scaler().is_some());
    let Some(other) = meant else { return };
    cx.report(
        place
            .finding(
                format!("{} `{}` scales the {kind} `{name}`, which is not there", scaler.kind(), scaler.name()),
                "not there",
            )
            .also(other.at(), "is this meant?")
            .help(format!("write `{}`, or apply the {kind} `{name}`", other.name())),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn a_workload_of_others_is_not_asked_for() {
        // The one that is there has its autoscaler, and the name is no slip.
        let more = "---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: { name: own, namespace: shop }\nspec: { scaleTargetRef: { name: orders }, triggers: [{ type: cpu, metadata: { value: \"60\" } }] }\n";
        let text = RULE.bad_example().replace("name: order\n", "name: billing\n") + more;
        assert_eq!(of_rule(&RULE, &text), [""; 0]);
    }
}
