//! `kubernetes/unknown-secret-store`: external secrets name a store that is applied.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/unknown-secret-store",
    code: "K8S-035",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "external secret names a store that is not there",
    why: "an ExternalSecret whose store does not exist makes no Secret, and pods that use it do not start",
    error: Some("could not get SecretStore"),
    sources: &["https://external-secrets.io/latest/api/externalsecret/"],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: { name: vault }
spec:
  provider:
    aws:
      service: SecretsManager
      region: eu-west-1
      auth:
        jwt:
          serviceAccountRef:
            name: reader
            namespace: secrets
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: orders, namespace: shop }
spec:
  refreshInterval: 1h
  secretStoreRef:
    kind: ClusterSecretStore
    name: vaults
#         ^
  target: { name: orders }
  data: [{ secretKey: token, remoteRef: { key: shop/orders, property: token } }]
"#,
    good: &[(
        r#"name: vaults
"#,
        r#"name: vault
"#,
    )],
    check: Check::Objects(&["ExternalSecret", "ClusterExternalSecret", "PushSecret"], check),
};

fn check(cx: &mut Cx<'_>, secret: Object<'_>) {
    for reference in super::store_references(&secret) {
        let Some(place) = reference.key("name") else { continue };
        let (Some(name), kind) = (place.text(), super::store_kind(&reference)) else { continue };
        let candidates: Vec<Object<'_>> = super::stores(&secret, kind).collect();
        if candidates.iter().any(|store| store.name() == name) {
            continue;
        }
        let used = |store: &Object<'_>| {
            let users = secret.view().objects_of(secret.kind());
            users
                .flat_map(|user| super::store_references(&user))
                .any(|it| it.key("name").is_some_and(|it| it.is(&store.name())))
        };
        // A store of the other kind is what is meant more often than one of another name.
        let other_kind = if kind == "SecretStore" { "ClusterSecretStore" } else { "SecretStore" };
        let other = super::stores(&secret, other_kind).find(|store| store.name() == name);
        let Some(other) = other.or_else(|| super::nearest(&candidates, &name, used)) else { continue };
        let help = if other.kind() == kind {
            format!("write `{}`, or apply the {kind} `{name}`", other.name())
        } else {
            format!("write `kind: {other_kind}`")
        };
        let title = format!("{} `{}` names the {kind} `{name}`, which is not there", secret.kind(), secret.name());
        cx.report(place.finding(title, "not there").also(other.at(), "is this meant?").help(help));
    }
}
