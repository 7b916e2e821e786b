//! `kubernetes/unknown-ingress-service`: Ingresses and routes lead to a Service that is applied.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/unknown-ingress-service",
    code: "K8S-031",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "Ingress leads to a Service that is not there",
    why: "a path whose Service does not exist is answered with 503 or is left out of the load balancer, as the controller likes",
    error: Some("services not found"),
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
                name: order
#                     ^
                port: { number: 80 }
"#,
    good: &[(
        r#"name: order
"#,
        r#"name: orders
"#,
    )],
    check: Check::Objects(super::ROUTERS, check),
};

fn check(cx: &mut Cx<'_>, ingress: Object<'_>) {
    for backend in super::ingress_backends(&ingress) {
        let Some(place) = backend.key("name") else { continue };
        let Some(name) = place.text() else { continue };
        let used = |service: &Object<'_>| {
            let ingresses = service.neighbours().filter(|it| super::ROUTERS.contains(&it.kind()));
            ingresses
                .flat_map(|other| super::ingress_backends(&other))
                .any(|it| it.key("name").is_some_and(|it| it.is(&service.name())))
        };
        let Some(other) = super::meant(&ingress, "Service", &name, used) else { continue };
        cx.report(
            place
                .finding(
                    format!(
                        "{} `{}` leads to the Service `{name}`, which is not there",
                        ingress.kind(),
                        ingress.name()
                    ),
                    "not there",
                )
                .also(other.at(), "is this meant?")
                .help(format!("write `{}`, or apply the Service `{name}`", other.name())),
        );
    }
}
