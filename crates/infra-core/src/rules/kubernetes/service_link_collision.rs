//! `kubernetes/service-link-collision`: variables of Services are no settings.

use crate::rules::prelude::*;
use crate::view::Container;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/service-link-collision",
    code: "K8S-019",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "variable that Kubernetes adds is read as a setting of the application",
    why: "pods get `<SERVICE>_PORT=tcp://…` for each Service of their namespace; Spring Boot takes SERVER_PORT \
          for the setting server.port, and an address is no number",
    error: None,
    sources: &[
        "https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables",
        "https://docs.spring.io/spring-boot/reference/features/external-config.html",
    ],
    evidence: Evidence::Memory,
    bad: r#"
#: orders.yaml
apiVersion: v1
kind: Service
metadata:
  name: server
#       ^
  namespace: shop
spec:
  selector: { app: orders }
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
          env: [{ name: SPRING_PROFILES_ACTIVE, value: production }]
"#,
    good: &[(
        r#"      containers:
"#,
        r#"      enableServiceLinks: false
      containers:
"#,
    )],
    check: Check::Objects(&["Service"], check),
};

/// Services whose variables have the name of a setting of Spring Boot, with that name.
const SETTINGS: &[(&str, &str)] = &[("management-server", "MANAGEMENT_SERVER_PORT"), ("server", "SERVER_PORT")];

fn check(cx: &mut Cx<'_>, service: Object<'_>) {
    let name = service.name();
    let Some((_, setting)) = SETTINGS.iter().find(|(reserved, _)| *reserved == name) else { return };
    if service.get("spec.clusterIP").is_some_and(|address| address.is("None")) {
        return;
    }
    let beside = service.neighbours();
    for pods in beside.filter_map(|object| object.pods()) {
        if pods.get("enableServiceLinks").is_some_and(|links| links.bool() != Some(true)) {
            continue;
        }
        // What is written in the pod's own environment wins.
        let reads = |container: &Container<'_>| {
            container.envs().any(|(name, _)| name.starts_with("SPRING_"))
                && !container.prop.each("env").any(|it| it.key("name").is_some_and(|name| name.is(setting)))
        };
        let Some(container) = pods.containers().find(reads) else { continue };
        cx.report(
            service
                .finding(format!("`{setting}` becomes an address"), format!("adds `{setting}=tcp://…` to every pod"))
                .also(container.prop.at(), "reads it as a number")
                .help("write `enableServiceLinks: false` into the pods, or rename the Service"),
        );
    }
}
