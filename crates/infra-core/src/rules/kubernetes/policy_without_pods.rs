//! `kubernetes/policy-without-pods`: budgets and network policies hold for pods that are there.

use crate::rules::prelude::*;
use crate::view::Direction;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/policy-without-pods",
    code: "K8S-041",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "budget or network policy holds for no pod",
    why: "a budget protects, and a network policy holds back, the pods that its selector matches; where it matches none, it \
          does nothing and says nothing",
    error: None,
    sources: &[
        "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  replicas: 2
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
  maxUnavailable: 1
  selector: { matchLabels: { app: order } }
# ^
"#,
    good: &[("{ app: order }", "{ app: orders }")],
    check: Check::Objects(&["NetworkPolicy", "PodDisruptionBudget"], check),
};

fn check(cx: &mut Cx<'_>, policy: Object<'_>) {
    let path = if policy.kind() == "NetworkPolicy" { "spec.podSelector" } else { "spec.selector" };
    let asks =
        |selector: &Prop<'_>| selector.is_known() && selector.entries().any(|(_, it)| it.entries().next().is_some());
    let Some(selector) = policy.get(path).filter(asks) else { return };
    let is_free = |pods: &crate::view::Pods<'_>| match policy.kind() {
        "NetworkPolicy" => pods.policies(Direction::Ingress).is_empty() && pods.policies(Direction::Egress).is_empty(),
        _ => !policy
            .siblings("PodDisruptionBudget")
            .any(|budget| budget.selected().any(|it| it.workload == pods.workload)),
    };
    let Some(pods) = super::missed(&policy, &selector, is_free) else { return };
    let place = pods.template.get("metadata.labels").unwrap_or(pods.template);
    cx.report(
        selector
            .finding(format!("{} `{}` selects no pods", policy.kind(), policy.name()), "no pod carries these labels")
            .also(place.at(), format!("`{}` has other values", pods.workload.name()))
            .help("write the labels of the pods into the selector"),
    );
}
