//! `kubernetes/unknown-secret-key`: keys of secrets exist.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/unknown-secret-key",
    code: "K8S-012",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "environment names a key that the secret does not have",
    why: "a container whose environment names a missing key of a secret does not start",
    error: Some("CreateContainerConfigError: couldn't find key in Secret"),
    sources: &["https://kubernetes.io/docs/concepts/configuration/secret/"],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: orders-db, namespace: shop }
spec:
  refreshInterval: 1h
  secretStoreRef: { name: aws, kind: ClusterSecretStore }
  data: [{ secretKey: url, remoteRef: { key: shop/orders/db, property: url } }]
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
            - name: DB_URL
              valueFrom:
                secretKeyRef:
                  name: orders-db
                  key: jdbcUrl
#                      ^
"#,
    good: &[("key: jdbcUrl", "key: url")],
    check: Check::Objects(&["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"], check),
};

fn check(cx: &mut Cx<'_>, workload: Object<'_>) {
    for used in workload.pods().iter().flat_map(super::secret_keys) {
        let text = |path| used.get(path).and_then(|prop| prop.text());
        let (Some(name), Some(key), Some(place)) = (text("name"), text("key"), used.get("key")) else { continue };
        if used.get("optional").is_some_and(|optional| optional.bool() != Some(false)) {
            continue;
        }
        let mut producers = super::producers(&workload, &name);
        let (Some(producer), None) = (producers.next(), producers.next()) else { continue };
        let Some(keys) = super::keys(&producer, &name).filter(|keys| !keys.iter().any(|known| known == &key)) else {
            continue;
        };
        cx.report(
            place
                .finding(format!("secret `{name}` has no key `{key}`"), "asked for here")
                .also(producer.at(), format!("makes it with {}", keys.join(", ")))
                .help("name a key that is there, or add this one to the secret"),
        );
    }
}
