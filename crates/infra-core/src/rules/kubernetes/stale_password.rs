//! `kubernetes/stale-password`: passwords in the environment follow their rotation.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/stale-password",
    code: "DB-007",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "password in the environment outlives its rotation",
    why: "an environment is read once at the start; after a rotation the pods keep the old password until \
          something restarts them",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html",
        "https://kubernetes.io/docs/concepts/configuration/secret/",
    ],
    evidence: Evidence::Memory,
    bad: r#"
#: orders.yaml
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: orders-db, namespace: shop }
spec:
  secretStoreRef: { name: aws, kind: ClusterSecretStore }
  data: [{ secretKey: password, remoteRef: { key: rds!db-0f2a9f51-6d6b-4f0c-8a5e-2f4cbd7f1a11, property: password } }]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: orders
  namespace: shop
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
          env:
            - name: DB_PASSWORD
              valueFrom:
                secretKeyRef:
                  name: orders-db
#                       ^
                  key: password
"#,
    good: &[(
        r#"  name: orders
  namespace: shop
spec:
  selector"#,
        r#"  name: orders
  namespace: shop
  annotations: { reloader.stakater.com/auto: "true" }
spec:
  selector"#,
    )],
    check: Check::Objects(&["Deployment", "StatefulSet", "DaemonSet"], check),
};

fn check(cx: &mut Cx<'_>, workload: Object<'_>) {
    let Some(pods) = workload.pods() else { return };
    let reloads = |notes: Option<Prop<'_>>| {
        notes.is_some_and(|notes| notes.entries().any(|(key, _)| key.contains("reloader") || key.contains("rollme")))
    };
    if reloads(workload.get("metadata.annotations")) || reloads(pods.template.get("metadata.annotations")) {
        return;
    }
    for used in super::secret_keys(&pods) {
        let Some((place, name)) = used.get("name").and_then(|it| Some((it, it.text()?))) else { continue };
        let password = used.get("key").is_some_and(|key| key.text().is_some_and(|key| key.contains("password")));
        let Some(source) = super::producers(&workload, &name).find_map(|it| rotated(&it)).filter(|_| password) else {
            continue;
        };
        cx.report(
            place
                .finding(format!("`{}` keeps its password after a rotation", workload.name()), "read at the start only")
                .also(source.at(), "rotated")
                .help("read the password from a mounted file, or restart the pods with a reloader"),
        );
    }
}

/// Where a producer of secrets names one that is rotated.
fn rotated<'v>(producer: &Object<'v>) -> Option<Prop<'v>> {
    let keys = producer.each("spec.data").filter_map(|item| item.get("remoteRef.key"));
    let mut objects = keys.chain(producer.get("spec.parameters.objects"));
    objects.find(|key| super::is_managed(key) || schedule(key))
}

/// Whether a schedule of this deployment rotates the secret.
fn schedule(key: &Prop<'_>) -> bool {
    let kind = "AWS::SecretsManager::Secret";
    let by_name = || {
        let name = key.text()?;
        key.view().of(kind).find(|secret| secret.get("Name").is_some_and(|written| written.is(&name)))
    };
    let secret = key.resource_of(kind).or_else(by_name);
    secret.is_some_and(|secret| secret.referrers_of("AWS::SecretsManager::RotationSchedule").next().is_some())
}
