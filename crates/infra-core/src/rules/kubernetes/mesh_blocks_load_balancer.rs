//! `kubernetes/mesh-blocks-load-balancer`: load balancers do not speak mutual TLS.

use crate::rules::prelude::*;
use crate::view::{Pods, Selector};

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/mesh-blocks-load-balancer",
    code: "K8S-021",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "pods behind a load balancer take mutual TLS only",
    why: "a load balancer has no certificate of the mesh, so a sidecar in STRICT mode drops its requests and \
          its health checks",
    error: None,
    sources: &[
        "https://istio.io/latest/docs/reference/config/security/peer_authentication/",
        "https://istio.io/latest/docs/ops/configuration/mesh/app-health-check/",
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
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec:
  mtls:
    mode: STRICT
#         ^
"#,
    good: &[("mode: STRICT", "mode: PERMISSIVE")],
    check: Check::Objects(&["PeerAuthentication"], check),
};

fn check(cx: &mut Cx<'_>, policy: Object<'_>) {
    let Some(mode) = policy.get("spec.mtls.mode").filter(|mode| mode.is("STRICT")) else { return };
    for binding in policy.siblings("TargetGroupBinding") {
        let Some(service) = binding.bound_service() else { continue };
        let Some(port) = binding.bound_port(&service) else { continue };
        for pods in service.selected().filter(|pods| applies(&policy, pods) && has_sidecar(pods)) {
            let Some(number) = pods.target_port(&port) else { continue };
            let exception = policy.get("spec.portLevelMtls").and_then(|ports| ports.get(&number.to_string()));
            let narrower = policy.siblings("PeerAuthentication").any(|it| it != policy && applies(&it, &pods));
            if exception.is_some() || narrower {
                continue;
            }
            cx.report(
                mode.finding(
                    format!("the load balancer cannot speak to `{}`", pods.workload.name()),
                    "mutual TLS only",
                )
                .also(binding.at(), format!("sends it plain requests to port {number}"))
                .help(format!(
                    "send the traffic through an ingress gateway, or write `portLevelMtls: {{ {number}: {{ mode: \
                         PERMISSIVE }} }}` for these pods"
                )),
            );
        }
    }
}

fn applies(policy: &Object<'_>, pods: &Pods<'_>) -> bool {
    policy.get("spec.selector").is_none_or(|selector| Selector(selector).matches(&pods.labels()))
}

fn has_sidecar(pods: &Pods<'_>) -> bool {
    let labels = pods.labels();
    let gateway = labels.get("istio").is_some_and(|role| role.contains("gateway"));
    let without = labels.get("sidecar.istio.io/inject").is_some_and(|inject| inject == "false");
    let mut notes = pods.template.get("metadata.annotations").into_iter().flat_map(|notes| notes.entries());
    let special = notes.any(|(key, value)| {
        key == "traffic.sidecar.istio.io/excludeInboundPorts"
            || key == "inject.istio.io/templates"
            || (key == "sidecar.istio.io/inject" && value.is("false"))
    });
    !gateway && !without && !special
}
