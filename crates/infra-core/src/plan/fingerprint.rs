//! What a plan rests on: digests of everything live that it touches, so that a later change of any of it is seen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::assembly::digest;
use crate::diff::{self, Action, Changes};
use crate::state::{
    Applied, Certificate, Deployed, DeployedObject, DeployedStack, DeployedZone, Desired, ObjectId, StackKey, Verb,
    Verdict, is_same, verdict,
};

/// What stands for a thing that is not there.
const ABSENT: &str = "absent";
/// Start of the print of an object of which only the identity counts.
const INSTANCE: &str = "instance ";

/// Digests of what is live. What is not there is `absent`: it must still not be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prints {
    /// Stacks that change, and those that they take values from.
    pub stacks: BTreeMap<StackKey, String>,
    /// Zones in which records change, by id.
    pub zones: BTreeMap<String, String>,
    /// Certificates that the templates name, by ARN.
    pub certificates: BTreeMap<String, String>,
    /// Kubernetes objects that change, as `cluster apiVersion/kind/namespace/name`: which one it is, and what applying
    /// changes in it.
    pub objects: BTreeMap<String, String>,
}

/// Something is not any more as it was when the plan was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// What: `stack orders-dev-api@eu-west-1`.
    pub what: String,
    /// How it differs.
    pub how: String,
}

impl Prints {
    /// Takes the prints of everything that the changes touch or rest on.
    pub fn take(changes: &Changes, desired: &Desired, deployed: &Deployed) -> Self {
        let mut prints = Self::default();
        for change in &changes.stacks {
            let producers = desired.stacks.get(&change.stack).into_iter().flat_map(|stack| stack.parameters.values());
            let producers = producers.map(|output| &output.stack);
            for key in std::iter::once(&change.stack).chain(producers) {
                prints.stacks.insert(key.clone(), of_stack(deployed.stacks.get(key)));
            }
        }
        for zone in changes.zones.iter().filter(|zone| !zone.records.is_empty() && !zone.id.contains("${")) {
            prints.zones.insert(zone.id.clone(), of_zone(deployed.zones.get(&zone.id)));
        }
        for (arn, certificate) in &deployed.certificates {
            prints.certificates.insert(arn.clone(), of_certificate(certificate));
        }
        for change in &changes.objects {
            let live = object(deployed, &change.cluster, &change.identity);
            let print = if change.action == Action::Delete { of_instance(live) } else { of_object(live) };
            prints.objects.insert(object_key(&change.cluster, &change.identity), print);
        }
        prints
    }

    /// Whether an object, or that it is not there, is what the prints say.
    pub fn is_object(&self, cluster: &str, identity: &ObjectId, live: Option<&DeployedObject>) -> bool {
        self.objects.get(&object_key(cluster, identity)).is_some_and(|print| *print == object_now(print, live))
    }

    /// Whether a stack, or that it is not there, is what the prints say.
    pub fn is_stack(&self, key: &StackKey, live: Option<&DeployedStack>) -> bool {
        self.stacks.get(key).is_some_and(|print| *print == of_stack(live))
    }

    /// Compares with what is live now; everything that differs is returned.
    pub fn compare(&self, deployed: &Deployed) -> Vec<Stale> {
        let stacks = self.stacks.iter().map(|(key, then)| {
            let now = deployed.stacks.get(key);
            (format!("stack {key}"), then, of_stack(now), now.map(|stack| stack.status.to_string()))
        });
        let zones = self.zones.iter().map(|(id, then)| {
            let now = deployed.zones.get(id);
            (format!("hosted zone {id}"), then, of_zone(now), now.map(|zone| zone.domain.clone()))
        });
        let certificates = self.certificates.iter().map(|(arn, then)| {
            let now = deployed.certificates.get(arn);
            let print = now.map_or_else(|| ABSENT.to_owned(), of_certificate);
            (format!("certificate {arn}"), then, print, now.map(|certificate| certificate.status.clone()))
        });
        let objects = self.objects.iter().map(|(key, then)| {
            let find = |there: &&DeployedObject| object_key(&there.cluster, &there.identity) == *key;
            let now = deployed.objects.iter().flatten().find(find);
            (format!("object {key}"), then, object_now(then, now), None)
        });
        let all = stacks.chain(zones).chain(certificates).chain(objects);
        all.filter(|(_, then, now, _)| *then != now)
            .map(|(what, then, now, state)| {
                let how = match (then.as_str(), now.as_str()) {
                    (ABSENT, _) => "was not there when the plan was made, and is there now".to_owned(),
                    (_, ABSENT) => "was there when the plan was made, and is gone".to_owned(),
                    (_, _) => "was changed after the plan was made".to_owned(),
                };
                let state = state.map(|state| format!(" ({state})")).unwrap_or_default();
                Stale { what, how: how + &state }
            })
            .collect()
    }
}

/// Whether a stack holds nothing: it was never created, or is gone.
pub fn is_absent(stack: &DeployedStack) -> bool {
    verdict(Some(stack.status), Verb::Apply) == Verdict::TakenAsAbsent
}

fn of_stack(stack: Option<&DeployedStack>) -> String {
    let Some(stack) = stack.filter(|stack| !is_absent(stack)) else { return ABSENT.to_owned() };
    let DeployedStack {
        id,
        status,
        reason: _,
        template: _,
        template_sha256,
        parameters,
        outputs,
        tags,
        termination_protection,
        changed,
    } = stack;
    print(&(id, status, template_sha256, parameters, outputs, tags, termination_protection, changed))
}

fn of_zone(zone: Option<&DeployedZone>) -> String {
    zone.map_or_else(
        || ABSENT.to_owned(),
        |zone| {
            let mut records: Vec<_> = zone.records.iter().collect();
            records.sort();
            print(&(&zone.domain, zone.private, records))
        },
    )
}

fn of_certificate(certificate: &Certificate) -> String {
    let Certificate { arn, region: _, status, kind, names, not_after, renewal: _, failure: _, validations: _ } =
        certificate;
    print(&(arn, status, kind, names, not_after))
}

fn object<'a>(deployed: &'a Deployed, cluster: &str, identity: &ObjectId) -> Option<&'a DeployedObject> {
    let mut all = deployed.objects.iter().flatten();
    all.find(|there| there.cluster == cluster && is_same(&there.identity, identity))
}

fn object_key(cluster: &str, identity: &ObjectId) -> String {
    format!("{cluster} {}", identity.join("/"))
}

/// What the print of an object would be now, taken as the one before was.
fn object_now(then: &str, live: Option<&DeployedObject>) -> String {
    if then.starts_with(INSTANCE) { of_instance(live) } else { of_object(live) }
}

/// The object and what applying changes in it. Not all of it: others write to it all the time. Of a secret only its
/// version, or a digest could be turned back into a short value.
fn of_object(live: Option<&DeployedObject>) -> String {
    match live {
        Some(there) if !there.live.is_null() => match &there.applied {
            Applied::As(_) | Applied::Taken(..) if diff::is_secret(&there.identity) => {
                print(&(uid(&there.live), there.live.pointer("/metadata/resourceVersion")))
            }
            Applied::As(applied) | Applied::Taken(applied, _) => {
                print(&(uid(&there.live), diff::object_fields(&there.live, applied)))
            }
            Applied::Anew(_) | Applied::Refused(_) | Applied::Unknown => of_instance(live),
        },
        Some(_) | None => ABSENT.to_owned(),
    }
}

/// That it is this very object, and no other of its name.
fn of_instance(live: Option<&DeployedObject>) -> String {
    let live = live.map(|there| &there.live).filter(|live| !live.is_null());
    live.map_or_else(|| ABSENT.to_owned(), |live| format!("{INSTANCE}{}", print(&uid(live))))
}

fn uid(live: &Value) -> Option<&Value> {
    live.pointer("/metadata/uid")
}

fn print(value: &impl Serialize) -> String {
    // Maps with keys of text and plain values always serialize.
    digest(&serde_json::to_vec(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::ObjectChange;

    fn there(kind: &str, live: Value, applied: Applied) -> DeployedObject {
        let identity = ["v1", kind, "n", "a"].map(str::to_owned);
        DeployedObject { cluster: "main".to_owned(), identity, live, applied }
    }

    fn object(uid: &str, version: u32, data: &str) -> Value {
        json!({ "metadata": { "uid": uid, "resourceVersion": version.to_string() }, "data": { "a": data } })
    }

    fn prints(action: Action, live: &DeployedObject) -> Prints {
        let change = ObjectChange::new("main", &live.identity, action, Vec::new());
        let deployed = Deployed { objects: Some(vec![live.clone()]), ..Deployed::default() };
        let changes = Changes { objects: vec![change], ..Changes::default() };
        Prints::take(&changes, &crate::diff::testing::desired(&[]), &deployed)
    }

    #[test]
    fn an_object_is_as_planned_while_applying_changes_the_same_in_it() {
        let find = |uid: &str, version, before: &str, after: &str| {
            there("ConfigMap", object(uid, version, before), Applied::As(object(uid, version, after)))
        };
        let planned = find("u", 1, "old", "new");
        let prints = prints(Action::Update, &planned);
        let is = |live: Option<&DeployedObject>| prints.is_object("main", &planned.identity, live);
        assert!(is(Some(&planned)) && is(Some(&find("u", 2, "old", "new"))), "others write to it all the time");
        assert!(!is(None));
        assert!(!is(Some(&find("u", 2, "other", "new"))));
        assert!(!is(Some(&find("another", 1, "old", "new"))));
        let deployed = |live| Deployed { objects: Some(vec![live]), ..Deployed::default() };
        assert_eq!(prints.compare(&deployed(planned.clone())), []);
        let stale = prints.compare(&deployed(find("u", 2, "other", "new")));
        assert_eq!(stale[0].what, "object main v1/ConfigMap/n/a");
    }

    #[test]
    fn of_a_secret_only_the_version_counts_and_of_what_is_deleted_only_which_it_is() {
        let secret = |version| there("Secret", object("u", version, "eA=="), Applied::As(object("u", version, "eQ==")));
        let print = prints(Action::Update, &secret(1));
        assert!(print.is_object("main", &secret(1).identity, Some(&secret(1))));
        assert!(!print.is_object("main", &secret(1).identity, Some(&secret(2))));
        let gone = |uid| there("ConfigMap", object(uid, 1, "x"), Applied::Unknown);
        let print = prints(Action::Delete, &gone("u"));
        let changed = there("ConfigMap", object("u", 7, "y"), Applied::Unknown);
        assert!(print.is_object("main", &changed.identity, Some(&changed)));
        assert!(!print.is_object("main", &changed.identity, Some(&gone("another"))));
    }
}
