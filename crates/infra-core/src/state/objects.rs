//! Names of Kubernetes objects, the order in which they are applied, and the set that marks ours in a cluster.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Desired, DesiredObject};

/// `apiVersion`, `kind`, namespace (empty if none) and name.
pub type ObjectId = [String; 4];

/// Label of a member of a set, with the set's id.
///
/// Source: <https://kubernetes.io/docs/reference/labels-annotations-taints/#applyset-kubernetes-io-part-of> (read
/// 2026-11-25).
pub(super) const PART_OF: &str = "applyset.kubernetes.io/part-of";
/// Label of the object that stands for a set, with the set's id.
pub(super) const ID: &str = "applyset.kubernetes.io/id";
/// Annotations of the object that stands for a set: whose it is. Its name joins both with a dash, as they may themselves
/// be joined: project `a` with environment `b-c` and project `a-b` with environment `c` have one name for it.
pub(super) const PROJECT: &str = "infra/project";
pub(super) const ENVIRONMENT: &str = "infra/environment";
/// Label of all that a project with an id makes in a cluster.
pub(super) const PROJECT_ID: &str = "infra/id";
/// Annotations of that object: kinds of the members, as `Deployment.apps`, and their namespaces, with commas between.
///
/// Source: <https://kubernetes.io/docs/reference/labels-annotations-taints/#applyset-kubernetes-io-contains-group-kinds>
/// (read 2026-11-25).
const CONTAINS: &str = "applyset.kubernetes.io/contains-group-kinds";
const NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";
/// Namespace of the object that stands for a set: it must not change while the set lives, or the id would.
const NAMESPACE: &str = "default";

/// Whether two identities name one object: versions of an API group are views of the same one.
pub fn is_same(a: &ObjectId, b: &ObjectId) -> bool {
    let ([a_version, a_rest @ ..], [b_version, b_rest @ ..]) = (a, b);
    group(a_version) == group(b_version) && a_rest == b_rest
}

fn group(version: &str) -> &str {
    version.split_once('/').map_or("", |(group, _)| group)
}

/// Reads `apiVersion/kind/namespace/name`, in which the version may hold a slash.
pub fn read_id(text: &str) -> Option<ObjectId> {
    let mut parts = text.rsplitn(4, '/').map(str::to_owned);
    let (name, namespace, kind) = (parts.next()?, parts.next()?, parts.next()?);
    Some([parts.next()?, kind, namespace, name])
}

/// How people are told of an object.
pub fn spelled([_, kind, namespace, name]: &ObjectId) -> String {
    if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") }
}

/// Place in the order of applying: what others need to exist comes first. What is deleted goes the other way round.
///
/// Services and target group bindings come before the pods that they select: the load balancer controller adds
/// readiness gates only to pods that are made after both.
/// Source: <https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/> (read
/// 2026-11-25).
pub fn rank([version, kind, ..]: &ObjectId) -> u8 {
    match kind.as_str() {
        "Namespace" if version == "v1" => 0,
        "CustomResourceDefinition" => 1,
        "ServiceAccount" | "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" => 2,
        "ConfigMap"
        | "Secret"
        | "SecretProviderClass"
        | "PersistentVolume"
        | "PersistentVolumeClaim"
        | "StorageClass"
        | "PriorityClass"
        | "ResourceQuota"
        | "LimitRange"
        | "NetworkPolicy"
        | "TargetGroupBinding" => 3,
        "Service" if version == "v1" => 3,
        // What runs once makes what others need, such as tables.
        "Job" => 4,
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "CronJob" | "Pod" => 5,
        _ => 6,
    }
}

/// Name of the object that stands for what an environment has in a cluster.
fn parent(project: &str, environment: &str) -> String {
    format!("infra-{project}-{environment}")
}

/// Whether an object is the one that stands for the set.
pub fn is_parent(id: &ObjectId, project: &str, environment: &str) -> bool {
    matches!(id, [version, kind, namespace, name] if version == "v1" && kind == "ConfigMap" && namespace == NAMESPACE
        && *name == parent(project, environment))
}

/// The object that stands for what an environment has in a cluster.
pub fn parent_id(project: &str, environment: &str) -> ObjectId {
    ["v1".to_owned(), "ConfigMap".to_owned(), NAMESPACE.to_owned(), parent(project, environment)]
}

/// Selects the members of the set of an environment by their label.
pub fn member_selector(project: &str, environment: &str) -> String {
    format!("{PART_OF}={}", set_id(project, environment))
}

/// What the object that stands for a set says of its members: their kinds, each with its group, and their namespaces.
pub fn contents(parent: &Value) -> (Vec<(String, String)>, Vec<String>) {
    let said = |key: &str| {
        let text = parent.pointer(&format!("/metadata/annotations/{}", key.replace('/', "~1"))).and_then(Value::as_str);
        text.unwrap_or_default().split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let kind = |text: String| match text.split_once('.') {
        Some((kind, group)) => (kind.to_owned(), group.to_owned()),
        None => (text, String::new()),
    };
    (said(CONTAINS).into_iter().map(kind).collect(), said(NAMESPACES))
}

/// The id of the set of an environment, the same in every cluster.
///
/// Source: <https://github.com/kubernetes/enhancements/blob/master/keps/sig-cli/3659-kubectl-apply-prune/README.md>
/// (read 2026-11-25): made of name, namespace, kind and group of the object that stands for it.
pub fn set_id(project: &str, environment: &str) -> String {
    let hash = Sha256::digest(format!("{}.{NAMESPACE}.ConfigMap.", parent(project, environment)));
    format!("applyset-{}-v1", base64_url(&hash))
}

/// Who we are among those that manage fields: one name for each project and environment, so that the API server tells
/// them apart.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers> (read 2026-11-30); a name has at
/// most 128 characters.
pub fn manager(project: &str, environment: &str) -> String {
    format!("infra:{project}:{environment}")
}

/// What is applied to an object that is there and carries no label of a set.
///
/// A namespace that others made does not become a member of ours: what carries the label is deleted with the rest, and a
/// namespace goes with everything in it.
pub fn adopted(object: &Value, id: &ObjectId, live: &Value) -> Value {
    let mut object = object.clone();
    let marked = live.pointer("/metadata/labels").is_some_and(|labels| labels.get(PART_OF).is_some());
    if is_namespace(id)
        && !live.is_null()
        && !marked
        && let Some(labels) = object.pointer_mut("/metadata/labels").and_then(Value::as_object_mut)
    {
        labels.remove(PART_OF);
        labels.remove(PROJECT_ID);
    }
    object
}

fn is_namespace([version, kind, ..]: &ObjectId) -> bool {
    version == "v1" && kind == "Namespace"
}

/// Base64 with the alphabet for URLs and without padding.
fn base64_url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            let index = bits >> (18 - 6 * digit) & 63;
            text.push(ALPHABET.get(index as usize).copied().map_or('A', char::from));
        }
    }
    text
}

impl Desired {
    /// Marks the objects of each cluster as one set, and adds the object that stands for it: `kubectl` then knows what
    /// belongs together and that it is not its own.
    pub(super) fn mark(&mut self) {
        let id = set_id(&self.project, &self.environment);
        let mut contents: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
        for object in &mut self.objects {
            let [version, kind, namespace, _] = object.identity();
            let (kinds, namespaces) = contents.entry(object.cluster.clone()).or_default();
            let group = group(&version);
            kinds.insert(if group.is_empty() { kind } else { format!("{kind}.{group}") });
            namespaces.extend(Some(namespace).filter(|it| !it.is_empty() && it != NAMESPACE));
            let Some(metadata) = object.object.get_mut("metadata").and_then(Value::as_object_mut) else { continue };
            let labels = metadata.entry("labels").or_insert_with(|| json!({}));
            if let Some(labels) = labels.as_object_mut() {
                labels.entry(PART_OF).or_insert_with(|| id.clone().into());
                labels.extend(self.id.as_ref().map(|id| (PROJECT_ID.to_owned(), id.clone().into())));
            }
        }
        let joined = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(",");
        for (cluster, (kinds, namespaces)) in contents {
            let mut object = json!({
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {
                    "name": parent(&self.project, &self.environment),
                    "namespace": NAMESPACE,
                    "labels": { "app.kubernetes.io/managed-by": "infra", ID: id },
                    "annotations": {
                        PROJECT: self.project,
                        ENVIRONMENT: self.environment,
                        "applyset.kubernetes.io/tooling": "infra/v1",
                        CONTAINS: joined(kinds),
                        NAMESPACES: joined(namespaces),
                    },
                },
            });
            if let (Some(id), Some(labels)) = (&self.id, object.pointer_mut("/metadata/labels")) {
                labels[PROJECT_ID] = id.clone().into();
            }
            let path = format!("kubernetes/{cluster}");
            self.objects.push(DesiredObject { cluster, path, object });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Holder, Owner};

    fn owner(environment: &str) -> Owner {
        Owner { project: "shop".to_owned(), environment: environment.to_owned(), id: None }
    }

    #[test]
    fn the_id_of_a_set_is_what_kubectl_computes_and_a_label() {
        assert_eq!(base64_url(b"\xff\xfe\xfd\xfc"), "__79_A");
        // Computed with Python's hashlib and base64.
        assert_eq!(set_id("shop", "dev"), "applyset-7D7rujq6UvUuX99sR0f8fau7WV51iHhC4Akrkp6rvqM-v1");
        assert!(set_id("shop", "dev").len() <= 63);
    }

    #[test]
    fn a_namespace_that_others_made_does_not_become_ours() {
        let id = ["v1", "Namespace", "", "shared"].map(str::to_owned);
        let ours = json!({ "metadata": { "name": "shared", "labels": { PART_OF: "set", "a": "b" } } });
        let theirs = json!({ "metadata": { "name": "shared", "labels": { "team": "other" } } });
        assert_eq!(adopted(&ours, &id, &theirs)["metadata"]["labels"], json!({ "a": "b" }));
        assert_eq!(adopted(&ours, &id, &Value::Null), ours, "one that is not there is made by us");
        assert_eq!(adopted(&ours, &id, &ours), ours);
        let account = ["v1", "ServiceAccount", "shared", "a"].map(str::to_owned);
        assert_eq!(adopted(&ours, &account, &theirs), ours, "anything else is ours once it was taken over");
    }

    #[test]
    fn every_environment_of_every_project_is_a_manager_of_its_own() {
        assert_eq!(manager("shop", "dev"), "infra:shop:dev");
        assert_ne!(manager("a-b", "c"), manager("a", "b-c"));
    }

    #[test]
    fn what_others_need_comes_first() {
        let id = |kind: &str| ["v1", kind, "n", "x"].map(str::to_owned);
        let order =
            ["Namespace", "CustomResourceDefinition", "Role", "Service", "Job", "Deployment", "PodDisruptionBudget"];
        let ranks: Vec<u8> = order.iter().map(|kind| rank(&id(kind))).collect();
        assert_eq!(ranks, [0, 1, 2, 3, 4, 5, 6]);
        // A service of Knative is no service of the core.
        assert_eq!(rank(&["serving.knative.dev/v1", "Service", "n", "x"].map(str::to_owned)), 6);
    }

    #[test]
    fn objects_say_which_set_they_are_of() {
        let files = crate::kinds::testing::compile("queues: { jobs: {} }").files;
        let mut desired = Desired::read(&files).unwrap();
        let object =
            json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "a", "namespace": "n" } });
        desired.objects.push(DesiredObject { cluster: "main".into(), path: String::new(), object });
        desired.mark();
        let id = set_id("shop", "dev");
        let member = &desired.objects[0].object;
        assert_eq!(member["metadata"]["labels"][PART_OF], id);
        assert!(desired.objects.iter().all(|it| owner("dev").of_object(&it.object) == Holder::Ours));
        assert_eq!(owner("prod").of_object(member), Holder::Other(format!("the set {id}")));
        assert_eq!(owner("dev").of_object(&json!({ "metadata": {} })), Holder::Nobody);
        // Two that have one name for their sets.
        assert_eq!(set_id("a-b", "c"), set_id("a", "b-c"));
        let mut parent = desired.objects[1].object.clone();
        parent["metadata"]["annotations"][PROJECT] = "a-b".into();
        assert_eq!(owner("dev").of_object(&parent), Holder::Other("environment dev of project a-b".to_owned()));
        let parent = &desired.objects[1];
        assert!(is_parent(&parent.identity(), "shop", "dev"));
        assert_eq!(
            parent.object["metadata"]["annotations"],
            json!({
                "infra/project": "shop",
                "infra/environment": "dev",
                "applyset.kubernetes.io/tooling": "infra/v1",
                "applyset.kubernetes.io/contains-group-kinds": "Deployment.apps",
                "applyset.kubernetes.io/additional-namespaces": "n",
            })
        );
        let (kinds, namespaces) = contents(&parent.object);
        assert_eq!((kinds, namespaces), (vec![("Deployment".into(), "apps".into())], vec!["n".to_owned()]));
        assert_eq!(parent.identity(), parent_id("shop", "dev"));
    }
}
