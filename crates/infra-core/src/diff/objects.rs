//! Kubernetes objects as they are against what applying ours would make of them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Action, Hazard, Impact, ObjectChange, ValueChange};
use crate::state::{
    Applied, Deployed, Desired, DesiredObject, ObjectId, Owned, is_parent, is_same, rank, read_id, set_id, set_parent,
    spelled,
};

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

/// End of the sentence about what would be forgotten because its cluster could not be asked.
pub(crate) const NO_ANSWER: &str = "did not answer";

/// Compares wanted objects with those of the clusters, in the order in which they are applied and deleted; the sentences
/// say what could not be compared, and why.
pub fn objects(desired: &Desired, deployed: &Deployed) -> (Vec<ObjectChange>, Vec<String>) {
    let owned = owned(deployed);
    let clusters: BTreeSet<&String> =
        desired.objects.iter().map(|object| &object.cluster).chain(owned.iter().map(|(cluster, _)| cluster)).collect();
    let (mut changes, mut unseen) = (Vec::new(), Vec::new());
    for cluster in clusters {
        let why = match deployed.asked.get(cluster) {
            Some(None) => {
                of_cluster(desired, deployed, (cluster, &owned), (&mut changes, &mut unseen));
                continue;
            }
            Some(Some(reason)) => reason.clone(),
            None => format!(
                "no cluster was asked; `clusters: {{ {cluster}: {{ context: … }} }}` of environment {} in infra.yaml names \
                 the context of its kubeconfig",
                desired.environment
            ),
        };
        unseen.push(format!("objects of cluster {cluster} were not compared: {why}"));
    }
    (changes, unseen)
}

/// What earlier runs recorded as ours.
fn owned(deployed: &Deployed) -> Vec<(String, ObjectId)> {
    let all = deployed.owned().objects;
    let all = all.into_iter().flat_map(|(cluster, set)| set.into_iter().map(move |one| (cluster.clone(), one)));
    all.filter_map(|(cluster, one)| Some((cluster, read_id(&one)?))).collect()
}

fn of_cluster(
    desired: &Desired,
    deployed: &Deployed,
    (cluster, owned): (&str, &[(String, ObjectId)]),
    (changes, unseen): (&mut Vec<ObjectChange>, &mut Vec<String>),
) {
    let find = |id: &ObjectId| {
        let mut all = deployed.objects.iter().flatten();
        all.find(|there| there.cluster == cluster && is_same(&there.identity, id))
    };
    let of = |identity: &ObjectId, action, fields| ObjectChange {
        cluster: cluster.to_owned(),
        identity: identity.clone(),
        action,
        fields,
    };
    let mut wanted: Vec<(&DesiredObject, ObjectId)> =
        desired.objects.iter().filter(|it| it.cluster == cluster).map(|it| (it, it.identity())).collect();
    let first = |id: &ObjectId| !is_parent(id, &desired.project, &desired.environment);
    wanted.sort_by_key(|(_, id)| (first(id), rank(id)));
    for (object, id) in &wanted {
        let there = find(id);
        if let Some(Applied::Refused(reason)) = there.map(|there| &there.applied) {
            unseen.push(format!(
                "{} of cluster {cluster} was not compared: the dry run was refused: {reason}",
                spelled(id)
            ));
        }
        match there.map(|there| (&there.live, &there.applied)) {
            None | Some((Value::Null, _)) => changes.push(of(id, Action::Create, Vec::new())),
            Some((live, Applied::As(applied))) => {
                let fields = fields(live, applied, id);
                if !fields.is_empty() {
                    changes.push(of(id, Action::Update, fields));
                }
            }
            Some((live, Applied::Unknown)) => {
                let mut fields = Vec::new();
                unknown("", &object.object, Some(live), &mut fields);
                mask(&mut fields, id);
                changes.push(of(id, Action::Update, fields));
            }
            // It is there, but nobody knows what would change.
            Some((_, Applied::Refused(_))) => {}
        }
    }
    let set = set_id(&desired.project, &desired.environment);
    let mut gone: Vec<&ObjectId> = Vec::new();
    for (_, id) in owned.iter().filter(|(of, id)| *of == cluster && !wanted.iter().any(|(_, other)| is_same(other, id)))
    {
        match find(id).map(|there| &there.live) {
            Some(Value::Null) => {}
            Some(live) if set_parent(live) != Some(&set) => unseen.push(format!(
                "{} of cluster {cluster} is wanted no more and left alone: it does not say any more that it is ours",
                spelled(id)
            )),
            Some(_) | None => gone.push(id),
        }
    }
    gone.sort_by_key(|id| std::cmp::Reverse((first(id), rank(id))));
    changes.extend(gone.into_iter().map(|id| of(id, Action::Delete, Vec::new())));
}

/// What the changes of objects do beyond the objects themselves.
pub(super) fn hazards(desired: &Desired, deployed: &Deployed, changes: &[ObjectChange]) -> Vec<Hazard> {
    let stack = Owned::key(&desired.project, &desired.environment, &desired.region);
    let mut hazards = Vec::new();
    for change in changes.iter().filter(|change| change.action == Action::Delete) {
        let [_, kind, _, name] = &change.identity;
        let all = match kind.as_str() {
            "Namespace" => "everything in it",
            "CustomResourceDefinition" => "every object of the kind",
            _ => continue,
        };
        hazards.push(Hazard {
            stack: stack.clone(),
            text: format!("{kind} {name} of cluster {} goes, and with it {all}, also what is not ours", change.cluster),
            help: "look what it holds first".to_owned(),
            blocking: false,
        });
    }
    for there in deployed.objects.iter().flatten().filter(|there| !there.live.is_null()) {
        if matches!(there.applied, Applied::Refused(_)) {
            hazards.push(Hazard {
                stack: stack.clone(),
                text: format!(
                    "{} of cluster {} cannot be made as it is wanted",
                    spelled(&there.identity),
                    there.cluster
                ),
                help: "what was not compared says why".to_owned(),
                blocking: false,
            });
        }
    }
    for (cluster, id) in owned(deployed) {
        let wanted = || desired.objects.iter().any(|it| it.cluster == cluster && is_same(&it.identity(), &id));
        if deployed.asked.get(&cluster).is_some_and(Option::is_some) && !wanted() {
            hazards.push(Hazard {
                stack: stack.clone(),
                text: format!("{} is wanted no more, but cluster {cluster} {NO_ANSWER}", spelled(&id)),
                help: "apply once the cluster answers: it would be forgotten and stay".to_owned(),
                blocking: true,
            });
        }
    }
    hazards
}

/// What applying changes in an object, unmasked: for comparing, never for showing.
pub fn object_fields(live: &Value, applied: &Value) -> Vec<ValueChange> {
    let mut fields = Vec::new();
    compare("", Some(live), Some(applied), &mut fields);
    fields
}

/// Whether an object holds what must not be shown.
pub fn is_secret([version, kind, ..]: &ObjectId) -> bool {
    version == "v1" && kind == "Secret"
}

fn fields(live: &Value, applied: &Value, id: &ObjectId) -> Vec<ValueChange> {
    let mut fields = object_fields(live, applied);
    mask(&mut fields, id);
    fields
}

fn mask(fields: &mut [ValueChange], id: &ObjectId) {
    if is_secret(id) {
        for field in fields.iter_mut().filter(|field| secret(&field.path)) {
            field.before = field.before.as_ref().map(|_| "*** (before)".into());
            field.after = field.after.as_ref().map(|_| "*** (after)".into());
        }
    }
}

/// Adds the texts of a wanted object that hold placeholders, with what is there now.
fn unknown(path: &str, wanted: &Value, live: Option<&Value>, changes: &mut Vec<ValueChange>) {
    match wanted {
        Value::String(_) => {
            let mut found = false;
            crate::state::placeholders(wanted, &mut |_| found = true);
            if found {
                changes.push(ValueChange { unknown: true, ..change(path, live, Some(wanted)) });
            }
        }
        Value::Array(items) => {
            let names = named(items);
            for (index, item) in items.iter().enumerate() {
                let name = names.as_ref().and_then(|names| names.get(index)).map(|(name, _)| *name);
                let all = live.and_then(Value::as_array);
                let (key, there) = match name {
                    Some(name) => {
                        let of = |item: &&Value| item.get("name").and_then(Value::as_str) == Some(name);
                        (name.to_owned(), all.and_then(|all| all.iter().find(of)))
                    }
                    None => (index.to_string(), all.and_then(|all| all.get(index))),
                };
                unknown(&format!("{path}[{key}]"), item, there, changes);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                unknown(&join(path, key), item, live.and_then(|live| live.get(key)), changes);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
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
    use crate::state::{DeployedObject, Owned, StackKey};

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

    fn deployed(objects: &[(Value, Value, Applied)], owned: &[&str]) -> Deployed {
        let set = owned.iter().map(|one| (*one).to_owned()).collect();
        let owned = Owned { objects: BTreeMap::from([("main".to_owned(), set)]), ..Owned::default() };
        let object = |(wanted, live, applied): &(Value, Value, Applied)| DeployedObject {
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
            asked: BTreeMap::from([("main".to_owned(), None)]),
            ..Deployed::default()
        }
    }

    #[test]
    fn without_a_cluster_nothing_changes_and_that_is_said() {
        let (changes, unseen) = objects(&desired(&[deployment("api:1")]), &Deployed::default());
        assert_eq!(changes, []);
        let how =
            "`clusters: { main: { context: … } }` of environment dev in infra.yaml names the context of its kubeconfig";
        assert_eq!(unseen, [format!("objects of cluster main were not compared: no cluster was asked; {how}")]);
        let mut silent = deployed(&[], &["v1/ConfigMap/shop/old"]);
        silent.asked.insert("main".to_owned(), Some("it does not answer".to_owned()));
        let wanted = desired(&[deployment("api:1")]);
        let (changes, unseen) = objects(&wanted, &silent);
        assert_eq!(changes, []);
        assert_eq!(unseen, ["objects of cluster main were not compared: it does not answer"]);
        let hazards = hazards(&wanted, &silent, &[]);
        assert_eq!((hazards.len(), hazards[0].blocking), (1, true), "{hazards:?}");
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
        let found = deployed(&[(wanted.clone(), live.clone(), Applied::As(applied))], &[]);
        let (changes, unseen) = objects(&desired(from_ref(&wanted)), &found);
        assert_eq!((changes.len(), changes[0].action, unseen), (1, Action::Update, Vec::new()));
        let expected = json!([
            { "path": "spec.containers[api].image", "before": "api:1", "after": "api:2", "impact": "in-place" }
        ]);
        assert_eq!(serde_json::to_value(&changes[0].fields).unwrap(), expected);
        let same = deployed(&[(wanted.clone(), live.clone(), Applied::As(live))], &[]);
        assert_eq!(objects(&desired(&[wanted]), &same), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_refused_dry_run_is_told_with_its_reason() {
        let wanted = deployment("api:2");
        let refused = || Applied::Refused("spec.selector is immutable".to_owned());
        let found = deployed(&[(wanted.clone(), deployment("api:1"), refused())], &[]);
        let (changes, unseen) = objects(&desired(from_ref(&wanted)), &found);
        assert_eq!(changes, []);
        let sentence =
            "Deployment shop/api of cluster main was not compared: the dry run was refused: spec.selector is immutable";
        assert_eq!(unseen, [sentence]);
        assert_eq!(hazards(&desired(from_ref(&wanted)), &found, &[]).len(), 1, "it is not up to date");
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
                Applied::Unknown,
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
    fn what_waits_for_an_output_changes_and_says_for_which() {
        let mut wanted = deployment("api:1");
        wanted["spec"]["containers"][1]["url"] = "${output:s@eu-west-1:Url}/x".into();
        let found = deployed(&[(wanted.clone(), deployment("api:1"), Applied::Unknown)], &[]);
        let (changes, unseen) = objects(&desired(from_ref(&wanted)), &found);
        assert_eq!((changes[0].action, unseen), (Action::Update, Vec::new()));
        let expected = json!([{
            "path": "spec.containers[api].url", "after": "${output:s@eu-west-1:Url}/x", "unknown": true, "impact": "in-place"
        }]);
        assert_eq!(serde_json::to_value(&changes[0].fields).unwrap(), expected);
    }

    #[test]
    fn what_does_not_say_any_more_that_it_is_ours_is_left_alone() {
        let namespace = |label: &str| {
            let labels = json!({ "applyset.kubernetes.io/part-of": label });
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "old", "labels": labels } })
        };
        let find = |label: &str| {
            let there = (namespace(label), namespace(label), Applied::Unknown);
            deployed(&[there], &["v1/Namespace//old"])
        };
        let (changes, unseen) = objects(&desired(&[]), &find("another"));
        assert_eq!((changes.len(), unseen.len()), (0, 1), "{unseen:?}");
        let ours = find(&set_id("shop", "dev"));
        let (changes, unseen) = objects(&desired(&[]), &ours);
        assert_eq!((changes[0].action, unseen.len()), (Action::Delete, 0));
        let hazards = hazards(&desired(&[]), &ours, &changes);
        assert_eq!(
            hazards[0].text,
            "Namespace old of cluster main goes, and with it everything in it, also what is not ours"
        );
    }

    #[test]
    fn data_of_a_secret_is_masked_and_its_change_is_seen() {
        let secret = |data: Value| json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "s" }, "data": data, "type": "Opaque" });
        let (before, after) = (
            secret(json!({ "a": "b2xk", "same": "eA==" })),
            secret(json!({ "a": "bmV3", "same": "eA==", "tls.crt": "eHh4" })),
        );
        let found = deployed(&[(after.clone(), before.clone(), Applied::As(after.clone()))], &[]);
        let (changes, _) = objects(&desired(from_ref(&after)), &found);
        let expected = json!([
            { "path": "data.a", "before": "*** (before)", "after": "*** (after)", "impact": "in-place" },
            { "path": "data[tls.crt]", "after": "*** (after)", "impact": "in-place" },
        ]);
        assert_eq!(serde_json::to_value(&changes[0].fields).unwrap(), expected);
        let whole = deployed(&[(after.clone(), secret(Value::Null), Applied::As(after.clone()))], &[]);
        let (changes, _) = objects(&desired(&[after]), &whole);
        assert_eq!(changes[0].fields[0].after, Some("*** (after)".into()));
    }
}
