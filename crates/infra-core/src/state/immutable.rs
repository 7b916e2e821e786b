//! Fields of Kubernetes objects that the API server does not change: another value needs another object.
//!
//! Source: the answers of a kube-apiserver 1.36.2 (seen 2026-11-30), and `Validate…Update` in `pkg/apis/*/validation` of
//! <https://github.com/kubernetes/kubernetes> (read 2026-11-30).

use serde_json::Value;

use super::ObjectId;

/// What of a kind is fixed, and what it means that the object is deleted and made anew.
struct Fixed {
    kinds: &'static [&'static str],
    /// Paths with dots.
    fields: &'static [&'static str],
    /// What of them may change all the same.
    but: &'static [&'static str],
    then: &'static str,
}

const PODS: &str = "its pods end before the new ones start";
const RIGHTS: &str = "between the two nobody has the rights that it gives";

const FIXED: &[Fixed] = &[
    Fixed { kinds: &["DaemonSet", "Deployment", "ReplicaSet"], fields: &["spec.selector"], but: &[], then: PODS },
    Fixed {
        kinds: &["StatefulSet"],
        fields: &["spec"],
        but: &[
            "spec.replicas",
            "spec.ordinals",
            "spec.template",
            "spec.updateStrategy",
            "spec.revisionHistoryLimit",
            "spec.persistentVolumeClaimRetentionPolicy",
            "spec.minReadySeconds",
        ],
        then: "its pods end before the new ones start, and claims that it made stay as they are",
    },
    Fixed {
        kinds: &["Job"],
        fields: &[
            "spec.selector",
            "spec.template",
            "spec.completionMode",
            "spec.podFailurePolicy",
            "spec.backoffLimitPerIndex",
            "spec.managedBy",
        ],
        but: &[],
        then: "it runs once more",
    },
    Fixed {
        kinds: &["Service"],
        fields: &["spec.clusterIP", "spec.clusterIPs"],
        but: &[],
        then: "it gets another address, and nothing answers at the old one",
    },
    Fixed {
        kinds: &["PersistentVolumeClaim"],
        fields: &["spec"],
        but: &["spec.resources.requests", "spec.volumeAttributesClassName"],
        then: "its volume is deleted with its data, unless the volume says `Retain`",
    },
    Fixed {
        kinds: &["PersistentVolume"],
        fields: &[
            "spec.csi",
            "spec.nfs",
            "spec.hostPath",
            "spec.local",
            "spec.awsElasticBlockStore",
            "spec.volumeMode",
        ],
        but: &[],
        then: "the claim that is bound to it is lost",
    },
    Fixed { kinds: &["ClusterRoleBinding", "RoleBinding"], fields: &["roleRef"], but: &[], then: RIGHTS },
    Fixed {
        kinds: &["Secret"],
        fields: &["type"],
        but: &[],
        then: "between the two, pods that ask for it do not start",
    },
    Fixed {
        kinds: &["StorageClass"],
        fields: &["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"],
        but: &[],
        then: "volumes that it made stay as they are",
    },
    Fixed {
        kinds: &["PriorityClass"],
        fields: &["value", "preemptionPolicy"],
        but: &[],
        then: "pods that run keep the old priority",
    },
    Fixed {
        kinds: &["IngressClass"],
        fields: &["spec.controller"],
        but: &[],
        then: "between the two no controller serves its Ingresses",
    },
    Fixed {
        kinds: &["CustomResourceDefinition"],
        fields: &["spec.group", "spec.scope", "spec.names.plural", "spec.names.kind"],
        but: &[],
        then: "every object of its kind is deleted with it",
    },
    Fixed {
        kinds: &["TargetGroupBinding"],
        fields: &["spec.targetGroupARN", "spec.targetType"],
        but: &[],
        then: "its targets leave the target group before those of the new one come",
    },
];

/// Why an object must be deleted and made anew to become another, and what follows; nothing if it need not.
pub fn made_anew([_, kind, ..]: &ObjectId, before: &Value, after: &Value) -> Option<String> {
    if before.is_null() || after.is_null() {
        return None;
    }
    let is_frozen = before.get("immutable") == Some(&true.into()) && matches!(kind.as_str(), "ConfigMap" | "Secret");
    let frozen = ["data", "binaryData", "immutable"].into_iter().find(|field| before.get(field) != after.get(field));
    if let Some(field) = frozen.filter(|_| is_frozen) {
        return Some(format!(
            "{field} cannot be changed while `immutable` is true; between the two, pods that ask for it do not start"
        ));
    }
    let fixed = FIXED.iter().find(|fixed| fixed.kinds.contains(&kind.as_str()))?;
    let field = fixed.fields.iter().find_map(|field| differs(field, fixed.but, before, after))?;
    Some(format!("{field} cannot be changed; {}", fixed.then))
}

/// The first path, at or below `path`, at which the two differ beside what may change.
fn differs(path: &str, but: &[&str], before: &Value, after: &Value) -> Option<String> {
    let pointer = format!("/{}", path.replace('.', "/"));
    let sides = [before, after].map(|side| side.pointer(&pointer));
    if sides[0] == sides[1] || but.contains(&path) {
        return None;
    }
    // What the server fills in where nothing is written is no change.
    let is_given = |side: Option<&Value>| side.is_none_or(Value::is_null);
    if matches!(path, "spec.clusterIP" | "spec.clusterIPs") && sides.into_iter().any(is_given) {
        let headless =
            sides.into_iter().flatten().any(|side| side == "None" || side.get(0).is_some_and(|it| it == "None"));
        return headless.then(|| path.to_owned());
    }
    let within = format!("{path}.");
    if !but.iter().any(|other| other.starts_with(&within)) {
        return Some(path.to_owned());
    }
    let keys = sides.into_iter().flatten().filter_map(Value::as_object).flat_map(serde_json::Map::keys);
    let mut keys: Vec<&String> = keys.collect();
    keys.sort();
    keys.dedup();
    keys.into_iter().find_map(|key| differs(&format!("{path}.{key}"), but, before, after))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(kind: &str, before: &Value, after: &Value) -> String {
        let id = ["v1", kind, "shop", "a"].map(str::to_owned);
        let text = made_anew(&id, before, after).unwrap_or_default();
        text.split(" cannot").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn what_an_api_server_refuses_to_change_makes_the_object_anew() {
        let spec = |spec: Value| json!({ "spec": spec });
        for (kind, before, after, field) in [
            (
                "Deployment",
                spec(json!({ "selector": { "a": "b" } })),
                spec(json!({ "selector": { "a": "c" } })),
                "spec.selector",
            ),
            ("Deployment", spec(json!({ "replicas": 1 })), spec(json!({ "replicas": 2 })), ""),
            (
                "StatefulSet",
                spec(json!({ "replicas": 1, "volumeClaimTemplates": [{ "size": 1 }] })),
                spec(json!({ "replicas": 2, "volumeClaimTemplates": [{ "size": 2 }] })),
                "spec.volumeClaimTemplates",
            ),
            ("StatefulSet", spec(json!({ "template": 1 })), spec(json!({ "template": 2 })), ""),
            ("Job", spec(json!({ "template": 1 })), spec(json!({ "template": 2 })), "spec.template"),
            ("Job", spec(json!({ "backoffLimit": 1 })), spec(json!({ "backoffLimit": 2 })), ""),
            (
                "Service",
                spec(json!({ "ports": [] })),
                spec(json!({ "ports": [], "clusterIP": "None" })),
                "spec.clusterIP",
            ),
            ("Service", spec(json!({ "clusterIP": "10.0.0.1" })), spec(json!({})), ""),
            (
                "PersistentVolumeClaim",
                spec(json!({ "storageClassName": "slow", "resources": { "requests": { "storage": "1Gi" } } })),
                spec(json!({ "storageClassName": "fast", "resources": { "requests": { "storage": "1Gi" } } })),
                "spec.storageClassName",
            ),
            (
                "PersistentVolumeClaim",
                spec(json!({ "resources": { "requests": { "storage": "1Gi" } } })),
                spec(json!({ "resources": { "requests": { "storage": "2Gi" } } })),
                "",
            ),
            ("RoleBinding", json!({ "roleRef": { "name": "a" } }), json!({ "roleRef": { "name": "b" } }), "roleRef"),
            ("Secret", json!({ "type": "Opaque" }), json!({ "type": "kubernetes.io/tls" }), "type"),
            ("ConfigMap", json!({ "data": { "a": "b" } }), json!({ "data": { "a": "c" } }), ""),
            (
                "ConfigMap",
                json!({ "immutable": true, "data": { "a": "b" } }),
                json!({ "immutable": true, "data": {} }),
                "data",
            ),
            ("StorageClass", json!({ "provisioner": "a" }), json!({ "provisioner": "b" }), "provisioner"),
        ] {
            assert_eq!(said(kind, &before, &after), field, "{kind} {after}");
        }
    }
}
