//! `kubernetes/utilization-without-request`: what is scaled by utilization requests something.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/utilization-without-request",
    code: "K8S-005",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "utilization is asked of containers that request nothing",
    why: "utilization is a share of what is requested; if one container requests nothing there is no figure \
          and nothing scales",
    error: Some("failed to get cpu utilization: missing request for cpu"),
    sources: &["https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: orders, namespace: shop }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: orders }
  minReplicas: 3
  maxReplicas: 9
  metrics:
    - type: Resource
      resource:
        name: cpu
#             ^
        target: { type: Utilization, averageUtilization: 70 }
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
          resources: { requests: { memory: 512Mi } }
"#,
    good: &[("{ memory: 512Mi }", "{ cpu: 250m, memory: 512Mi }")],
    check: Check::Objects(&["HorizontalPodAutoscaler"], check),
};

fn check(cx: &mut Cx<'_>, scaler: Object<'_>) {
    let Some(workload) = scaler.scaled() else { return };
    let Some(pods) = workload.pods().filter(|_| workload.siblings("LimitRange").next().is_none()) else { return };
    for metric in scaler.each("spec.metrics") {
        let Some(name) = metric.get("resource.name") else { continue };
        if !metric.get("resource.target.type").is_some_and(|kind| kind.is("Utilization")) {
            continue;
        }
        let Some(resource) = name.text() else { continue };
        let requests = |owner: Prop<'_>| {
            // A limit is a request, too, where nothing else is written.
            ["requests", "limits"].iter().any(|key| {
                owner.key("resources").is_some_and(|it| match it.key(key) {
                    Some(amounts) => !amounts.is_object() || amounts.key(&resource).is_some(),
                    None => !it.is_object(),
                })
            })
        };
        if pods.spec().is_some_and(requests) {
            continue;
        }
        let Some(container) = pods.main().find(|container| !requests(container.prop)) else { continue };
        cx.report(
            name.finding(format!("no utilization of {resource} is known for `{}`", workload.name()), "the metric")
                .also(container.prop.at(), format!("requests no {resource}"))
                .help(format!("add `resources: {{ requests: {{ {resource}: … }} }}` to each container")),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn a_limit_counts_as_a_request() {
        let text = RULE.bad_example().replace("requests: { memory: 512Mi }", "limits: { cpu: \"1\" }");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from([]));
    }
}
