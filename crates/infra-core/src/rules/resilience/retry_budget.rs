//! `resilience/retry-budget`: retries end before the caller gives up.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "resilience/retry-budget",
    code: "RES-006",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "retries take longer than the request may",
    why: "a route's time-out covers the first try and all retries; those that do not fit are never made, and the last \
          one is cut off in the middle of its work",
    error: None,
    sources: &["https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry"],
    evidence: Evidence::Documented,
    bad: r#"
#: mesh.yaml
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: inventory, namespace: shop }
spec:
  hosts: [inventory.shop.svc.cluster.local]
  http:
    - match: [{ method: { exact: GET } }]
      timeout: 5s
      retries:
        attempts: 3
        perTryTimeout: 2s
#                      ^
        retryOn: connect-failure,5xx
      route: [{ destination: { host: inventory.shop.svc.cluster.local } }]
"#,
    good: &[("perTryTimeout: 2s", "perTryTimeout: 1s")],
    check: Check::Objects(&["VirtualService"], check),
};

fn check(cx: &mut Cx<'_>, service: Object<'_>) {
    for route in service.each("spec.http") {
        let (Some(limit), Some(attempts)) = (route.get("timeout"), route.get("retries.attempts")) else { continue };
        let Some(per_try) = route.get("retries.perTryTimeout") else { continue };
        let (Some(limit_ms), Some(retries), Some(try_ms)) = (limit.millis(), attempts.int(), per_try.millis()) else {
            continue;
        };
        // `attempts` counts the retries, not the first try.
        let tries = retries.saturating_add(1);
        let total = try_ms.saturating_mul(tries);
        if retries > 0 && limit_ms > 0 && total > limit_ms {
            cx.report(
                per_try
                    .finding(
                        format!("{retries} retries need {total} ms of {limit_ms} ms"),
                        "each try may take this long",
                    )
                    .also(limit.at(), "the request ends here")
                    .also(attempts.at(), "retries after the first try")
                    .help(format!("use {} ms a try, or fewer retries", limit_ms / tries)),
            );
        }
    }
}
