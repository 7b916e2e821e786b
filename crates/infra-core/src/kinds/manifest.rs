//! Any Kubernetes object of a cluster, for what the model does not know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cluster, Kind, workload};
use crate::artifacts::{Expr, Object};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::kubernetes_types;
use crate::lower::{Lowering, ObjectFile};
use crate::model::Ref;
use crate::names::KubernetesName;
use crate::resolve::Bound;
use crate::route;

/// A Kubernetes object as its reference describes it.
///
/// It is applied, compared and deleted with all others of the environment, and checked like them. `Ref`, `Fn::GetAtt` and
/// `Fn::Sub` may name logical ids of this stack, or of another one, as in `raw` entries: `{ Fn::GetAtt: [QueueJobs, Arn] }`.
/// `${…}` in other texts is the object's own, but for `${env.…}` and `${project}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// The cluster.
    pub cluster: Ref<Cluster>,
    /// The namespace, which must be there unless it is the project's own. If neither this nor the object says one, the
    /// project's for kinds of Kubernetes that have one, and none for others.
    #[serde(default)]
    pub namespace: Option<KubernetesName>,
    /// The object: `apiVersion`, `kind`, `metadata` with a name, and the rest.
    pub object: serde_json::Map<String, serde_json::Value>,
}

/// Kinds of Kubernetes that are in no namespace.
///
/// Source: `kubectl api-resources --namespaced=false`, <https://kubernetes.io/docs/reference/kubernetes-api/> (read
/// 2026-12-01).
const OF_CLUSTER: [&str; 27] = [
    "APIService",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterTrustBundle",
    "CustomResourceDefinition",
    "DeviceClass",
    "FlowSchema",
    "IPAddress",
    "IngressClass",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "ServiceCIDR",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttributesClass",
];

impl Kind for Manifest {
    const SECTION: &'static str = "manifests";
    const NOUN: &'static str = "manifest";
    const PREFIX: &'static str = "Manifest";
    const EXAMPLE: &'static str = "
manifests:
  queue-settings:
    cluster: main
    object:
      apiVersion: v1
      kind: ConfigMap
      metadata: { name: queue-settings }
      data:
        region: ${env.region}
        queue: { Ref: QueueJobs }
        arn: { Fn::Sub: 'arn=${QueueJobs.Arn}' }
queues:
  jobs: {}
clusters:
  main:
    network: main
    node-groups: { general: {} }
    access:
      platform:
        principal: arn:aws:iam::${env.account}:role/platform-admin
        policies: { AmazonEKSClusterAdminPolicy: cluster }
networks:
  main: { cidr: 10.20.0.0/16 }
";
    const VERBATIM: bool = true;

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        let is_text = |pointer: [&str; 2]| {
            let value = entry.object.get(pointer[0]);
            let value = if pointer[1].is_empty() { value } else { value.and_then(|value| value.get(pointer[1])) };
            value.is_some_and(|value| value.as_str().is_some_and(|text| !text.is_empty()))
        };
        for (pointer, what) in [(["apiVersion", ""], "apiVersion"), (["kind", ""], "kind"), (["metadata", "name"], "metadata.name")] {
            if !is_text(pointer) {
                diags.push(
                    Diagnostic::error("manifests/incomplete", format!("an object needs `{what}`"))
                        .at(entry.at(&route!["object"]), format!("`{what}` is missing, or no text"))
                        .note("objects are found by version, kind, namespace and name")
                        .help("such as `{ apiVersion: v1, kind: ConfigMap, metadata: { name: settings } }`"),
                );
            }
        }
        let (Some(own), Some(written)) = (&entry.namespace, entry.written_namespace()) else { return };
        if own.as_str() != written {
            diags.push(
                Diagnostic::error("manifests/namespace", "two namespaces are named for one object")
                    .at(entry.at(&route!["namespace"]), format!("`{own}`"))
                    .also(entry.at(&route!["object", "metadata", "namespace"]), format!("`{written}`"))
                    .help("remove one of them"),
            );
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        let cluster = entry.follow(&entry.spec().cluster);
        let project = entry.world().project().to_string();
        let namespace = entry.namespace();
        let file = |namespace: String, file: String| ObjectFile { cluster: cluster.name.to_string(), namespace, file };
        // The project's own is made as for workloads; those of others are theirs.
        if namespace.as_ref() == Some(&project) {
            let object = workload::namespace_object(cluster, &project, &project);
            cx.object(file(project, "00-namespace".to_owned()), object);
        }
        // Functions are read when all resources are known.
        let mut object = Expr::from_json(&serde_json::Value::Object(entry.spec().object.clone()));
        if let (Expr::Object(whole), Some(namespace)) = (&mut object, &namespace)
            && let Some(Expr::Object(metadata)) = whole.get_mut("metadata")
        {
            let written: Object = std::mem::take(metadata);
            let mut placed = Object::default();
            for (key, value) in written {
                let is_name = key == "name";
                placed.set(key, value);
                if is_name {
                    placed.set("namespace", namespace);
                }
            }
            placed.set("namespace", namespace);
            *metadata = placed;
        }
        cx.object(file(namespace.unwrap_or_default(), format!("manifest-{}", entry.name)), object);
    }
}

impl Manifest {
    fn text(&self, key: &str) -> &str {
        self.object.get(key).and_then(serde_json::Value::as_str).unwrap_or_default()
    }

    fn written_namespace(&self) -> Option<&str> {
        self.object.get("metadata")?.get("namespace")?.as_str()
    }
}

impl Bound<'_, Manifest> {
    /// Returns the namespace of the object, if its kind has one.
    fn namespace(&self) -> Option<String> {
        let said = self.spec().namespace.as_ref().map(ToString::to_string);
        said.or_else(|| self.written_namespace().map(str::to_owned)).or_else(|| {
            let kind = kubernetes_types::find(self.text("apiVersion"), self.text("kind"));
            let has_one = kind.is_some_and(|kind| !kind.is_custom() && !OF_CLUSTER.contains(&kind.kind()));
            has_one.then(|| self.world().project().to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::kinds::testing::{compile, report};

    fn with(object: &str) -> String {
        let start = Manifest::EXAMPLE.find("    object:").unwrap();
        let end = Manifest::EXAMPLE.find("queues:").unwrap();
        format!("{}    {object}\n{}", &Manifest::EXAMPLE[..start], &Manifest::EXAMPLE[end..])
    }

    fn written(yaml: &str, path: &str) -> String {
        let assembly = compile(yaml);
        let file = assembly.files.get(path).unwrap_or_else(|| panic!("no {path} in {:?}", assembly.files.keys()));
        String::from_utf8_lossy(file).into_owned()
    }

    #[test]
    fn references_to_entries_are_values_of_outputs() {
        assert_snapshot!(written(Manifest::EXAMPLE, "kubernetes/main/shop/manifest-queue-settings.yaml"), @"
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: queue-settings
          namespace: shop
        data:
          region: eu-west-1
          queue: ${output:shop-dev-example@eu-west-1:QueueJobsRef}
          arn: arn=${output:shop-dev-example@eu-west-1:QueueJobsArn}
        ");
        assert!(written(Manifest::EXAMPLE, "kubernetes/main/shop/00-namespace.yaml").contains("name: shop"));
    }

    #[test]
    fn what_looks_like_a_variable_of_the_object_stays() {
        let yaml = with("object: { apiVersion: v1, kind: ConfigMap, metadata: { name: a }, data: { run.sh: 'echo ${HOME} $${env.name} ${env.name}' } }");
        let text = written(&yaml, "kubernetes/main/shop/manifest-queue-settings.yaml");
        assert!(text.contains("echo ${HOME} ${env.name} dev"), "{text}");
    }

    #[test]
    fn an_object_is_where_its_kind_and_its_author_want_it() {
        for (object, path) in [
            ("object: { apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: { name: fast }, provisioner: ebs.csi.aws.com }", "_cluster"),
            ("namespace: monitoring\n    object: { apiVersion: v1, kind: ConfigMap, metadata: { name: a } }", "monitoring"),
            ("object: { apiVersion: v1, kind: ConfigMap, metadata: { name: a, namespace: other } }", "other"),
            ("object: { apiVersion: example.com/v1, kind: Wide, metadata: { name: a } }", "_cluster"),
        ] {
            let yaml = with(object);
            assert!(!written(&yaml, &format!("kubernetes/main/{path}/manifest-queue-settings.yaml")).is_empty());
            assert!(!compile(&yaml).files.contains_key("kubernetes/main/monitoring/00-namespace.yaml"));
        }
    }

    #[test]
    fn it_is_checked_like_every_other_object_where_it_was_written() {
        let yaml = with("object: { apiVersion: v1, kind: Service, metadata: { name: a }, spec: { ports: [{ port: many }] } }");
        assert_snapshot!(report(&yaml), @"manifest/wrong-type: `spec.ports[0].port` of Service `a` is text, `many`, not a whole number <- `many` text");
        assert_snapshot!(report(&with("object: { kind: ConfigMap, metadata: {} }")), @"
        manifests/incomplete: an object needs `apiVersion` <- `object` `apiVersion` is missing, or no text
        manifests/incomplete: an object needs `metadata.name` <- `object` `metadata.name` is missing, or no text
        ");
        assert_snapshot!(report(&with("namespace: a\n    object: { apiVersion: v1, kind: ConfigMap, metadata: { name: a, namespace: b } }")), @"manifests/namespace: two namespaces are named for one object <- `a` `a`");
    }

    #[test]
    fn names_that_lead_nowhere_and_functions_that_nobody_evaluates_are_said() {
        let of = |value: &str| {
            report(&with(&format!("object: {{ apiVersion: v1, kind: ConfigMap, metadata: {{ name: a }}, data: {{ a: {value} }} }}")))
        };
        assert_snapshot!(of("{ Ref: QueueJbos }"), @"manifests/unknown-resource: `QueueJbos` names no resource <- `a` is left over");
        assert_snapshot!(of("{ Fn::GetAtt: [other.QueueJobs, Arn] }"), @"raw/unknown-stack: there is no stack `other` <- `other.QueueJobs` refers to `other.QueueJobs`");
        assert_snapshot!(of("{ Fn::ImportValue: a }"), @"manifests/function: `Fn::ImportValue` cannot be evaluated here <- `a` is left over");
        assert_snapshot!(of("{ Fn::Join: ['-', [{ Ref: QueueJobs }, a]] }"), @"");
    }
}
