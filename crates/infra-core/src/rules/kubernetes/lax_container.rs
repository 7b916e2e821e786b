//! `kubernetes/lax-container`: containers are held tightly.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/lax-container",
    code: "K8S-025",
    severity: Severity::Advice,
    phase: Phase::Security,
    title: "container has more freedom than it needs",
    why: "requests and limits keep a container from starving others; no root, a read-only file system and the \
          default seccomp profile keep an intruder small",
    error: None,
    sources: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
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
#               ^
          image: registry.example.com/orders:1.4.2
"#,
    good: &[(
        r#"          image: registry.example.com/orders:1.4.2
"#,
        r#"          image: registry.example.com/orders:1.4.2
          resources: { requests: { cpu: 250m, memory: 512Mi }, limits: { memory: 512Mi } }
          securityContext: { runAsNonRoot: true, readOnlyRootFilesystem: true, seccompProfile: { type: RuntimeDefault } }
"#,
    )],
    check: Check::Objects(&["Deployment", "StatefulSet", "DaemonSet", "CronJob"], check),
};

fn check(cx: &mut Cx<'_>, workload: Object<'_>) {
    let Some(pods) = workload.pods() else { return };
    for container in pods.main() {
        let set = |path: &str| container.get(path).is_some();
        let either =
            |key: &str| set(&format!("securityContext.{key}")) || pods.get(&format!("securityContext.{key}")).is_some();
        let checks = [
            ("resources.requests", set("resources.requests")),
            ("resources.limits.memory", set("resources.limits.memory")),
            ("securityContext.runAsNonRoot", either("runAsNonRoot")),
            ("securityContext.readOnlyRootFilesystem", set("securityContext.readOnlyRootFilesystem")),
            ("securityContext.seccompProfile", either("seccompProfile")),
        ];
        let missing: Vec<&str> = checks.iter().filter(|(_, set)| !set).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            let place = container.get("name").unwrap_or(container.prop);
            cx.report(
                place
                    .finding(
                        format!("container `{}` is not held tightly", container.name()),
                        "says nothing of some limits",
                    )
                    .help(format!("set {}", missing.join(", "))),
            );
        }
    }
}
