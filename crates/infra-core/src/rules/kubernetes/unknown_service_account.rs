//! `kubernetes/unknown-service-account`: pods run as an account that is applied.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/unknown-service-account",
    code: "K8S-001",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "pods run as a service account that does not exist",
    why: "a pod whose service account is not there is refused, so its Deployment stays at no pods",
    error: Some("pods \"orders-\" is forbidden: error looking up service account"),
    sources: &["https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: v1
kind: ServiceAccount
metadata: { name: orders-sa, namespace: shop }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      serviceAccountName: orders
#                         ^
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
"#,
    good: &[(
        r#"serviceAccountName: orders
"#,
        r#"serviceAccountName: orders-sa
"#,
    )],
    check: Check::Objects(&["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"], check),
};

fn check(cx: &mut Cx<'_>, workload: Object<'_>) {
    let Some(written) = workload.pods().and_then(|pods| pods.get("serviceAccountName")) else { return };
    let Some(name) = written.text().filter(|name| name != "default") else { return };
    if workload.sibling("ServiceAccount", &name).is_some() {
        return;
    }
    // Others may make the account, unless one is applied that nothing runs as.
    let used = |account: &Object<'_>| {
        workload.neighbours().filter_map(|other| other.pods()).any(|pods| pods.service_account() == account.name())
    };
    let Some(other) = workload.siblings("ServiceAccount").find(|account| !used(account)) else { return };
    // The same name in another namespace is the business of another rule.
    if workload.view().objects_of("ServiceAccount").any(|account| account.name() == name) {
        return;
    }
    cx.report(
        written
            .finding(format!("there is no service account `{name}` in `{}`", workload.namespace()), "named here")
            .also(other.at(), format!("nothing runs as `{}`", other.name()))
            .help("name a service account that is applied with the workload"),
    );
}
