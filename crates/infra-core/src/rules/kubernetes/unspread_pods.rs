//! `kubernetes/unspread-pods`: pods of a service are spread over zones.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/unspread-pods",
    code: "K8S-017",
    severity: Severity::Advice,
    phase: Phase::Runtime,
    title: "pods of a service may all run in one zone",
    why: "without a constraint of its own a workload is spread over zones only as far as is convenient, and \
          the loss of a zone may take all of its pods",
    error: None,
    sources: &["https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/"],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec:
  selector: { app: orders }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: orders
#       ^
  namespace: shop
spec:
  replicas: 3
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
"#,
    good: &[(
        r#"      containers:
"#,
        r#"      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: { matchLabels: { app: orders } }
      containers:
"#,
    )],
    check: Check::Objects(&["Deployment"], check),
};

fn check(cx: &mut Cx<'_>, workload: Object<'_>) {
    let Some(pods) = workload.pods() else { return };
    let spread = pods.get("topologySpreadConstraints").is_some() || pods.get("affinity.podAntiAffinity").is_some();
    let Some(count) = workload.count().filter(|count| count.min >= 2 && !spread) else { return };
    let Some(service) = pods.services().next() else { return };
    cx.report(
        workload
            .finding(
                format!("nothing spreads the pods of `{}` over zones", workload.name()),
                format!("{} pods", count.min),
            )
            .also(service.at(), "serves through them")
            .help("add `topologySpreadConstraints` with `topologyKey: topology.kubernetes.io/zone`"),
    );
}
