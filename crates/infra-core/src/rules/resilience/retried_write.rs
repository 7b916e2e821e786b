//! `resilience/retried-write`: only what may happen twice is tried twice.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "resilience/retried-write",
    code: "RES-005",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "mesh retries a write after the server may have done it",
    why: "a 5xx, a reset or a time-out of one try says nothing about whether the write happened; the mesh knows no \
          idempotency key, so the second try may create the order again",
    error: None,
    sources: &[
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry",
        "https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on",
        "https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: mesh.yaml
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: orders, namespace: shop }
spec:
  hosts: [orders.shop.svc.cluster.local]
  http:
    - match: [{ method: { exact: POST } }]
      timeout: 5s
      retries:
        attempts: 2
        perTryTimeout: 1s
        retryOn: connect-failure,5xx
#                ^
      route: [{ destination: { host: orders.shop.svc.cluster.local } }]
"#,
    good: &[("retryOn: connect-failure,5xx", "retryOn: connect-failure,refused-stream")],
    check: Check::Objects(&["VirtualService"], check),
};

/// Conditions under which the server has certainly not seen the request.
const BEFORE: &[&str] = &["connect-failure", "refused-stream", "reset-before-request", "retriable-headers"];

/// Methods whose effect doubles when they are sent twice.
const WRITES: &[&str] = &["PATCH", "POST"];

fn check(cx: &mut Cx<'_>, service: Object<'_>) {
    for route in service.each("spec.http") {
        let Some(retry_on) = route.get("retries.retryOn") else { continue };
        if route.get("retries.attempts").and_then(|attempts| attempts.int()) == Some(0) {
            continue;
        }
        let method = route.each("match").filter_map(|it| it.get("method.exact")).find(|it| it.is_one_of(WRITES));
        let (Some(method), Some(text)) = (method, retry_on.text()) else { continue };
        let mut conditions = text.split(',').map(str::trim);
        let Some(after) = conditions.find(|it| !it.is_empty() && !BEFORE.contains(it)) else { continue };
        cx.report(
            retry_on
                .finding(
                    format!("{} is retried on `{after}`", method.text().unwrap_or_default()),
                    "the server may have done it by then",
                )
                .also(method.at(), "not idempotent")
                .help("retry on `connect-failure,refused-stream` only, or let a client with an idempotency key retry"),
        );
    }
}
