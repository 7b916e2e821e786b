//! Members of our set that nobody remembers: what a run left whose record was lost. The label alone tells of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use tokio::task::JoinSet;

use super::call::{Cluster, Failure};
use super::objects::{Kind, encoded, get, root};
use crate::state::{DeployedObject, Desired, Holder, ObjectId, contents, is_parent, is_same, member_selector};

/// What was found, and what could not be looked at.
#[derive(Default)]
pub(super) struct Members {
    pub(super) found: Vec<(ObjectId, Value)>,
    /// `deployments of namespace shop`, by the reason.
    pub(super) hidden: BTreeMap<String, BTreeSet<String>>,
}

/// Where objects of a kind are listed: everywhere is an empty namespace.
type Place = (String, Kind, String);

/// Lists what carries the label of the environment's set, but for what is known already: every kind that the project
/// has there or had, in every namespace of it.
pub(super) async fn members(
    cluster: &Arc<Cluster>,
    desired: &Desired,
    known: &[DeployedObject],
) -> Result<Members, Failure> {
    let mut asked = JoinSet::new();
    for place in places(cluster, desired, known).await? {
        let (cluster, selector) = (Arc::clone(cluster), member_selector(&desired.project, &desired.environment));
        asked.spawn(async move { (listed(&cluster, &place, &selector).await, place) });
    }
    let (mut members, us) = (Members::default(), desired.owner());
    while let Some(done) = asked.join_next().await {
        let (listed, (version, kind, namespace)) = match done {
            Ok(done) => done,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => return Err(Failure::of("a task was cancelled")),
        };
        let list = match listed {
            Ok(list) => list,
            Err(failure) if failure.is_of_cluster() => return Err(failure),
            Err(failure) => {
                let whose = if namespace.is_empty() { String::new() } else { format!(" of namespace {namespace}") };
                members.hidden.entry(failure.message).or_default().insert(format!("{}{whose}", kind.plural));
                continue;
            }
        };
        for mut live in list {
            let text = |pointer: &str| live.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            let id = [version.clone(), kind.name.clone(), text("/metadata/namespace"), text("/metadata/name")];
            let owned = live.pointer("/metadata/ownerReferences").and_then(Value::as_array);
            let goes =
                live.pointer("/metadata/deletionTimestamp").is_some() || owned.is_some_and(|all| !all.is_empty());
            let is_known = known.iter().any(|there| is_same(&there.identity, &id));
            if goes || is_known || us.of_object(&live) != Holder::Ours {
                continue;
            }
            // Items of a list do not say what they are.
            if let Some(map) = live.as_object_mut() {
                map.insert("apiVersion".to_owned(), version.clone().into());
                map.insert("kind".to_owned(), kind.name.clone().into());
            }
            members.found.push((id, live));
        }
    }
    members.found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(members)
}

/// Every kind of ours in every namespace of ours, by what is known of and by what the object that stands for the set says.
async fn places(cluster: &Cluster, desired: &Desired, known: &[DeployedObject]) -> Result<Vec<Place>, Failure> {
    let (mut kinds, mut namespaces) = (BTreeSet::new(), BTreeSet::new());
    let mut earlier = BTreeSet::new();
    for there in known {
        let [version, kind, namespace, _] = &there.identity;
        if is_parent(&there.identity, &desired.project, &desired.environment) {
            let (said, within) = contents(&there.live);
            earlier.extend(said);
            namespaces.extend(within);
        } else {
            kinds.insert((version.clone(), kind.clone()));
            namespaces.insert(namespace.clone());
        }
    }
    let group = |version: &str| version.split_once('/').map_or(String::new(), |(group, _)| group.to_owned());
    earlier.retain(|(kind, of)| !kinds.iter().any(|(version, known)| known == kind && group(version) == *of));
    if !earlier.is_empty() {
        for version in cluster.versions().await? {
            kinds.extend(
                earlier
                    .iter()
                    .filter(|(_, of)| *of == group(&version))
                    .map(|(kind, _)| (version.clone(), kind.clone())),
            );
        }
    }
    namespaces.remove("");
    let mut places = Vec::new();
    for (version, kind) in kinds {
        let served = match cluster.kinds_of(&version).await {
            Err(failure) if failure.is_of_cluster() => return Err(failure),
            // What a server of its own does not answer for now is told where its objects are wanted.
            other => other.unwrap_or_default(),
        };
        let Some(known) = served.into_iter().find(|known| known.name == kind && known.listed) else { continue };
        if known.namespaced {
            places.extend(namespaces.iter().map(|namespace| (version.clone(), known.clone(), namespace.clone())));
        } else {
            places.push((version, known, String::new()));
        }
    }
    Ok(places)
}

async fn listed(cluster: &Cluster, (version, kind, namespace): &Place, selector: &str) -> Result<Vec<Value>, Failure> {
    let scope = if namespace.is_empty() { String::new() } else { format!("/namespaces/{}", encoded(namespace)) };
    let path = format!("{}{scope}/{}?labelSelector={}", root(version), encoded(&kind.plural), encoded(selector));
    let _turn = cluster.turns.acquire().await;
    let list = match cluster.call("kubernetes:list", &get(path)).await {
        Err(failure) if failure.is_absent() || failure.status == 405 => return Ok(Vec::new()),
        other => other?,
    };
    Ok(list.get("items").and_then(Value::as_array).cloned().unwrap_or_default())
}
