//! Kubernetes objects as they are against what applying ours would make of them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Action, Impact, ObjectChange, ValueChange};
use crate::state::{Deployed, DeployedObject, Desired};

/// What the cluster writes into every object; nobody wants it.
const OF_CLUSTER: [&str; 6] = [
    "metadata.creationTimestamp",
    "metadata.generation",
    "metadata.managedFields",
    "metadata.resourceVersion",
    "metadata.uid",
    "status",
];

/// An annotation in which `kubectl apply` keeps a whole object, with the data of a secret.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Compares wanted objects with those of the clusters; the sentences say what could not be compared, and why.
pub fn objects(desired: &Desired, deployed: &Deployed) -> (Vec<ObjectChange>, Vec<String>) {
    let owned = deployed.owned().objects;
    let Some(found) = &deployed.objects else {
        let clusters = desired.objects.iter().map(|object| &object.cluster).chain(owned.keys());
        let clusters: BTreeSet<&String> = clusters.collect();
        let sentence = |cluster| format!("objects of cluster {cluster} were not compared: no cluster was asked");
        return (Vec::new(), clusters.into_iter().map(sentence).collect());
    };
    let (mut changes, mut unseen) = (Vec::new(), Vec::new());
    for object in &desired.objects {
        let identity = object.identity();
        let there = found.iter().find(|there| there.cluster == object.cluster && same(&there.identity, &identity));
        if let Some(Err(reason)) = there.map(|there| &there.applied) {
            let name = spelled(&identity);
            unseen.push(format!(
                "{name} of cluster {} was not compared: the dry run was refused: {reason}",
                object.cluster
            ));
        }
        let (action, fields) = match there {
            Some(DeployedObject { live, applied: Ok(applied), .. }) if !live.is_null() => {
                let fields = fields(live, applied, &identity);
                if fields.is_empty() {
                    continue;
                }
                (Action::Update, fields)
            }
            // It is there, but nobody knows what would change.
            Some(DeployedObject { live, applied: Err(_), .. }) if !live.is_null() => continue,
            Some(_) | None => (Action::Create, Vec::new()),
        };
        changes.push(ObjectChange { cluster: object.cluster.clone(), identity, action, fields });
    }
    for (cluster, identity) in owned.iter().flat_map(|(cluster, all)| all.iter().map(move |one| (cluster, one))) {
        let Some(identity) = parsed(identity) else { continue };
        let wanted =
            desired.objects.iter().any(|object| object.cluster == *cluster && same(&object.identity(), &identity));
        let gone = found
            .iter()
            .any(|there| there.cluster == *cluster && same(&there.identity, &identity) && there.live.is_null());
        if !wanted && !gone {
            let change =
                ObjectChange { cluster: cluster.clone(), identity, action: Action::Delete, fields: Vec::new() };
            changes.push(change);
        }
    }
    (changes, unseen)
}

/// Whether two identities name one object: versions of an API group are views of the same one.
fn same(a: &[String; 4], b: &[String; 4]) -> bool {
    let ([a_version, a_rest @ ..], [b_version, b_rest @ ..]) = (a, b);
    let group = |version: &str| version.split_once('/').map(|(group, _)| group.to_owned());
    group(a_version) == group(b_version) && a_rest == b_rest
}

/// Reads `apiVersion/kind/namespace/name`, in which the version may hold a slash.
fn parsed(text: &str) -> Option<[String; 4]> {
    let mut parts = text.rsplitn(4, '/').map(str::to_owned);
    let (name, namespace, kind) = (parts.next()?, parts.next()?, parts.next()?);
    Some([parts.next()?, kind, namespace, name])
}

fn spelled([_, kind, namespace, name]: &[String; 4]) -> String {
    if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") }
}

fn fields(live: &Value, applied: &Value, [version, kind, ..]: &[String; 4]) -> Vec<ValueChange> {
    let mut fields = Vec::new();
    compare("", Some(live), Some(applied), &mut fields);
    if version == "v1" && kind == "Secret" {
        for field in fields.iter_mut().filter(|field| secret(&field.path)) {
            field.before = field.before.as_ref().map(|_| "*** (before)".into());
            field.after = field.after.as_ref().map(|_| "*** (after)".into());
        }
    }
    fields
}

/// Whether a field of a `Secret` holds what must not be shown.
fn secret(path: &str) -> bool {
    let within =
        |field: &str| path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    within("data") || within("stringData") || path == "metadata.annotations" || path.contains(LAST_APPLIED)
}

/// Adds what differs, as deep as both sides have the same shape.
fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<ValueChange>) {
    if before == after || OF_CLUSTER.contains(&path) {
        return;
    }
    match (before, after) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                compare(&join(path, key), a.get(key), b.get(key), changes);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => match (named(a), named(b)) {
            (Some(a), Some(b)) => {
                let mut names: Vec<&str> = a.iter().map(|(name, _)| *name).collect();
                names.extend(b.iter().map(|(name, _)| *name).filter(|name| !a.iter().any(|(other, _)| other == name)));
                let of = |list: &[(&str, &'_ Value)], name: &str| {
                    list.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).clone())
                };
                for name in names {
                    let (before, after) = (of(&a, name), of(&b, name));
                    compare(&format!("{path}[{name}]"), before.as_ref(), after.as_ref(), changes);
                }
            }
            (_, _) if a.len() == b.len() => {
                for (index, (a, b)) in a.iter().zip(b).enumerate() {
                    compare(&format!("{path}[{index}]"), Some(a), Some(b), changes);
                }
            }
            (_, _) => changes.push(change(path, before, after)),
        },
        (_, _) => changes.push(change(path, before, after)),
    }
}

/// The items of a list by their names, if all have one and none has another's.
fn named(items: &[Value]) -> Option<Vec<(&str, &Value)>> {
    let found: Vec<(&str, &Value)> =
        items.iter().map(|item| Some((item.get("name")?.as_str()?, item))).collect::<Option<_>>()?;
    let names: BTreeSet<&str> = found.iter().map(|(name, _)| *name).collect();
    (names.len() == found.len()).then_some(found)
}

fn join(path: &str, key: &str) -> String {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    match (path, plain) {
        ("", true) => key.to_owned(),
        (_, true) => format!("{path}.{key}"),
        (_, false) => format!("{path}[{key}]"),
    }
}

fn change(path: &str, before: Option<&Value>, after: Option<&Value>) -> ValueChange {
    ValueChange {
        path: path.to_owned(),
        before: before.cloned(),
        after: after.cloned(),
        unknown: false,
        impact: Impact::InPlace,
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::diff::testing;
    use crate::state::{DesiredObject, Owned, StackKey};

    fn deployment(image: &str) -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "api", "namespace": "shop" },
            "spec": { "containers": [{ "name": "log", "image": "log:1" }, { "name": "api", "image": image }] },
        })
    }

    fn desired(objects: &[Value]) -> Desired {
        let mut desired = testing::desired(&[("shop-dev-api", json!({}), &[])]);
        let object =
            |object: &Value| DesiredObject { cluster: "main".into(), path: "a.yaml".into(), object: object.clone() };
        desired.objects = objects.iter().map(object).collect();
        desired
    }

    fn deployed(objects: &[(Value, Value, Result<Value, String>)], owned: &[&str]) -> Deployed {
        let set = owned.iter().map(|one| (*one).to_owned()).collect();
        let owned = Owned { zones: BTreeMap::new(), objects: BTreeMap::from([("main".to_owned(), set)]) };
        let object = |(wanted, live, applied): &(Value, Value, Result<Value, String>)| DeployedObject {
            cluster: "main".to_owned(),
            identity: DesiredObject { cluster: String::new(), path: String::new(), object: wanted.clone() }.identity(),
            live: live.clone(),
            applied: applied.clone(),
        };
        Deployed {
            stacks: BTreeMap::from([(
                StackKey::new("shop-dev-owned", "eu-west-1"),
                testing::stack(owned.template("shop", "dev"), &[], &[]),
            )]),
            objects: Some(objects.iter().map(object).collect()),
            ..Deployed::default()
        }
    }

    #[test]
    fn without_a_cluster_nothing_changes_and_that_is_said() {
        let (changes, unseen) = objects(&desired(&[deployment("api:1")]), &Deployed::default());
        assert_eq!(changes, []);
        assert_eq!(unseen, ["objects of cluster main were not compared: no cluster was asked"]);
    }

    #[test]
    fn only_what_applying_would_change_is_a_change() {
        let wanted = deployment("api:2");
        let mut live = deployment("api:1");
        live["metadata"]["resourceVersion"] = "7".into();
        live["status"] = json!({ "replicas": 2 });
        live["spec"]["replicas"] = 3.into();
        let mut applied = deployment("api:2");
        applied["metadata"]["resourceVersion"] = "8".into();
        applied["metadata"]["managedFields"] = json!([]);
        applied["spec"]["replicas"] = 3.into();
        let found = deployed(&[(wanted.clone(), live.clone(), Ok(applied))], &[]);
        let (changes, unseen) = objects(&desired(from_ref(&wanted)), &found);
        assert_eq!((changes.len(), changes[0].action, unseen), (1, Action::Update, Vec::new()));
        let expected = json!([
            { "path": "spec.containers[api].image", "before": "api:1", "after": "api:2", "impact": "in-place" }
        ]);
        assert_eq!(serde_json::to_value(&changes[0].fields).unwrap(), expected);
        let same = deployed(&[(wanted.clone(), live.clone(), Ok(live))], &[]);
        assert_eq!(objects(&desired(&[wanted]), &same), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_refused_dry_run_is_told_with_its_reason() {
        let wanted = deployment("api:2");
        let refused = || Err("spec.selector is immutable".to_owned());
        let found = deployed(&[(wanted.clone(), deployment("api:1"), refused())], &[]);
        let (changes, unseen) = objects(&desired(from_ref(&wanted)), &found);
        assert_eq!(changes, []);
        let sentence =
            "Deployment shop/api of cluster main was not compared: the dry run was refused: spec.selector is immutable";
        assert_eq!(unseen, [sentence]);
        let absent = deployed(&[(wanted.clone(), Value::Null, refused())], &[]);
        let (changes, unseen) = objects(&desired(&[wanted]), &absent);
        assert_eq!((changes[0].action, unseen.len()), (Action::Create, 1));
    }

    #[test]
    fn what_is_ours_and_wanted_no_more_goes_and_a_new_version_is_no_other_object() {
        let found = deployed(
            &[(
                json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "gone" } }),
                Value::Null,
                Err(String::new()),
            )],
            &["apps/v1beta1/Deployment/shop/api", "v1/ConfigMap/shop/old", "v1/Service//gone"],
        );
        let (changes, _) = objects(&desired(&[deployment("api:1")]), &found);
        let found: Vec<_> = changes.iter().map(|change| (change.action, change.identity.join("/"))).collect();
        let expected = [
            (Action::Create, "apps/v1/Deployment/shop/api".to_owned()),
            (Action::Delete, "v1/ConfigMap/shop/old".to_owned()),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn data_of_a_secret_is_masked_and_its_change_is_seen() {
        let secret = |data: Value| json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "s" }, "data": data, "type": "Opaque" });
        let (before, after) = (
            secret(json!({ "a": "b2xk", "same": "eA==" })),
            secret(json!({ "a": "bmV3", "same": "eA==", "tls.crt": "eHh4" })),
        );
        let found = deployed(&[(after.clone(), before.clone(), Ok(after.clone()))], &[]);
        let (changes, _) = objects(&desired(from_ref(&after)), &found);
        let expected = json!([
            { "path": "data.a", "before": "*** (before)", "after": "*** (after)", "impact": "in-place" },
            { "path": "data[tls.crt]", "after": "*** (after)", "impact": "in-place" },
        ]);
        assert_eq!(serde_json::to_value(&changes[0].fields).unwrap(), expected);
        let whole = deployed(&[(after.clone(), secret(Value::Null), Ok(after.clone()))], &[]);
        let (changes, _) = objects(&desired(&[after]), &whole);
        assert_eq!(changes[0].fields[0].after, Some("*** (after)".into()));
    }
}
