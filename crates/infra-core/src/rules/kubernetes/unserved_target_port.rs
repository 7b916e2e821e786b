//! `kubernetes/unserved-target-port`: the target port is one of the pods.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/unserved-target-port",
    code: "K8S-003",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "Service sends to a port that its pods do not have",
    why: "a named target port is looked up among the ports of the containers, and a Service without it has no \
          endpoints",
    error: None,
    sources: &["https://kubernetes.io/docs/concepts/services-networking/service/"],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec:
  selector: { app: orders }
  ports:
    - port: 80
      targetPort: http
#                 ^
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
          ports: [{ containerPort: 8080 }]
"#,
    good: &[("[{ containerPort: 8080 }]", "[{ name: http, containerPort: 8080 }]")],
    check: Check::Objects(&["Service"], check),
};

fn check(cx: &mut Cx<'_>, service: Object<'_>) {
    let ports: Vec<Prop<'_>> = service.each("spec.ports").collect();
    for pods in service.selected() {
        let listed: Vec<Prop<'_>> = pods.ports().collect();
        if listed.iter().any(|port| !port.is_known()) {
            continue;
        }
        for target in ports.iter().filter_map(|port| port.key("targetPort")) {
            let has = |key, wanted: &str| listed.iter().any(|it| it.key(key).is_some_and(|port| port.is(wanted)));
            let Some(text) = target.text() else { continue };
            let is_number = target.int().is_some();
            // A list of ports is for information only, except where there is one on either side.
            let unclear = is_number && (listed.len() != 1 || ports.len() != 1);
            if unclear || has(if is_number { "containerPort" } else { "name" }, &text) {
                continue;
            }
            let place = listed.first().copied().or_else(|| pods.containers().last().map(|container| container.prop));
            let mut finding = target
                .finding(format!("pods of `{}` have no port `{text}`", pods.workload.name()), "traffic goes here");
            if let Some(place) = place {
                finding = finding.also(place.at(), "what the pods have");
            }
            cx.report(finding.help("name or number a port of the containers"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn an_unlisted_number_may_be_served() {
        let text = RULE
            .bad_example()
            .replace("targetPort: http", "targetPort: 9090")
            .replace("[{ containerPort: 8080 }]", "[{ containerPort: 8080 }, { containerPort: 8443 }]");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from([]));
    }
}
