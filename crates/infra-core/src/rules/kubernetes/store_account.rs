//! `kubernetes/store-account`: stores of secrets log in as an account that is there.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/store-account",
    code: "K8S-036",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "store of secrets logs in as an account of the wrong namespace",
    why: "where a ClusterSecretStore names no namespace, its service account is looked up in the namespace of each ExternalSecret; a \
          SecretStore looks in its own",
    error: Some("could not get service account"),
    sources: &[
        "https://external-secrets.io/latest/provider/aws-access/",
        "https://external-secrets.io/latest/api/clustersecretstore/",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: v1
kind: ServiceAccount
metadata: { name: reader, namespace: secrets, annotations: { eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/reader" } }
---
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
#                 ^
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: orders, namespace: shop }
spec:
  refreshInterval: 1h
  secretStoreRef:
    kind: ClusterSecretStore
    name: vault
  target: { name: orders }
  data: [{ secretKey: token, remoteRef: { key: shop/orders, property: token } }]
"#,
    good: &[(
        r#"            name: reader
"#,
        r#"            name: reader
            namespace: secrets
"#,
    )],
    check: Check::Objects(&["ClusterSecretStore", "SecretStore"], check),
};

fn check(cx: &mut Cx<'_>, store: Object<'_>) {
    let mut accounts = Vec::new();
    if let Some(provider) = store.get("spec.provider") {
        find(provider, &mut accounts);
    }
    for reference in accounts {
        let Some(place) = reference.key("name") else { continue };
        let Some(name) = place.text() else { continue };
        let written = reference.key("namespace").map(|namespace| namespace.text());
        let namespaces: Vec<String> = match (store.kind(), written) {
            (_, Some(None)) => continue,
            (_, Some(Some(namespace))) => vec![namespace.into_owned()],
            ("SecretStore", None) => vec![store.namespace().into_owned()],
            (_, None) => users(&store),
        };
        // A slip in the name, in the namespace where it is looked up.
        let slip = namespaces.iter().find_map(|namespace| {
            let beside = store.view().objects_of("ServiceAccount").filter(|it| it.namespace() == namespace.as_str());
            let accounts: Vec<Object<'_>> = beside.collect();
            let is_there = accounts.iter().any(|account| account.name() == name);
            if is_there { None } else { super::nearest(&accounts, &name, |_| true) }
        });
        if let Some(other) = slip {
            let title = format!(
                "{} `{}` logs in as the service account `{name}`, which is not there",
                store.kind(),
                store.name()
            );
            let help = format!("write `{}`, or apply the account", other.name());
            cx.report(place.finding(title, "not there").also(other.at(), "is this meant?").help(help));
            continue;
        }
        let named = || store.view().objects_of("ServiceAccount").filter(|it| it.name() == name);
        let misses = |namespace: &&String| named().all(|account| account.namespace() != namespace.as_str());
        let (Some(missing), Some(other)) = (namespaces.iter().find(misses), named().next()) else { continue };
        let title = format!(
            "{} `{}` logs in as the service account `{name}` of the namespace `{missing}`, which has none",
            store.kind(),
            store.name()
        );
        cx.report(
            place
                .finding(title, "looked up there")
                .also(other.at(), format!("it is in `{}`", other.namespace()))
                .help(format!("write `namespace: {}` beside it, in a ClusterSecretStore", other.namespace())),
        );
    }
}

/// The namespaces of those who use a store of the cluster.
fn users(store: &Object<'_>) -> Vec<String> {
    let secrets = store.view().objects_of("ExternalSecret").filter(|secret| secret.cluster() == store.cluster());
    let uses = |secret: &Object<'_>| {
        super::store_references(secret).iter().any(|reference| {
            super::store_kind(reference) == store.kind() && reference.key("name").is_some_and(|it| it.is(&store.name()))
        })
    };
    secrets.filter(uses).map(|secret| secret.namespace().into_owned()).collect()
}

/// Every `serviceAccountRef` below a value.
fn find<'v>(prop: Prop<'v>, found: &mut Vec<Prop<'v>>) {
    for (key, value) in prop.entries() {
        if key == "serviceAccountRef" {
            found.push(value);
        } else if value.is_object() {
            find(value, found);
        }
    }
}
