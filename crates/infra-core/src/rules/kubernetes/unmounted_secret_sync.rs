//! `kubernetes/unmounted-secret-sync`: pods that use a synchronized secret mount its class.

use crate::rules::prelude::*;
use crate::view::Pods;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/unmounted-secret-sync",
    code: "K8S-011",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "secret is never made because no pod mounts its provider class",
    why: "the Secrets Store CSI driver makes the Kubernetes secrets of a class when a pod mounts a volume of \
          it",
    error: Some("CreateContainerConfigError: secret not found"),
    sources: &["https://secrets-store-csi-driver.sigs.k8s.io/topics/sync-as-kubernetes-secret"],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: { name: orders, namespace: shop }
spec:
  provider: aws
  parameters: { objects: "[{ objectName: shop/orders, objectType: secretsmanager, objectAlias: api-token }]" }
  secretObjects: [{ secretName: orders, type: Opaque, data: [{ objectName: api-token, key: api-token }] }]
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
            - name: API_TOKEN
              valueFrom:
                secretKeyRef:
                  name: orders
#                       ^
                  key: api-token
"#,
    good: &[
        (
            r#"          env:
"#,
            r#"          volumeMounts: [{ name: secrets, mountPath: /mnt/secrets, readOnly: true }]
          env:
"#,
        ),
        (
            r#"      containers:
"#,
            r#"      volumes:
        - name: secrets
          csi: { driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: { secretProviderClass: orders } }
      containers:
"#,
        ),
    ],
    check: Check::Objects(&["SecretProviderClass"], check),
};

fn check(cx: &mut Cx<'_>, class: Object<'_>) {
    let made: Vec<Prop<'_>> = class.each("spec.secretObjects").filter_map(|secret| secret.key("secretName")).collect();
    if made.is_empty() {
        return;
    }
    let beside = class.neighbours();
    let pods: Vec<Pods<'_>> = beside.filter_map(|object| object.pods()).collect();
    let name = class.name();
    let mounts = |pods: &Pods<'_>| {
        let volumes = pods.spec().into_iter().flat_map(|spec| spec.each("volumes"));
        volumes.filter_map(|volume| volume.get("csi.volumeAttributes.secretProviderClass")).any(|it| it.is(&name))
    };
    if pods.iter().any(mounts) {
        return;
    }
    for used in pods.iter().flat_map(super::secret_keys) {
        let Some(secret) = used.get("name").and_then(|name| name.text()) else { continue };
        let Some(source) = made.iter().find(|made| made.is(&secret)) else { continue };
        // Something else may make the secret.
        if super::producers(&class, &secret).count() > 1 {
            continue;
        }
        cx.report(
            used.get("name")
                .unwrap_or(used)
                .finding(format!("nothing makes the secret `{secret}`"), "used here")
                .also(source.at(), "made when a pod mounts this class")
                .help(format!("mount a CSI volume with `secretProviderClass: {name}` into the pods")),
        );
    }
}
