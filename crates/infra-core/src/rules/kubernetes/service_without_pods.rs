//! `kubernetes/service-without-pods`: a Service has pods.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/service-without-pods",
    code: "K8S-002",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "Service selects no pods",
    why: "a Service sends to the pods that carry all labels of its selector; with none it deploys well and \
          refuses every connection",
    error: None,
    sources: &["https://kubernetes.io/docs/concepts/services-networking/service/"],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec:
  selector: { app: order }
# ^
  ports: [{ port: 80, targetPort: 8080 }]
---
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
"#,
    good: &[("app: order }", "app: orders }")],
    check: Check::Objects(&["Service"], check),
};

fn check(cx: &mut Cx<'_>, service: Object<'_>) {
    let Some(selector) = service.get("spec.selector").filter(|it| it.is_known() && it.entries().next().is_some())
    else {
        return;
    };
    let Some(pods) = super::missed(&service, &selector, |pods| pods.services().next().is_none()) else { return };
    let place = pods.template.get("metadata.labels").unwrap_or(pods.template);
    cx.report(
        selector
            .finding(format!("Service `{}` selects no pods", service.name()), "no pod carries these labels")
            .also(place.at(), format!("`{}` has other values", pods.workload.name()))
            .help("write the labels of the pods into the selector"),
    );
}
