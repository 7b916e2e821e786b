//! `kubernetes/blocked-load-balancer`: the load balancer reaches its pods.

use crate::rules::prelude::*;
use crate::view::{Direction, lets_port};

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/blocked-load-balancer",
    code: "K8S-009",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "network policy keeps the load balancer out",
    why: "to targets of the type ip a load balancer connects from its own addresses, which no selector of pods \
          or namespaces covers",
    error: None,
    sources: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/"],
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
---
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec:
  selector: { app: orders }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: elbv2.k8s.aws/v1beta1
kind: TargetGroupBinding
metadata: { name: orders, namespace: shop }
spec:
  targetGroupARN: arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef
  targetType: ip
  serviceRef: { name: orders, port: 80 }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: orders, namespace: shop }
spec:
  podSelector: { matchLabels: { app: orders } }
  policyTypes: [Ingress]
  ingress:
# ^
    - from: [{ namespaceSelector: {} }]
      ports: [{ protocol: TCP, port: 8080 }]
"#,
    good: &[("{ namespaceSelector: {} }", "{ ipBlock: { cidr: 10.0.0.0/16 } }")],
    check: Check::Objects(&["TargetGroupBinding"], check),
};

fn check(cx: &mut Cx<'_>, binding: Object<'_>) {
    let group = binding.target_group();
    let kind = binding.get("spec.targetType").or_else(|| group.and_then(|group| group.get("TargetType")));
    let Some(service) = binding.bound_service().filter(|_| kind.is_some_and(|kind| kind.is("ip"))) else { return };
    let Some(port) = binding.bound_port(&service) else { return };
    for pods in service.selected() {
        let Some(number) = pods.target_port(&port) else { continue };
        let policies = pods.policies(Direction::Ingress);
        let Some(policy) = policies.first() else { continue };
        let admits = |rule: &Prop<'_>| {
            let mut peers = rule.each("from").peekable();
            lets_port(rule, number, "TCP")
                && (peers.peek().is_none() || peers.any(|peer| peer.key("ipBlock").is_some() || !peer.is_object()))
        };
        if policies.iter().flat_map(|policy| policy.exceptions(Direction::Ingress)).any(|rule| admits(&rule)) {
            continue;
        }
        cx.report(
            policy
                .nearest("spec.ingress")
                .finding(format!("the load balancer cannot reach `{}`", pods.workload.name()), "no block of addresses")
                .also(binding.at(), format!("connects to port {number}"))
                .help(format!("allow port {number} from the blocks of the load balancer's subnets with `ipBlock`")),
        );
    }
}
