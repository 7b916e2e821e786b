//! `security/pod-identity-secrets`: the secrets provider uses Pod Identity only when told.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "security/pod-identity-secrets",
    code: "SEC-009",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "secrets provider does not use the Pod Identity of the pods that mount it",
    why: "AWS's provider for the Secrets Store CSI driver takes a role from the service account's annotation unless \
          `usePodIdentity` says otherwise, so pods whose role comes from a Pod Identity association do not start",
    error: Some("An IAM role must be associated with service account"),
    sources: &["https://docs.aws.amazon.com/secretsmanager/latest/userguide/ascp-pod-identity-integration.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: identity.yaml
Resources:
  OrdersRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: pods.eks.amazonaws.com }
            Action: [sts:AssumeRole, sts:TagSession]
  OrdersIdentity:
    Type: AWS::EKS::PodIdentityAssociation
    Properties: { ClusterName: main, Namespace: shop, ServiceAccount: orders, RoleArn: !GetAtt OrdersRole.Arn }
#: orders.yaml
apiVersion: v1
kind: ServiceAccount
metadata: { name: orders, namespace: shop }
---
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata:
  name: orders
#       ^
  namespace: shop
spec:
  provider: aws
  parameters:
    objects: |
      - objectName: shop/orders/db
        objectType: secretsmanager
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
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
          volumeMounts: [{ name: secrets, mountPath: /mnt/secrets, readOnly: true }]
      volumes:
        - name: secrets
          csi:
            driver: secrets-store.csi.k8s.io
            readOnly: true
            volumeAttributes: { secretProviderClass: orders }
"#,
    good: &[("  parameters:\n", "  parameters:\n    usePodIdentity: \"true\"\n")],
    check: Check::Objects(&["SecretProviderClass"], check),
};

fn check(cx: &mut Cx<'_>, class: Object<'_>) {
    let told = class.get("spec.parameters.usePodIdentity").is_some_and(|told| told.bool() != Some(false));
    if told || !class.get("spec.provider").is_some_and(|provider| provider.is("aws")) {
        return;
    }
    for association in class.view().of("AWS::EKS::PodIdentityAssociation") {
        let is = |path, wanted: &str| association.get(path).is_some_and(|written| written.is(wanted));
        let users = class.view().objects().filter(|object| object.beside(&class));
        let mut users = users.filter_map(|object| object.pods()).filter(|pods| {
            is("Namespace", &class.namespace())
                && is("ServiceAccount", &pods.service_account())
                && !has_role(&class, &pods.service_account())
                && mounts(pods.spec(), &class.name())
        });
        let Some(user) = users.next() else { continue };
        let title = format!("`{}` does not use the Pod Identity of `{}`", class.name(), user.workload.name());
        cx.report(
            class
                .finding(title, "`usePodIdentity` is not set")
                .also(user.workload.at(), "mounts it")
                .also(association.at(), "gives its pods their role")
                .help("set `usePodIdentity: \"true\"` below `spec.parameters`"),
        );
        return;
    }
}

fn has_role(class: &Object<'_>, account: &str) -> bool {
    class
        .siblings("ServiceAccount")
        .any(|it| it.name() == account && it.annotation("eks.amazonaws.com/role-arn").is_some())
}

fn mounts(spec: Option<Prop<'_>>, class: &str) -> bool {
    let volumes = spec.into_iter().flat_map(|spec| spec.each("volumes"));
    volumes.filter_map(|volume| volume.get("csi.volumeAttributes.secretProviderClass")).any(|named| named.is(class))
}
