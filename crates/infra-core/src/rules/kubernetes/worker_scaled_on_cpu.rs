//! `kubernetes/worker-scaled-on-cpu`: workers scale with their queue.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/worker-scaled-on-cpu",
    code: "K8S-023",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "worker of a queue is scaled by its own load",
    why: "a worker that waits for others is idle while its queue grows, so the load of its processor says \
          nothing about the backlog",
    error: None,
    sources: &["https://keda.sh/docs/latest/scalers/aws-sqs/"],
    evidence: Evidence::Memory,
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
          env: [{ name: QUEUE_URL, value: "https://sqs.eu-west-1.amazonaws.com/111122223333/orders" }]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: orders, namespace: shop }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: orders }
  minReplicas: 3
  maxReplicas: 9
  metrics:
# ^
    - type: Resource
      resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } }
"#,
    good: &[(
        r#"type: Resource
      resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } }"#,
        r#"type: External
      external: { metric: { name: orders-backlog }, target: { type: AverageValue, averageValue: "10" } }"#,
    )],
    check: Check::Objects(&["HorizontalPodAutoscaler"], check),
};

fn check(cx: &mut Cx<'_>, scaler: Object<'_>) {
    let Some(metrics) = scaler.get("spec.metrics") else { return };
    let Some(pods) = scaler.scaled().and_then(|workload| workload.pods()) else { return };
    let own =
        |metric: Prop<'_>| metric.key("type").is_some_and(|kind| kind.is_one_of(&["ContainerResource", "Resource"]));
    // What serves requests has a load of its own.
    if !metrics.items().all(own) || pods.services().next().is_some() {
        return;
    }
    let queue =
        pods.containers().flat_map(|container| container.envs()).map(|(_, value)| value).find(|value| {
            value.resource_of("AWS::SQS::Queue").is_some() || value.pattern().starts_with("https://sqs.")
        });
    let Some(queue) = queue else { return };
    cx.report(
        metrics
            .finding(format!("`{}` does not scale with its queue", pods.workload.name()), "says nothing of the backlog")
            .also(queue.at(), "the queue")
            .help("scale on the depth of the queue: a KEDA ScaledObject with an `aws-sqs-queue` trigger"),
    );
}
