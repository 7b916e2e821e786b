//! `kubernetes/spread-without-selector`: spread constraints count the pods that they spread.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/spread-without-selector",
    code: "K8S-034",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "spread constraint counts no pod",
    why: "a spread constraint counts the pods that its selector matches; without one, or with one that misses the pods of the \
          workload, it counts none and spreads nothing",
    error: None,
    sources: &["https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/"],
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
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
#                      ^
          whenUnsatisfiable: DoNotSchedule
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
          resources: { requests: { cpu: 250m, memory: 512Mi } }
"#,
    good: &[(
        r#"          whenUnsatisfiable: DoNotSchedule
"#,
        r#"          whenUnsatisfiable: DoNotSchedule
          labelSelector: { matchLabels: { app: orders } }
"#,
    )],
    check: Check::Objects(&["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"], check),
};

fn check(cx: &mut Cx<'_>, workload: Object<'_>) {
    let Some(pods) = workload.pods() else { return };
    for constraint in pods.spec().into_iter().flat_map(|spec| spec.each("topologySpreadConstraints")) {
        if !constraint.is_object() || pods.is_counted(&constraint) {
            continue;
        }
        let selector = constraint.key("labelSelector");
        let key = constraint.key("topologyKey");
        let place = selector.or(key).unwrap_or(constraint);
        let label = if selector.is_some() { "matches none of its own pods" } else { "no selector beside it" };
        let title = format!("the spread constraint of `{}` counts no pod, so it spreads nothing", workload.name());
        cx.report(place.finding(title, label).help("add `labelSelector` with the labels of the pods"));
    }
}
