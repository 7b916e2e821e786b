//! `kubernetes/managed-secret-property`: only what RDS writes is read from its secrets.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/managed-secret-property",
    code: "K8S-014",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "secret that RDS manages has no such property",
    why: "a master user secret that RDS makes holds username and password; host, port and connection string \
          have to be put together elsewhere",
    error: None,
    sources: &["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html"],
    evidence: Evidence::Memory,
    bad: r#"
#: orders.yaml
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: orders-db, namespace: shop }
spec:
  secretStoreRef: { name: aws, kind: ClusterSecretStore }
  data:
    - secretKey: url
      remoteRef:
        key: rds!db-0f2a9f51-6d6b-4f0c-8a5e-2f4cbd7f1a11
        property: jdbcUrl
#                 ^
"#,
    good: &[("property: jdbcUrl", "property: password")],
    check: Check::Objects(&["ExternalSecret"], check),
};

fn check(cx: &mut Cx<'_>, secret: Object<'_>) {
    for source in secret.each("spec.data").filter_map(|item| item.key("remoteRef")) {
        let (Some(key), Some(property)) = (source.key("key"), source.key("property")) else { continue };
        if !super::is_managed(&key) || !property.is_known() || property.is_one_of(&["username", "password"]) {
            continue;
        }
        cx.report(
            property
                .finding(format!("the secret has no `{}`", property.pattern()), "only username and password are there")
                .also(key.at(), "made by RDS")
                .help("compose the connection string in the workload, or with `target.template`"),
        );
    }
}
