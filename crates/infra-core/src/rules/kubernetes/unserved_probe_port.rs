//! `kubernetes/unserved-probe-port`: probes ask ports that the container has.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/unserved-probe-port",
    code: "K8S-004",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "probe asks a port that its container does not have",
    why: "a named port of a probe is looked up among the ports of the same container; a probe that cannot run \
          fails, and the pod is never ready or restarts for ever",
    error: None,
    sources: &["https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"],
    evidence: Evidence::Memory,
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
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe:
            httpGet:
              path: /readyz
              port: management
#                   ^
"#,
    good: &[("port: management", "port: http")],
    check: Check::Objects(&["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"], check),
};

fn check(cx: &mut Cx<'_>, workload: Object<'_>) {
    for container in workload.pods().into_iter().flat_map(|pods| pods.containers()) {
        let ports: Vec<Prop<'_>> = container.prop.each("ports").collect();
        if ports.iter().any(|port| !port.is_known()) {
            continue;
        }
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"].iter().filter_map(|key| container.get(key)) {
            let port = probe.get("httpGet.port").or_else(|| probe.get("tcpSocket.port"));
            let Some((port, name)) = port.and_then(|port| Some((port, port.text()?))) else { continue };
            let has = ports.iter().any(|it| it.key("name").is_some_and(|written| written.is(&name)));
            if port.int().is_none() && !has {
                cx.report(
                    port.finding(
                        format!("container `{}` has no port `{name}`", container.name()),
                        "asked by the probe",
                    )
                    .also(container.prop.at(), "the container")
                    .help("name a port of this container, or add it to `ports`"),
                );
            }
        }
    }
}
