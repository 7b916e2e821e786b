//! `kubernetes/two-autoscalers`: one autoscaler decides the number of pods.

use std::collections::BTreeMap;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/two-autoscalers",
    code: "K8S-029",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "two autoscalers scale one workload",
    why: "each autoscaler sets the number of pods from what it measures alone, so two of them undo each other; the webhook of KEDA \
          refuses a second one",
    error: Some("the workload is already managed by"),
    sources: &[
        "https://keda.sh/docs/latest/concepts/scaling-deployments/",
        "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
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
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: orders-queue, namespace: shop }
spec:
  scaleTargetRef:
    name: orders
#         ^
  minReplicaCount: 3
  triggers:
    - type: aws-sqs-queue
      metadata: { queueURL: https://sqs.eu-west-1.amazonaws.com/111122223333/orders, queueLength: "5", awsRegion: eu-west-1 }
"#,
    good: &[(
        r#"scaleTargetRef:
    name: orders
"#,
        r#"scaleTargetRef:
    name: billing
"#,
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let mut first: BTreeMap<(&str, String, String, String), Object<'_>> = BTreeMap::new();
    let kinds = ["HorizontalPodAutoscaler", "ScaledObject"];
    let scalers = kinds.into_iter().flat_map(|kind| view.objects_of(kind));
    for scaler in scalers {
        let Some((kind, name)) = scaler.scaled_name() else { continue };
        let key = (scaler.cluster(), scaler.namespace().into_owned(), kind.into_owned(), name.to_string());
        let Some(other) = first.get(&key) else {
            first.insert(key, scaler);
            continue;
        };
        if is_handed_over(&scaler, other) {
            continue;
        }
        let place = scaler.get("spec.scaleTargetRef.name").unwrap_or(scaler.body());
        let title = format!(
            "{} `{}` scales `{name}`, which {} `{}` scales already",
            scaler.kind(),
            scaler.name(),
            other.kind(),
            other.name()
        );
        cx.report(
            place
                .finding(title, "a second autoscaler")
                .also(other.at(), "the first one")
                .help("keep one of the two; a ScaledObject takes CPU and memory as triggers too"),
        );
    }
}

/// Whether the object of KEDA takes over the autoscaler that exists.
fn is_handed_over(scaler: &Object<'_>, other: &Object<'_>) -> bool {
    let takes = scaler.annotation("scaledobject.keda.sh/transfer-hpa-ownership").is_some_and(|it| it.is("true"));
    let named = scaler.get("spec.advanced.horizontalPodAutoscalerConfig.name");
    takes && named.is_some_and(|name| name.is(&other.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn two_of_one_kind_count_and_what_is_taken_over_does_not() {
        let twice = RULE
            .bad_example()
            .replace("HorizontalPodAutoscaler\nmetadata: { name: orders,", "ScaledObject\nmetadata: { name: orders,");
        assert_eq!(of_rule(&RULE, &twice).len(), 1);
        let taken = RULE.bad_example().replace(
            "metadata: { name: orders-queue, namespace: shop }\nspec:\n",
            "metadata: { name: orders-queue, namespace: shop, annotations: { scaledobject.keda.sh/transfer-hpa-ownership: \"true\" } }\nspec:\n  advanced: { horizontalPodAutoscalerConfig: { name: orders } }\n",
        );
        assert_eq!(of_rule(&RULE, &taken), [""; 0]);
    }
}
