//! `kubernetes/unserved-ingress-port`: Ingresses name a port of their Service.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/unserved-ingress-port",
    code: "K8S-032",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "Ingress names a port that its Service does not have",
    why: "an Ingress names the port of the Service, not that of the pods; without that port the controller has no backend",
    error: Some("unable to find port on service"),
    sources: &["https://kubernetes.io/docs/concepts/services-networking/ingress/"],
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
          ports: [{ name: web, containerPort: 8080 }]
          resources: { requests: { cpu: 250m, memory: 512Mi } }
---
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec:
  selector: { app: orders }
  ports: [{ name: web, port: 80, targetPort: 8080 }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop, annotations: { alb.ingress.kubernetes.io/target-type: ip } }
spec:
  ingressClassName: alb
  rules:
    - http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: orders
                port:
                  number: 8080
#                         ^
"#,
    good: &[(r#"number: 8080"#, r#"number: 80"#)],
    check: Check::Objects(super::ROUTERS, check),
};

fn check(cx: &mut Cx<'_>, ingress: Object<'_>) {
    for backend in super::ingress_backends(&ingress) {
        let Some(service) = backend.key("name").and_then(|name| ingress.sibling("Service", &name.text()?)) else {
            continue;
        };
        // What `use-annotation` names is an action of the load balancer.
        let port = ["number", "name"].into_iter().find_map(|key| Some((key, backend.key("port")?.key(key)?)));
        let port = port.or_else(|| Some(("number", backend.key("port").filter(|port| port.int().is_some())?)));
        let Some((key, port)) = port.filter(|(_, port)| port.is_known() && !port.is("use-annotation")) else {
            continue;
        };
        let field = if key == "number" { "port" } else { "name" };
        let ports: Vec<Prop<'_>> = service.each("spec.ports").filter_map(|it| it.key(field)).collect();
        let has = ports.iter().any(|it| !it.is_known() || it.is_same(&port));
        // Without names there is nothing to compare with, and what is no list is filled by a template.
        if has || !service.get("spec.ports").is_some_and(|list| list.is_list()) {
            continue;
        }
        let known: Vec<String> = ports.iter().map(|it| format!("`{}`", it.pattern())).collect();
        let help = match known.as_slice() {
            [] => "write the `number` of a port of the Service".to_owned(),
            known => format!("write {}", known.join(" or ")),
        };
        cx.report(
            port.finding(
                format!(
                    "Service `{}` has no port `{}`, which {} `{}` names",
                    service.name(),
                    port.pattern(),
                    ingress.kind(),
                    ingress.name()
                ),
                "no such port",
            )
            .also(service.at(), "the Service")
            .help(help),
        );
    }
}
