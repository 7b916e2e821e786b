//! What the server serves, and the types of its fields: those of Kubernetes from the facts that `infra` has of them, those
//! of a CRD from its own schema.

use infra::facts::kubernetes_types::{self as facts, Schema, Tag};
use serde_json::{Value, json};

/// Built-in kinds, and those of controllers that a test takes for installed: version, plural, kind, whether in namespaces.
const SERVED: [(&str, &str, &str, bool); 28] = [
    ("v1", "namespaces", "Namespace", false),
    ("v1", "serviceaccounts", "ServiceAccount", true),
    ("v1", "configmaps", "ConfigMap", true),
    ("v1", "endpoints", "Endpoints", true),
    ("v1", "persistentvolumeclaims", "PersistentVolumeClaim", true),
    ("v1", "services", "Service", true),
    ("v1", "secrets", "Secret", true),
    ("v1", "pods", "Pod", true),
    ("apps/v1", "daemonsets", "DaemonSet", true),
    ("apps/v1", "deployments", "Deployment", true),
    ("apps/v1", "replicasets", "ReplicaSet", true),
    ("apps/v1", "statefulsets", "StatefulSet", true),
    ("networking.k8s.io/v1", "ingresses", "Ingress", true),
    ("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", true),
    ("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", true),
    ("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", true),
    ("batch/v1", "cronjobs", "CronJob", true),
    ("batch/v1", "jobs", "Job", true),
    ("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding", true),
    ("rbac.authorization.k8s.io/v1", "roles", "Role", true),
    ("rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", false),
    ("rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", false),
    ("storage.k8s.io/v1", "storageclasses", "StorageClass", false),
    ("apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", false),
    ("apiregistration.k8s.io/v1", "apiservices", "APIService", false),
    ("secrets-store.csi.x-k8s.io/v1", "secretproviderclasses", "SecretProviderClass", true),
    ("keda.sh/v1alpha1", "scaledobjects", "ScaledObject", true),
    ("keda.sh/v1alpha1", "triggerauthentications", "TriggerAuthentication", true),
];

/// Verbs of every kind.
const VERBS: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// A kind that is served.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub(super) version: String,
    pub(super) plural: String,
    pub(super) name: String,
    pub(super) namespaced: bool,
    pub(super) shape: Shape,
}

impl Kind {
    /// All that are built in.
    pub(super) fn built_in() -> Vec<Self> {
        let one = |(version, plural, kind, namespaced): &(&str, &str, &str, bool)| Self {
            version: (*version).to_owned(),
            plural: (*plural).to_owned(),
            name: (*kind).to_owned(),
            namespaced: *namespaced,
            shape: facts::find(version, kind).map_or(Shape::Free, |kind| Shape::Known(kind.schema())),
        };
        SERVED.iter().map(one).collect()
    }

    /// Those of a CRD.
    pub(super) fn custom(crd: &Value) -> Vec<Self> {
        let text = |pointer: &str| crd.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let versions = crd["spec"]["versions"].as_array().cloned().unwrap_or_default();
        let one = |version: &Value| Self {
            version: format!("{}/{}", text("/spec/group"), version["name"].as_str().unwrap_or_default()),
            plural: text("/spec/names/plural"),
            name: text("/spec/names/kind"),
            namespaced: crd["spec"]["scope"] == "Namespaced",
            shape: Shape::Custom(version["schema"]["openAPIV3Schema"].clone()),
        };
        versions.iter().filter(|version| version["served"] == true).map(one).collect()
    }

    /// The group; empty for the core.
    pub(super) fn group(&self) -> &str {
        self.version.split_once('/').map_or("", |(group, _)| group)
    }

    /// `deployments.apps`.
    pub(super) fn resource(&self) -> String {
        if self.group().is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group()) }
    }

    /// `Deployment.apps`.
    pub(super) fn qualified(&self) -> String {
        if self.group().is_empty() { self.name.clone() } else { format!("{}.{}", self.name, self.group()) }
    }

    /// Where all objects of the kind are.
    pub(super) fn root(&self) -> String {
        root(&self.version)
    }

    /// As discovery names it, with its subresources.
    pub(super) fn listed(&self) -> Vec<Value> {
        let singular = self.name.to_lowercase();
        let mut all = vec![json!({
            "name": self.plural, "singularName": singular, "namespaced": self.namespaced, "kind": self.name, "verbs": VERBS,
        })];
        if self.group() == "apps" {
            all.push(json!({ "name": format!("{}/status", self.plural), "singularName": "", "namespaced": true, "kind": self.name, "verbs": ["get", "patch", "update"] }));
        }
        all
    }
}

/// Where the resources of a version are.
pub(super) fn root(version: &str) -> String {
    if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") }
}

/// What a value must be.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A built-in type.
    Known(Schema),
    /// A schema of a CRD.
    Custom(Value),
    /// Anything.
    Free,
}

/// Fields that the API's schemas mark as one value although they are objects or maps.
///
/// Source: `x-kubernetes-map-type: atomic` in the `OpenAPI` documents of Kubernetes 1.36, as far as the kinds here have it.
const ATOMIC: [&str; 12] = [
    "selector",
    "nodeSelector",
    "labelSelector",
    "podSelector",
    "namespaceSelector",
    "roleRef",
    "fieldRef",
    "resourceFieldRef",
    "secretKeyRef",
    "configMapKeyRef",
    "imagePullSecret",
    "targetRef",
];

impl Shape {
    /// What a field must be; nothing if there is no such field.
    pub(super) fn field(&self, name: &str) -> Option<Self> {
        match self {
            Self::Free => Some(Self::Free),
            Self::Known(schema) => match schema.tag() {
                Tag::Any => Some(Self::Free),
                Tag::Map => Some(schema.inner().map_or(Self::Free, Self::Known)),
                _ => schema.field(name).map(|field| Self::Known(field.schema())),
            },
            Self::Custom(schema) => {
                if schema["x-kubernetes-preserve-unknown-fields"] == true {
                    return Some(Self::Free);
                }
                let of = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
                match of {
                    Some(Value::Bool(_)) => Some(Self::Free),
                    Some(schema) => Some(Self::Custom(schema.clone())),
                    None => None,
                }
            }
        }
    }

    /// What a field of the whole object must be.
    pub(super) fn top(&self, name: &str) -> Option<Self> {
        match name {
            "apiVersion" | "kind" | "status" => Some(Self::Free),
            "metadata" => Self::metadata(),
            _ => self.field(name),
        }
    }

    fn metadata() -> Option<Self> {
        Some(Self::Known(facts::find("v1", "ConfigMap")?.schema().field("metadata")?.schema()))
    }

    /// What the items of a list must be.
    pub(super) fn items(&self) -> Self {
        match self {
            Self::Free => Self::Free,
            Self::Known(schema) => schema.inner().map_or(Self::Free, Self::Known),
            Self::Custom(schema) => schema.get("items").map_or(Self::Free, |items| Self::Custom(items.clone())),
        }
    }

    /// The fields by which items are told apart.
    pub(super) fn keys(&self) -> Vec<String> {
        match self {
            Self::Free => Vec::new(),
            Self::Known(schema) => schema.keys().map(str::to_owned).collect(),
            Self::Custom(schema) => {
                let keys = schema["x-kubernetes-list-map-keys"].as_array();
                keys.into_iter().flatten().filter_map(|key| Some(key.as_str()?.to_owned())).collect()
            }
        }
    }

    /// Whether a list is a set of values, each of which has owners of its own.
    pub(super) fn is_set(&self, name: &str) -> bool {
        match self {
            Self::Free => false,
            Self::Known(schema) => schema.is_set() || name == "finalizers",
            Self::Custom(schema) => schema["x-kubernetes-list-type"] == "set",
        }
    }

    /// Whether a field of this name and type is one value.
    pub(super) fn is_atomic(&self, name: &str) -> bool {
        match self {
            Self::Free => false,
            Self::Known(_) => ATOMIC.contains(&name),
            Self::Custom(schema) => schema["x-kubernetes-map-type"] == "atomic",
        }
    }

    /// The type, in one word.
    pub(super) fn tag(&self) -> Tag {
        match self {
            Self::Free => Tag::Any,
            Self::Known(schema) => schema.tag(),
            Self::Custom(schema) => match schema["type"].as_str() {
                Some("string") => Tag::Text,
                Some("integer") => Tag::Integer,
                Some("number") => Tag::Number,
                Some("boolean") => Tag::Boolean,
                Some("array") => Tag::List,
                Some("object") if schema["properties"].is_object() => Tag::Object,
                Some("object") => Tag::Map,
                _ => Tag::Any,
            },
        }
    }
}
