//! `kubernetes/service-host`: names of Services have a namespace.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/service-host",
    code: "K8S-016",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "name of a Service lacks the namespace",
    why: "a Service is found at `<service>.<namespace>.svc.cluster.local`; with one label before `svc` that \
          label is a namespace, and nothing resolves",
    error: None,
    sources: &["https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/"],
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
            - name: INVENTORY_URL
              value: http://inventory.svc.cluster.local:8080
#                    ^
"#,
    good: &[("inventory.svc", "inventory.shop.svc")],
    check: Check::View(check),
};

/// What follows the namespace in the name of a Service.
const SUFFIX: &str = ".svc.cluster.local";

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for object in view.objects() {
        for (_, value) in object.pods().into_iter().flat_map(|pods| pods.containers()).flat_map(|it| it.envs()) {
            judge(cx, &object, value);
        }
        if object.kind() == "ConfigMap" {
            for (_, value) in object.get("data").into_iter().flat_map(|data| data.entries()) {
                judge(cx, &object, value);
            }
        }
    }
}

fn judge(cx: &mut Cx<'_>, object: &Object<'_>, value: Prop<'_>) {
    let Some(text) = value.text() else { return };
    let Some(name) = unqualified(&text) else { return };
    let namespace = object.namespace();
    cx.report(
        value
            .finding(format!("`{name}{SUFFIX}` is no Service"), "the namespace is missing")
            .help(format!("write `{name}.{namespace}{SUFFIX}`, or the namespace that it is in")),
    );
}

/// Returns the only label that stands before the suffix somewhere in a text.
fn unqualified(text: &str) -> Option<&str> {
    text.match_indices(SUFFIX).find_map(|(end, _)| {
        let before = text.get(..end)?;
        let is_name = |c: char| {
            c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*' | '$' | '{' | '}' | '(' | ')' | '%')
        };
        let start = before.rfind(|c| !is_name(c)).map_or(0, |at| at + 1);
        let name = before.get(start..)?;
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        plain.then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_one_label_lack_their_namespace() {
        assert_eq!(unqualified("http://orders.svc.cluster.local:80/"), Some("orders"));
        assert_eq!(unqualified("http://orders.shop.svc.cluster.local:80/"), None);
        assert_eq!(
            unqualified("%s.svc.cluster.local,*.svc.cluster.local,${NS}.svc.cluster.local,.svc.cluster.local"),
            None
        );
    }
}
