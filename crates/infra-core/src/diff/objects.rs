//! Kubernetes objects as they are against what applying ours would make of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::managers::{foreign, told};
use super::{Action, Hazard, Impact, ObjectChange, StackChange, ValueChange};
use crate::state::{
    Applied, Deployed, DeployedObject, Desired, DesiredObject, Holder, ObjectId, is_parent, is_same, manager, rank,
    read_id, rolls_out, runs_once, spelled, unfinished,
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

/// What differs in the clusters of an environment.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// Objects that would change, in the order in which they are applied and deleted.
    pub changes: Vec<ObjectChange>,
    /// What keeps changes from being applied, or is to be known before.
    pub hazards: Vec<Hazard>,
    /// How many objects of ours would be forgotten and stay, by the name of their cluster.
    pub forgotten: BTreeMap<String, usize>,
    /// What was not compared, and why.
    pub unseen: Vec<String>,
}

/// Compares wanted objects with those of the clusters. `stacks` are the changes of the stacks: a cluster that they make
/// need not answer yet.
pub fn objects(desired: &Desired, deployed: &Deployed, stacks: &[StackChange]) -> Objects {
    let owned = owned(deployed);
    let found = deployed.objects.iter().flatten().map(|there| &there.cluster);
    let clusters: BTreeSet<&String> = desired
        .objects
        .iter()
        .map(|object| &object.cluster)
        .chain(found)
        .chain(owned.iter().map(|(cluster, _)| cluster))
        .collect();
    let mut found = Objects::default();
    for name in clusters {
        let cluster = Compared { desired, deployed, owned: &owned, name, stacks };
        match deployed.asked.get(name) {
            Some(None) => cluster.compare(&mut found),
            Some(Some(reason)) => cluster.silent(reason, &mut found),
            None => {
                let lost = cluster.lost();
                found.forgotten.extend((lost > 0).then(|| (name.clone(), lost)));
                found.unseen.push(if deployed.without_clusters {
                    format!("objects of cluster {name} were left out, as --without-clusters says")
                } else {
                    format!(
                        "objects of cluster {name} were not compared: no cluster was asked; `clusters: {{ {name}: {{ \
                         context: … }} }}` of environment {} in infra.yaml names the context of its kubeconfig",
                        desired.environment
                    )
                });
            }
        }
    }
    found
}

/// What earlier runs recorded as ours.
fn owned(deployed: &Deployed) -> Vec<(String, ObjectId)> {
    let all = deployed.owned().objects;
    let all = all.into_iter().flat_map(|(cluster, set)| set.into_iter().map(move |one| (cluster.clone(), one)));
    all.filter_map(|(cluster, one)| Some((cluster, read_id(&one)?))).collect()
}

/// One cluster, while it is compared.
struct Compared<'a> {
    desired: &'a Desired,
    deployed: &'a Deployed,
    owned: &'a [(String, ObjectId)],
    name: &'a str,
    stacks: &'a [StackChange],
}

impl Compared<'_> {
    fn compare(&self, found: &mut Objects) {
        let mut refused = Refused::default();
        let wanted = self.wanted();
        for (object, id) in &wanted {
            self.one(object, id, &mut refused, found);
        }
        found.hazards.extend(refused.hazards(self.name));
        self.gone(&wanted, found);
        // A cluster that has nothing of what was put into it may be another one than it was.
        let lost = self.lost();
        // Nothing is known of objects whose namespace or kind is to be made first.
        let is_there = |id: &ObjectId| self.find(id).is_some() && !self.is_absent(id);
        if lost > 0 && !self.owned.iter().any(|(of, id)| of == self.name && is_there(id)) {
            found.forgotten.insert(self.name.to_owned(), lost);
        }
        for (reason, places) in self.deployed.hidden.get(self.name).into_iter().flatten() {
            let places: Vec<&str> = places.iter().map(String::as_str).collect();
            found.unseen.push(format!(
                "what an earlier run left in cluster {} would not be seen, as these cannot be listed: {} ({reason})",
                self.name,
                places.join(", ")
            ));
        }
    }

    /// What is wanted in the cluster, in the order in which it is applied.
    fn wanted(&self) -> Vec<(&DesiredObject, ObjectId)> {
        let here = self.desired.objects.iter().filter(|it| it.cluster == self.name);
        let mut wanted: Vec<(&DesiredObject, ObjectId)> = here.map(|it| (it, it.identity())).collect();
        wanted.sort_by_key(|(_, id)| (self.is_member(id), rank(id)));
        wanted
    }

    fn is_member(&self, id: &ObjectId) -> bool {
        !is_parent(id, &self.desired.project, &self.desired.environment)
    }

    fn one(&self, object: &DesiredObject, id: &ObjectId, refused: &mut Refused, found: &mut Objects) {
        let there = self.find(id);
        let change = |action, fields| self.change(id, action, fields);
        let live = there.map_or(&Value::Null, |there| &there.live);
        let holder = if live.is_null() { Holder::Ours } else { self.holder(live) };
        if let Holder::Other(who) = holder {
            found.hazards.push(Hazard {
                subject: self.subject(),
                text: format!("{} belongs to {who}, and two cannot have it", spelled(id)),
                help: "give it another name or namespace here, or take it out of the other one first".to_owned(),
                blocking: true,
            });
            return;
        }
        let fields = match there.map(|there| &there.applied) {
            Some(Applied::Refused(reason)) => return refused.add(reason, id),
            None | Some(_) if live.is_null() => return found.changes.push(change(Action::Create, Vec::new())),
            Some(Applied::As(applied) | Applied::Taken(applied, _)) => fields(live, applied, id),
            Some(Applied::Anew(why)) => {
                let anew = Some(why.clone());
                return found.changes.push(ObjectChange { anew, ..change(Action::Update, Vec::new()) });
            }
            None | Some(Applied::Unknown) => {
                let mut fields = Vec::new();
                unknown("", &object.object, Some(live), &mut fields);
                mask(&mut fields, id);
                fields
            }
        };
        let waits = Some(live).filter(|_| rolls_out(id)).and_then(unfinished);
        if !fields.is_empty() {
            let adopts = holder == Holder::Nobody;
            let conflicts = match there.map(|there| &there.applied) {
                Some(Applied::Taken(_, conflicts)) => conflicts.clone(),
                Some(_) | None => Vec::new(),
            };
            let manager = manager(&self.desired.project, &self.desired.environment);
            let others = if adopts { Vec::new() } else { told(&foreign(live, &manager)) };
            found.changes.push(ObjectChange { adopts, conflicts, others, ..change(Action::Update, fields) });
        } else if waits.is_some() {
            found.changes.push(ObjectChange { waits, ..change(Action::Update, fields) });
        }
    }

    /// What is ours and wanted no more: what is remembered, and what carries our label and nobody remembers.
    fn gone(&self, wanted: &[(&DesiredObject, ObjectId)], found: &mut Objects) {
        let mut gone: Vec<&ObjectId> = Vec::new();
        let remembered = self.owned.iter().filter(|(of, _)| of == self.name).map(|(_, id)| id);
        let there = self.deployed.objects.iter().flatten().filter(|there| there.cluster == self.name);
        let forgotten = there.map(|there| &there.identity).filter(|id| !self.is_owned(id));
        for id in remembered.chain(forgotten) {
            if wanted.iter().any(|(_, other)| is_same(other, id)) {
                continue;
            }
            let there = self.find(id);
            match there.map(|there| &there.live) {
                Some(Value::Null) if self.is_absent(id) => {}
                Some(live) if !live.is_null() && self.holder(live) != Holder::Ours => found.unseen.push(format!(
                    "{} of cluster {} is wanted no more and left alone: it does not say that it is ours",
                    spelled(id),
                    self.name
                )),
                Some(live) if !live.is_null() => gone.push(id),
                Some(_) | None => {
                    let reason = match there.map(|there| &there.applied) {
                        Some(Applied::Refused(reason)) => format!(": {reason}"),
                        _ => String::new(),
                    };
                    found.hazards.push(Hazard {
                        subject: self.subject(),
                        text: format!(
                            "{} is wanted no more, and what became of it cannot be read{reason}",
                            spelled(id)
                        ),
                        help: "apply once it can be read: it would be forgotten and stay".to_owned(),
                        blocking: true,
                    });
                }
            }
        }
        gone.sort_by_key(|id| std::cmp::Reverse((self.is_member(id), rank(id))));
        for id in gone {
            let takes = self.deployed.others.get(&(self.name.to_owned(), id.clone())).cloned().unwrap_or_default();
            found.hazards.extend(self.takes_along(id, &takes));
            let live = self.find(id).map(|there| &there.live);
            let spent = runs_once(id) && live.is_some_and(|live| unfinished(live).is_none());
            found.changes.push(ObjectChange { takes, spent, ..self.change(id, Action::Delete, Vec::new()) });
        }
    }

    /// What goes with an object that is deleted.
    fn takes_along(&self, id: &ObjectId, takes: &[String]) -> Option<Hazard> {
        let [_, kind, _, name] = id;
        let all = match kind.as_str() {
            "Namespace" => "everything in it",
            "CustomResourceDefinition" => "every object of the kind",
            _ => return None,
        };
        let others = match takes {
            [] => String::new(),
            [one] => format!(", also {one}, which is not ours"),
            [first, rest @ ..] => format!(", also {first} and {} more that are not ours", rest.len()),
        };
        Some(Hazard {
            subject: self.subject(),
            text: format!("{kind} {name} goes, and with it {all}{others}"),
            help: "look at what it holds first".to_owned(),
            blocking: false,
        })
    }

    /// A cluster that gave no answer: what is wanted in it is made once it is there, if this very plan makes it.
    fn silent(&self, reason: &str, found: &mut Objects) {
        if makes_cluster(self.stacks) {
            let made = self.wanted().into_iter().map(|(_, id)| self.change(&id, Action::Create, Vec::new()));
            found.changes.extend(made);
            let name = self.name;
            found.unseen.push(format!("objects of cluster {name} were not compared, since it is made first: {reason}"));
            return;
        }
        let lost = match self.lost() {
            0 => String::new(),
            1 => "; 1 object that is wanted no more would be forgotten and stay".to_owned(),
            lost => format!("; {lost} objects that are wanted no more would be forgotten and stay"),
        };
        found.hazards.push(Hazard {
            subject: self.subject(),
            text: format!("its objects can be neither compared nor applied: {reason}{lost}"),
            help: "make the cluster answer, or add `--without-clusters` to leave its objects as they are".to_owned(),
            blocking: true,
        });
    }

    /// How many objects would be forgotten because nobody can say what became of them.
    fn lost(&self) -> usize {
        let wanted = self.wanted();
        let lost = |id: &ObjectId| !wanted.iter().any(|(_, other)| is_same(other, id));
        self.owned.iter().filter(|(of, id)| of == self.name && lost(id)).count()
    }

    fn is_owned(&self, id: &ObjectId) -> bool {
        self.owned.iter().any(|(of, known)| of == self.name && is_same(known, id))
    }

    fn is_absent(&self, id: &ObjectId) -> bool {
        let there = self.find(id);
        there.is_some_and(|there| there.live.is_null() && !matches!(there.applied, Applied::Refused(_)))
    }

    fn holder(&self, live: &Value) -> Holder {
        self.desired.owner().of_object(live)
    }

    fn find(&self, id: &ObjectId) -> Option<&DeployedObject> {
        let mut all = self.deployed.objects.iter().flatten();
        all.find(|there| there.cluster == self.name && is_same(&there.identity, id))
    }

    fn change(&self, id: &ObjectId, action: Action, fields: Vec<ValueChange>) -> ObjectChange {
        ObjectChange::new(self.name, id, action, fields)
    }

    fn subject(&self) -> String {
        format!("cluster {}", self.name)
    }
}

/// Whether a plan makes a cluster of Kubernetes, which can be asked nothing before.
fn makes_cluster(stacks: &[StackChange]) -> bool {
    let mut resources = stacks.iter().flat_map(|stack| &stack.resources);
    resources.any(|it| {
        let new = it.action == Action::Create || (it.action == Action::Update && it.impact == Impact::Replaces);
        it.kind == "AWS::EKS::Cluster" && new
    })
}

/// Objects that the API server refuses, by its reason: one reason often holds for many.
#[derive(Default)]
struct Refused {
    reasons: Vec<(String, Vec<ObjectId>)>,
}

impl Refused {
    /// How many objects of one reason are named.
    const NAMED: usize = 3;

    fn add(&mut self, reason: &str, id: &ObjectId) {
        match self.reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, ids)) => ids.push(id.clone()),
            None => self.reasons.push((reason.to_owned(), vec![id.clone()])),
        }
    }

    fn hazards(self, cluster: &str) -> Vec<Hazard> {
        let one = |(reason, ids): (String, Vec<ObjectId>)| {
            let named: Vec<String> = ids.iter().take(Self::NAMED).map(spelled).collect();
            let more = match ids.len() - named.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            Hazard {
                subject: format!("cluster {cluster}"),
                text: format!("{}{more} cannot be applied as wanted: {reason}", named.join(", ")),
                help: "nothing is applied before the API server accepts all of it".to_owned(),
                blocking: true,
            }
        };
        self.reasons.into_iter().map(one).collect()
    }
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

/// The same as it may be shown: nothing of a secret.
pub(super) fn fields(live: &Value, applied: &Value, id: &ObjectId) -> Vec<ValueChange> {
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
pub(super) fn named(items: &[Value]) -> Option<Vec<(&str, &Value)>> {
    let found: Vec<(&str, &Value)> =
        items.iter().map(|item| Some((item.get("name")?.as_str()?, item))).collect::<Option<_>>()?;
    let names: BTreeSet<&str> = found.iter().map(|(name, _)| *name).collect();
    (names.len() == found.len()).then_some(found)
}

pub(super) fn join(path: &str, key: &str) -> String {
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
    use crate::state::{DeployedObject, Owned, StackKey, set_id};

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

    /// Changes, blocking hazards and what was not compared.
    fn compared(desired: &Desired, deployed: &Deployed) -> (Vec<ObjectChange>, Vec<Hazard>, Vec<String>) {
        let Objects { changes, hazards, unseen, .. } = objects(desired, deployed, &[]);
        (changes, hazards.into_iter().filter(|hazard| hazard.blocking).collect(), unseen)
    }

    /// An object with the label of a set.
    fn of_set(mut object: Value, set: &str) -> Value {
        object["metadata"]["labels"] = json!({ "applyset.kubernetes.io/part-of": set });
        object
    }

    fn ours(object: Value) -> Value {
        of_set(object, &set_id("shop", "dev"))
    }

    #[test]
    fn a_cluster_that_nobody_named_is_told_and_one_that_does_not_answer_blocks() {
        let wanted = desired(&[deployment("api:1")]);
        let (changes, hazards, unseen) = compared(&wanted, &Deployed::default());
        assert_eq!((changes, hazards), (Vec::new(), Vec::new()));
        let how =
            "`clusters: { main: { context: … } }` of environment dev in infra.yaml names the context of its kubeconfig";
        assert_eq!(unseen, [format!("objects of cluster main were not compared: no cluster was asked; {how}")]);
        let mut silent = deployed(&[], &["v1/ConfigMap/shop/old"]);
        silent.asked.insert("main".to_owned(), Some("it does not answer".to_owned()));
        let (changes, hazards, _) = compared(&wanted, &silent);
        assert_eq!((changes, hazards.len()), (Vec::new(), 1));
        let text = "its objects can be neither compared nor applied: it does not answer; 1 object that is wanted no more \
                    would be forgotten and stay";
        assert_eq!((&*hazards[0].subject, &*hazards[0].text), ("cluster main", text));
    }

    #[test]
    fn what_is_ours_and_wanted_no_more_is_not_forgotten_unasked() {
        let (old, wanted) = (["apps/v1/Deployment/shop/old", "v1/ConfigMap/shop/old"], desired(&[]));
        let gone = |object: &Value| (object.clone(), Value::Null, Applied::Unknown);
        let of = |deployed: &Deployed| objects(&wanted, deployed, &[]).forgotten.into_iter().collect::<Vec<_>>();
        let mut live = deployed(&[], &old);
        live.asked.clear();
        assert_eq!(of(&live), [("main".to_owned(), 2)], "no cluster is asked");
        live.without_clusters = true;
        assert_eq!(of(&live), [("main".to_owned(), 2)], "nor is it to be");
        let (first, second) = (
            deployment("api:1"),
            json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "old", "namespace": "shop" } }),
        );
        let names = ["apps/v1/Deployment/shop/api", "v1/ConfigMap/shop/old"];
        let all_gone = deployed(&[gone(&first), gone(&second)], &names);
        assert_eq!(of(&all_gone), [("main".to_owned(), 2)], "it may be another cluster");
        let one_gone = deployed(&[(first.clone(), ours(first), Applied::Unknown), gone(&second)], &names);
        assert_eq!(of(&one_gone), []);
    }

    #[test]
    fn the_objects_of_a_cluster_that_the_plan_makes_are_made_after_it() {
        let mut silent = deployed(&[], &[]);
        silent.asked.insert("main".to_owned(), Some("no context".to_owned()));
        let wanted = desired(&[deployment("api:1")]);
        let cluster = json!({ "Resources": { "Main": { "Type": "AWS::EKS::Cluster", "Properties": {} } } });
        let stacks = |action| {
            let made = testing::desired(&[("shop-dev-platform", cluster.clone(), &[])]);
            let mut changes = super::super::stacks(&made, &Deployed::default(), &BTreeSet::new()).changes;
            changes[0].resources[0].action = action;
            changes
        };
        let found = objects(&wanted, &silent, &stacks(Action::Create));
        assert_eq!((found.changes[0].action, found.hazards.len()), (Action::Create, 0));
        let found = objects(&wanted, &silent, &stacks(Action::Update));
        assert_eq!((found.changes.len(), found.hazards.len()), (0, 1), "it is there already");
    }

    #[test]
    fn what_others_made_is_taken_over_only_when_that_is_said() {
        let wanted = desired(&[ours(deployment("api:2"))]);
        let with = |live: Value| {
            let applied = Applied::As(ours(deployment("api:2")));
            compared(&wanted, &deployed(&[(deployment("api:2"), live, applied)], &[]))
        };
        let (changes, hazards, _) = with(deployment("api:2"));
        assert_eq!((changes.len(), changes[0].adopts, hazards.len()), (1, true, 0));
        let (changes, hazards, _) = with(ours(deployment("api:1")));
        assert_eq!((changes.len(), changes[0].adopts, hazards.len()), (1, false, 0));
        let (changes, hazards, _) = with(of_set(deployment("api:1"), "another"));
        assert_eq!((changes.len(), hazards.len()), (0, 1));
        assert_eq!(hazards[0].text, "Deployment shop/api belongs to the set another, and two cannot have it");
    }

    #[test]
    fn a_rollout_that_is_not_complete_is_waited_for() {
        let with = |available: u64| {
            let mut live = ours(deployment("api:1"));
            live["metadata"]["uid"] = "u".into();
            live["status"] = json!({ "updatedReplicas": 1, "replicas": 1, "availableReplicas": available });
            let applied = Applied::As(live.clone());
            compared(&desired(&[ours(deployment("api:1"))]), &deployed(&[(deployment("api:1"), live, applied)], &[])).0
        };
        assert_eq!(with(1), []);
        let changes = with(0);
        assert_eq!((changes[0].action, changes[0].waits.as_deref()), (Action::Update, Some("0 of 1 available")));
        let waits = |changes| super::super::Changes { objects: changes, ..Default::default() }.only_waits();
        assert!(waits(changes.clone()) && !waits(vec![ObjectChange { waits: None, ..changes[0].clone() }]));
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
        let (changes, hazards, _) = compared(&desired(from_ref(&wanted)), &found);
        assert_eq!((changes.len(), changes[0].action, hazards), (1, Action::Update, Vec::new()));
        let expected = json!([
            { "path": "spec.containers[api].image", "before": "api:1", "after": "api:2", "impact": "in-place" }
        ]);
        assert_eq!(serde_json::to_value(&changes[0].fields).unwrap(), expected);
        let same = deployed(&[(wanted.clone(), live.clone(), Applied::As(live))], &[]);
        assert_eq!(compared(&desired(&[wanted]), &same), (Vec::new(), Vec::new(), Vec::new()));
    }

    #[test]
    fn what_the_server_refuses_blocks_and_one_reason_is_said_once() {
        let named = |name: &str| {
            let mut object = deployment("api:2");
            object["metadata"]["name"] = name.into();
            object
        };
        let all = ["a", "b", "c", "d", "e"].map(named);
        let refused = |why: &str| Applied::Refused(why.to_owned());
        let there: Vec<_> = all.iter().map(|it| (it.clone(), Value::Null, refused("no KEDA"))).collect();
        let (changes, hazards, _) = compared(&desired(&all), &deployed(&there, &[]));
        assert_eq!((changes, hazards.len()), (Vec::new(), 1));
        let text =
            "Deployment shop/a, Deployment shop/b, Deployment shop/c and 2 more cannot be applied as wanted: no KEDA";
        assert_eq!(hazards[0].text, text);
        let live = ours(deployment("api:1"));
        let found = deployed(&[(deployment("api:2"), live, refused("spec.selector is immutable"))], &[]);
        let (changes, hazards, _) = compared(&desired(&[deployment("api:2")]), &found);
        assert_eq!(changes, []);
        assert_eq!(hazards[0].text, "Deployment shop/api cannot be applied as wanted: spec.selector is immutable");
    }

    #[test]
    fn what_is_ours_and_wanted_no_more_goes_and_a_new_version_is_no_other_object() {
        let object = |kind: &str, name: &str| json!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": name, "namespace": "shop" } });
        let found = deployed(
            &[
                (object("Service", "gone"), Value::Null, Applied::Unknown),
                (object("ConfigMap", "old"), ours(object("ConfigMap", "old")), Applied::Unknown),
            ],
            &["apps/v1beta1/Deployment/shop/api", "v1/ConfigMap/shop/old", "v1/Service/shop/gone"],
        );
        let (changes, hazards, _) = compared(&desired(&[deployment("api:1")]), &found);
        let ids: Vec<_> = changes.iter().map(|change| (change.action, change.identity.join("/"))).collect();
        let expected = [
            (Action::Create, "apps/v1/Deployment/shop/api".to_owned()),
            (Action::Delete, "v1/ConfigMap/shop/old".to_owned()),
        ];
        assert_eq!((ids.as_slice(), hazards.len()), (expected.as_slice(), 0));
        // What may not be looked at is not forgotten.
        let refused = (object("ConfigMap", "old"), Value::Null, Applied::Refused("forbidden".to_owned()));
        let found = deployed(&[refused], &["v1/ConfigMap/shop/old"]);
        let (changes, hazards, _) = compared(&desired(&[]), &found);
        assert_eq!((changes.len(), hazards.len()), (0, 1));
        let text = "ConfigMap shop/old is wanted no more, and what became of it cannot be read: forbidden";
        assert_eq!(hazards[0].text, text);
    }

    #[test]
    fn what_waits_for_an_output_changes_and_says_for_which() {
        let mut wanted = deployment("api:1");
        wanted["spec"]["containers"][1]["url"] = "${output:s@eu-west-1:Url}/x".into();
        let found = deployed(&[(wanted.clone(), deployment("api:1"), Applied::Unknown)], &[]);
        let (changes, _, unseen) = compared(&desired(from_ref(&wanted)), &found);
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
        let (changes, _, unseen) = compared(&desired(&[]), &find("another"));
        assert_eq!((changes.len(), unseen.len()), (0, 1), "{unseen:?}");
        let mut ours = find(&set_id("shop", "dev"));
        let hazard = |ours: &Deployed| {
            let found = objects(&desired(&[]), ours, &[]);
            assert_eq!((found.changes[0].action, found.unseen.len()), (Action::Delete, 0));
            (found.changes[0].takes.len(), found.hazards[0].text.clone())
        };
        assert_eq!(hazard(&ours), (0, "Namespace old goes, and with it everything in it".to_owned()));
        let id = ["v1", "Namespace", "", "old"].map(str::to_owned);
        ours.others.insert(("main".to_owned(), id), vec!["ConfigMap a".to_owned(), "Secret b".to_owned()]);
        let text = "Namespace old goes, and with it everything in it, also ConfigMap a and 1 more that are not ours";
        assert_eq!(hazard(&ours), (2, text.to_owned()));
    }

    #[test]
    fn data_of_a_secret_is_masked_and_its_change_is_seen() {
        let secret = |data: Value| json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "s" }, "data": data, "type": "Opaque" });
        let (before, after) = (
            secret(json!({ "a": "b2xk", "same": "eA==" })),
            secret(json!({ "a": "bmV3", "same": "eA==", "tls.crt": "eHh4" })),
        );
        let found = deployed(&[(after.clone(), before.clone(), Applied::As(after.clone()))], &[]);
        let (changes, ..) = compared(&desired(from_ref(&after)), &found);
        let expected = json!([
            { "path": "data.a", "before": "*** (before)", "after": "*** (after)", "impact": "in-place" },
            { "path": "data[tls.crt]", "after": "*** (after)", "impact": "in-place" },
        ]);
        assert_eq!(serde_json::to_value(&changes[0].fields).unwrap(), expected);
        let whole = deployed(&[(after.clone(), secret(Value::Null), Applied::As(after.clone()))], &[]);
        let (changes, ..) = compared(&desired(&[after]), &whole);
        assert_eq!(changes[0].fields[0].after, Some("*** (after)".into()));
    }
}
