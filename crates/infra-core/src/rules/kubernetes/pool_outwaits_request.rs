//! `kubernetes/pool-outwaits-request`: connections are waited for less long than requests.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/pool-outwaits-request",
    code: "K8S-027",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "wait for a database connection is longer than the request may take",
    why: "HikariCP waits 30 seconds for a connection unless told otherwise; requests that were given up long \
          ago pile up behind a slow database",
    error: None,
    sources: &[
        "https://github.com/brettwooldridge/HikariCP#gear-configuration-knobs-baby",
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute",
    ],
    evidence: Evidence::Memory,
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
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
          env:
            - { name: SPRING_DATASOURCE_URL, value: "jdbc:postgresql://orders.example.com/orders" }
            - name: SPRING_DATASOURCE_HIKARI_CONNECTIONTIMEOUT
              value: "30000"
#                    ^
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: orders, namespace: shop }
spec:
  hosts: [orders]
  http: [{ timeout: 5s, route: [{ destination: { host: orders } }] }]
"#,
    good: &[(r#""30000""#, r#""2000""#)],
    check: Check::Objects(&["Deployment", "StatefulSet"], check),
};

/// How long `HikariCP` waits for a connection by default. Unit: milliseconds.
const DEFAULT: i64 = 30_000;

fn check(cx: &mut Cx<'_>, workload: Object<'_>) {
    let Some(pods) = workload.pods() else { return };
    for container in pods.main() {
        let Some(source) = container.env("SPRING_DATASOURCE_URL") else { continue };
        let written = container
            .env("SPRING_DATASOURCE_HIKARI_CONNECTIONTIMEOUT")
            .or_else(|| container.env("SPRING_DATASOURCE_HIKARI_CONNECTION_TIMEOUT"));
        let Some(wait) = written.map_or(Some(DEFAULT), |written| written.int()) else { continue };
        let limits = pods.services().filter_map(|service| limit(&service));
        let Some((limit, most)) = limits.min_by_key(|(_, most)| *most).filter(|(_, most)| wait >= *most) else {
            continue;
        };
        cx.report(
            written
                .unwrap_or(source)
                .finding(format!("`{}` waits {wait} ms for a connection", container.name()), "longer than its callers")
                .also(limit.at(), format!("they give up after {most} ms"))
                .help("set SPRING_DATASOURCE_HIKARI_CONNECTIONTIMEOUT to less than half of that"),
        );
    }
}

/// The shortest time-out of a route of the mesh to a Service, in milliseconds.
fn limit<'v>(service: &Object<'v>) -> Option<(Prop<'v>, i64)> {
    let name = service.name();
    let full = format!("{name}.{}.svc.cluster.local", service.namespace());
    let routes = service.siblings("VirtualService").flat_map(|mesh| mesh.each("spec.http"));
    let to_it = routes.filter(|route| {
        route.each("route").filter_map(|it| it.get("destination.host")).any(|host| host.is(&name) || host.is(&full))
    });
    let limits = to_it.filter_map(|route| {
        let limit = route.key("timeout")?;
        Some((limit, limit.millis().filter(|most| *most > 0)?))
    });
    limits.min_by_key(|(_, most)| *most)
}
