//! `observability/propagators`: every program reads and writes the trace header that browsers and peers send.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "observability/propagators",
    code: "OBS-002",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "trace context is not propagated in the W3C format",
    why: "browsers and most programs send `traceparent`, load balancers and AWS services send `X-Amzn-Trace-Id`; a \
          program that reads only one of them starts a new trace in the middle of a request",
    error: None,
    sources: &["https://opentelemetry.io/docs/specs/otel/context/api-propagators/"],
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
          env:
            - name: OTEL_PROPAGATORS
              value: xray
#                    ^
"#,
    good: &[("value: xray", "value: tracecontext,baggage,xray")],
    check: Check::Objects(&["CronJob", "DaemonSet", "Deployment", "Job", "Pod", "StatefulSet"], check),
};

fn check(cx: &mut Cx<'_>, workload: Object<'_>) {
    for container in workload.pods().into_iter().flat_map(|pods| pods.containers()) {
        let Some(written) = container.env("OTEL_PROPAGATORS") else { continue };
        let Some(text) = written.text() else { continue };
        let names: Vec<&str> = text.split(',').map(str::trim).collect();
        if names.contains(&"tracecontext") || names.contains(&"none") {
            continue;
        }
        let title = format!("container `{}` does not propagate `traceparent`", container.name());
        let wanted = format!("tracecontext,baggage,{text}");
        cx.report(
            written
                .finding(title, "`tracecontext` is missing")
                .help(format!("write `{wanted}`"))
                .fix(written.replace(&wanted)),
        );
    }
}
