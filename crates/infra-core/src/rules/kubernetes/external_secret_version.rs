//! `kubernetes/external-secret-version`: External Secrets objects have a served version.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/external-secret-version",
    code: "K8S-013",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "External Secrets object has a version that is not served any more",
    why: "the operator serves external-secrets.io/v1 only; objects of the beta versions are refused",
    error: Some("no matches for kind \"ExternalSecret\" in version \"external-secrets.io/v1beta1\""),
    sources: &["https://external-secrets.io/latest/introduction/stability-support/"],
    evidence: Evidence::Observed,
    bad: r#"
#: orders.yaml
apiVersion: external-secrets.io/v1beta1
#           ^
kind: ExternalSecret
metadata: { name: orders, namespace: shop }
spec:
  secretStoreRef: { name: aws, kind: ClusterSecretStore }
  data: [{ secretKey: url, remoteRef: { key: shop/orders, property: url } }]
"#,
    good: &[("v1beta1", "v1")],
    check: Check::Objects(&["ClusterExternalSecret", "ClusterSecretStore", "ExternalSecret", "SecretStore"], check),
};

fn check(cx: &mut Cx<'_>, object: Object<'_>) {
    let Some(version) = object.get("apiVersion") else { return };
    if version.is_one_of(&["external-secrets.io/v1alpha1", "external-secrets.io/v1beta1"]) {
        cx.report(
            version
                .finding(format!("`{}` is of a version that is gone", object.name()), "not served any more")
                .help("write `apiVersion: external-secrets.io/v1`")
                .fix(version.replace("external-secrets.io/v1")),
        );
    }
}
