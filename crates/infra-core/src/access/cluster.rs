//! What somebody must be allowed in a cluster: roles of Kubernetes for what is sent to its API server.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::state::{Desired, ObjectId, is_parent};

/// Who a role is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deputy {
    /// Who runs `diff`, `status` and `drift`. A dry run needs the rights of the change itself, so it may write; what it
    /// sends writes nothing.
    ///
    /// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run-authorization> (from memory).
    Looks,
    /// Who runs `apply` and `destroy`.
    Deploys,
}

impl Deputy {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Looks, Self::Deploys];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Looks => "look",
            Self::Deploys => "deploy",
        }
    }

    const fn verbs(self) -> &'static [&'static str] {
        match self {
            Self::Looks => &["get", "list", "create", "patch"],
            Self::Deploys => &["get", "list", "create", "patch", "delete"],
        }
    }

    /// The group whose members have the role, for an access entry of EKS.
    pub fn group(self, desired: &Desired) -> String {
        format!("infra:{}:{}:{}", desired.project, desired.environment, self.as_str())
    }
}

/// The roles and bindings of one cluster for one who looks or deploys.
///
/// What is in a namespace that the project makes itself is allowed in every namespace: a role cannot be in a namespace
/// that is not there yet.
pub fn roles(desired: &Desired, cluster: &str, deputy: Deputy) -> Vec<Value> {
    let objects: Vec<ObjectId> =
        desired.objects.iter().filter(|object| object.cluster == cluster).map(|object| object.identity()).collect();
    let is_namespace = |id: &&ObjectId| id[0] == "v1" && id[1] == "Namespace";
    let made: BTreeSet<&str> = objects.iter().filter(is_namespace).map(|id| id[3].as_str()).collect();
    let mut everywhere: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut within: BTreeMap<&str, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
    let mut parent = None;
    for id in &objects {
        let [version, kind, namespace, name] = id;
        let group = version.split_once('/').map_or("", |(group, _)| group);
        if is_parent(id, &desired.project, &desired.environment) {
            parent = Some((namespace.as_str(), name.as_str()));
        } else if namespace.is_empty() || made.contains(namespace.as_str()) {
            everywhere.entry(group).or_default().insert(plural(kind));
        } else {
            within.entry(namespace).or_default().entry(group).or_default().insert(plural(kind));
        }
    }
    let name = format!("infra:{}:{}:{}", desired.project, desired.environment, deputy.as_str());
    let named = Named { name: &name, group: &deputy.group(desired) };
    let mut all = Vec::new();
    let mut rules = rules(&everywhere, deputy);
    rules.push(rule("", &["pods"], &["list"]));
    if deputy == Deputy::Deploys {
        // What others have in a namespace of ours that goes is looked for, kind by kind.
        rules.push(json!({ "apiGroups": ["*"], "resources": ["*"], "verbs": ["list"] }));
    }
    all.extend(named.role("ClusterRole", None, &rules));
    for (namespace, kinds) in &within {
        let rules = self::rules(kinds, deputy);
        all.extend(named.role("Role", Some(namespace), &rules));
    }
    if let Some((namespace, parent)) = parent {
        let mut own = rule("", &["configmaps"], deputy.verbs());
        if let Some(map) = own.as_object_mut() {
            map.insert("resourceNames".to_owned(), json!([parent]));
        }
        // A name cannot be asked for when something is made.
        let named = Named { name: &format!("{name}:set"), ..named };
        all.extend(named.role("Role", Some(namespace), &[own, rule("", &["configmaps"], &["create"])]));
    }
    all
}

/// What roles and bindings are called, and who has them.
#[derive(Clone, Copy)]
struct Named<'a> {
    name: &'a str,
    group: &'a str,
}

impl Named<'_> {
    fn role(self, kind: &str, namespace: Option<&str>, rules: &[Value]) -> [Value; 2] {
        let mut metadata = json!({ "name": self.name });
        if let (Some(namespace), Some(map)) = (namespace, metadata.as_object_mut()) {
            map.insert("namespace".to_owned(), namespace.into());
        }
        let api = "rbac.authorization.k8s.io";
        let version = format!("{api}/v1");
        [
            json!({ "apiVersion": version, "kind": kind, "metadata": metadata, "rules": rules }),
            json!({
                "apiVersion": version, "kind": format!("{kind}Binding"), "metadata": metadata,
                "roleRef": { "apiGroup": api, "kind": kind, "name": self.name },
                "subjects": [{ "apiGroup": api, "kind": "Group", "name": self.group }],
            }),
        ]
    }
}

fn rules(kinds: &BTreeMap<&str, BTreeSet<String>>, deputy: Deputy) -> Vec<Value> {
    let one = |(group, resources): (&&str, &BTreeSet<String>)| {
        let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
        rule(group, &resources, deputy.verbs())
    };
    kinds.iter().map(one).collect()
}

fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> Value {
    json!({ "apiGroups": [group], "resources": resources, "verbs": verbs })
}

/// The name of a kind's resource, as its authors are expected to make it.
///
/// Source: `UnsafeGuessKindToResource` of apimachinery's `api/meta/restmapper.go` (from memory).
fn plural(kind: &str) -> String {
    let lower = kind.to_ascii_lowercase();
    match lower.as_str() {
        "endpoints" => lower,
        _ if lower.ends_with('s') => lower + "es",
        _ => match lower.strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None => lower + "s",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::DesiredObject;

    fn object(identity: [&str; 4]) -> DesiredObject {
        let [version, kind, namespace, name] = identity;
        let object =
            json!({ "apiVersion": version, "kind": kind, "metadata": { "namespace": namespace, "name": name } });
        DesiredObject { cluster: "main".to_owned(), path: String::new(), object }
    }

    #[test]
    fn what_is_in_a_namespace_of_others_is_allowed_there_alone() {
        let mut desired = crate::diff::testing::desired(&[]);
        desired.objects = vec![
            object(["v1", "Namespace", "", "ours"]),
            object(["apps/v1", "Deployment", "ours", "api"]),
            object(["networking.k8s.io/v1", "NetworkPolicy", "theirs", "api"]),
            object(["v1", "ConfigMap", "default", "infra-shop-dev"]),
        ];
        let all = roles(&desired, "main", Deputy::Deploys);
        let of = |kind: &str, namespace: Option<&str>| {
            let found = all.iter().find(|it| it["kind"] == kind && it["metadata"]["namespace"].as_str() == namespace);
            found.unwrap_or_else(|| panic!("{kind} in {namespace:?}: {all:#?}"))["rules"].to_string()
        };
        let everywhere = of("ClusterRole", None);
        assert!(everywhere.contains("namespaces") && everywhere.contains("deployments"), "{everywhere}");
        assert!(!everywhere.contains("networkpolicies") && !everywhere.contains("configmaps"), "{everywhere}");
        assert!(of("Role", Some("theirs")).contains("networkpolicies"));
        assert!(of("Role", Some("default")).contains("infra-shop-dev"));
        let looks = roles(&desired, "main", Deputy::Looks);
        assert!(!json!(looks).to_string().contains("delete"));
        assert_eq!(roles(&desired, "other", Deputy::Looks).len(), 2, "pods are listed all the same");
    }

    #[test]
    fn kinds_have_the_plurals_that_are_expected_of_them() {
        let all = ["NetworkPolicy", "Ingress", "StorageClass", "Pod", "Endpoints"].map(plural);
        assert_eq!(all, ["networkpolicies", "ingresses", "storageclasses", "pods", "endpoints"]);
    }
}
