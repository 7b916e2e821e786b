//! Reads what clusters hold of an environment, and what applying would make of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use tokio::task::JoinSet;

use super::Clusters;
use super::call::{Cluster, Failure};
use super::members::members;
use crate::state::{
    Applied, Deployed, DeployedObject, Desired, DesiredObject, Holder, ObjectId, OutputRef, Owner, adopted, fill,
    is_same, parent_id, placeholders, read_id,
};

/// An object to look at.
enum Wanted {
    /// All of it is known.
    Whole(Value),
    /// It needs outputs that are not there yet, or it is only ours and wanted no more.
    Unknown,
}

/// How closely objects are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// What applying would make of them, by a dry run.
    Applied,
    /// How they are.
    Live,
    /// How they are, and what others have in the namespaces of ours: all of them are to go.
    Going,
}

/// Asks every cluster that `infra.yaml` names and that has, or had, objects of ours. What fails is a reason, no failure.
pub(crate) async fn read(clusters: &Clusters, desired: &Desired, depth: Depth, deployed: &mut Deployed) {
    let owned = deployed.owned().objects;
    for name in clusters.names() {
        let desired_here: Vec<&DesiredObject> = desired.objects.iter().filter(|it| it.cluster == *name).collect();
        let ours = owned.get(name).into_iter().flatten().filter_map(|text| read_id(text));
        let ours: Vec<ObjectId> =
            ours.filter(|id| !desired_here.iter().any(|it| is_same(&it.identity(), id))).collect();
        if desired_here.is_empty() && ours.is_empty() && !is_parted(clusters, (name, desired)).await {
            continue;
        }
        let output = |output: &OutputRef| deployed.output(output).map(str::to_owned);
        let wanted = desired_here.iter().map(|it| {
            let object = fill(&it.object, &output);
            let mut known = depth == Depth::Applied;
            placeholders(&object, &mut |_| known = false);
            (it.identity(), if known { Wanted::Whole(object) } else { Wanted::Unknown })
        });
        let mut wanted: Vec<(ObjectId, Wanted)> =
            wanted.chain(ours.iter().map(|id| (id.clone(), Wanted::Unknown))).collect();
        if wanted.is_empty() {
            wanted.push((parent_id(&desired.project, &desired.environment), Wanted::Unknown));
        }
        let gone = match depth {
            Depth::Applied | Depth::Live => ours,
            Depth::Going => wanted.iter().map(|(id, _)| id.clone()).collect(),
        };
        let reason = match of_cluster(clusters, (name, desired), wanted, &gone).await {
            Ok((objects, others, hidden)) => {
                deployed.objects.get_or_insert_default().extend(objects);
                deployed.hidden.extend((!hidden.is_empty()).then(|| (name.clone(), hidden)));
                deployed.others.extend(others.into_iter().map(|(id, others)| ((name.clone(), id), others)));
                None
            }
            Err(failure) => Some(failure.message),
        };
        if reason.is_none()
            && let Ok(cluster) = clusters.get(name).await
        {
            let warnings = cluster.warnings();
            deployed.warnings.extend((!warnings.is_empty()).then(|| (name.clone(), warnings)));
        }
        deployed.asked.insert(name.clone(), reason);
    }
    if !deployed.asked.is_empty() {
        deployed.objects.get_or_insert_default();
    }
}

/// Kinds and namespaces that could not be listed, by the reason.
type Hidden = BTreeMap<String, BTreeSet<String>>;

/// What others have in namespaces of ours that go.
type Others = Vec<(ObjectId, Vec<String>)>;

async fn of_cluster(
    clusters: &Clusters,
    (name, desired): (&str, &Desired),
    wanted: Vec<(ObjectId, Wanted)>,
    gone: &[ObjectId],
) -> Result<(Vec<DeployedObject>, Others, Hidden), Failure> {
    let cluster = clusters.get(name).await?;
    // What is served is asked one after the other, so that a cluster that does not answer is found out once.
    let versions: BTreeSet<&String> = wanted.iter().map(|([version, ..], _)| version).collect();
    for version in versions {
        match cluster.kinds_of(version).await {
            Err(failure) if failure.is_of_cluster() => return Err(failure),
            // It is the version that cannot be asked: a server of its own may answer for it.
            Ok(_) | Err(_) => {}
        }
    }
    let made = Made::of(&cluster, &wanted).await?;
    let us = desired.owner();
    let mut asked = JoinSet::new();
    for (place, (id, wanted)) in wanted.into_iter().enumerate() {
        let (cluster, made, us) = (Arc::clone(&cluster), made.clone(), us.clone());
        asked.spawn(async move {
            let _turn = cluster.turns.acquire().await;
            (place, one(&cluster, (id, wanted), &made, &us).await)
        });
    }
    let mut found = BTreeMap::new();
    while let Some(done) = asked.join_next().await {
        match done {
            Ok((place, there)) => {
                found.extend(there?.map(|(identity, live, applied)| {
                    (place, DeployedObject { cluster: name.to_owned(), identity, live, applied })
                }));
            }
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => return Err(Failure::of("a task was cancelled")),
        }
    }
    let mut found: Vec<DeployedObject> = found.into_values().collect();
    let members = members(&cluster, desired, &found).await?;
    let forgotten = members.found.into_iter().map(|(identity, live)| DeployedObject {
        cluster: name.to_owned(),
        identity,
        live,
        applied: Applied::Unknown,
    });
    let forgotten: Vec<DeployedObject> = forgotten.collect();
    let gone: Vec<ObjectId> = gone.iter().chain(forgotten.iter().map(|there| &there.identity)).cloned().collect();
    found.extend(forgotten);
    let others = others(&cluster, &found, &gone, &us).await?;
    Ok((found, others, members.hidden))
}

/// Whether a cluster in which nothing is wanted and nothing is remembered holds the object that stands for our set. One
/// that does not answer is not asked for more: nobody knows of anything there.
async fn is_parted(clusters: &Clusters, (name, desired): (&str, &Desired)) -> bool {
    let Ok(cluster) = clusters.get(name).await else { return false };
    let parent = cluster.object(&parent_id(&desired.project, &desired.environment)).await;
    parent.is_ok_and(|live| !live.is_null() && desired.owner().of_object(&live) == Holder::Ours)
}

/// Looks into the namespaces of ours that are wanted no more.
async fn others(cluster: &Cluster, found: &[DeployedObject], gone: &[ObjectId], us: &Owner) -> Result<Others, Failure> {
    let is_ours = |live: &Value| us.of_object(live) == Holder::Ours;
    let goes = |there: &&DeployedObject| {
        there.identity[1] == "Namespace" && gone.contains(&there.identity) && is_ours(&there.live)
    };
    let mut all = Vec::new();
    for there in found.iter().filter(goes) {
        let [_, _, _, name] = &there.identity;
        all.push((there.identity.clone(), cluster.others(name, is_ours).await?));
    }
    Ok(all)
}

/// What the same apply makes that others need and that is not there yet: nothing can be tried in a namespace that is not
/// there.
#[derive(Clone)]
struct Made {
    namespaces: BTreeSet<String>,
    /// `kind` and group.
    kinds: BTreeSet<(String, String)>,
}

impl Made {
    async fn of(cluster: &Cluster, wanted: &[(ObjectId, Wanted)]) -> Result<Self, Failure> {
        let mut made = Self { namespaces: BTreeSet::new(), kinds: BTreeSet::new() };
        for (id, wanted) in wanted {
            let [_, kind, _, name] = id;
            let Wanted::Whole(object) = wanted else { continue };
            if !matches!(kind.as_str(), "Namespace" | "CustomResourceDefinition") {
                continue;
            }
            match cluster.object(id).await {
                Err(failure) if failure.is_of_cluster() => return Err(failure),
                Ok(live) if !live.is_null() => continue,
                Ok(_) | Err(_) => {}
            }
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            match kind.as_str() {
                "Namespace" => drop(made.namespaces.insert(name.clone())),
                "CustomResourceDefinition" => {
                    made.kinds.insert((text("/spec/names/kind"), text("/spec/group")));
                }
                _ => {}
            }
        }
        Ok(made)
    }

    /// Whether an object can be tried only once something else of ours is made.
    fn explains(&self, [version, kind, namespace, _]: &ObjectId, failure: &Failure) -> bool {
        let group = version.split_once('/').map_or("", |(group, _)| group);
        failure.status == 404
            && (self.namespaces.contains(namespace) || self.kinds.contains(&(kind.clone(), group.to_owned())))
    }
}

/// What is there of an object and what would become of it; nothing if that is known only after something else is made.
///
/// What fails for one object is the verdict on that object; it hides no other.
async fn one(
    cluster: &Cluster,
    (id, wanted): (ObjectId, Wanted),
    made: &Made,
    us: &Owner,
) -> Result<Option<(ObjectId, Value, Applied)>, Failure> {
    let live = match cluster.object(&id).await {
        Ok(live) => live,
        Err(failure) if made.explains(&id, &failure) => return Ok(None),
        Err(failure) if failure.is_of_cluster() => return Err(failure),
        // The kind is not served, or it may not be looked at.
        Err(failure) => return Ok(Some((id, Value::Null, Applied::Refused(failure.explained())))),
    };
    let Wanted::Whole(object) = wanted else { return Ok(Some((id, live, Applied::Unknown))) };
    if !live.is_null() && matches!(us.of_object(&live), Holder::Other(_)) {
        return Ok(Some((id, live, Applied::Unknown)));
    }
    let applied = match cluster.tried(&adopted(&object, &id, &live), &id).await {
        // What is not ours is not deleted to be made anew.
        Ok(Applied::Anew(why)) if us.of_object(&live) != Holder::Ours => Applied::Refused(why),
        Ok(applied) => applied,
        Err(failure) if live.is_null() && made.explains(&id, &failure) => return Ok(None),
        // Without an answer it is the cluster that is at fault, and not the object.
        Err(failure) if failure.is_of_cluster() => return Err(failure),
        Err(failure) => Applied::Refused(failure.explained()),
    };
    Ok(Some((id, live, applied)))
}

/// What is there of an object now, and what applying makes of it.
pub(crate) async fn look(
    cluster: &Cluster,
    name: &str,
    object: &Value,
    id: &ObjectId,
) -> Result<DeployedObject, Failure> {
    let live = cluster.object(id).await?;
    let applied = if live.is_null() {
        Applied::Unknown
    } else {
        match cluster.tried(&adopted(object, id, &live), id).await {
            Err(failure) if failure.status == 409 => Applied::Refused(failure.explained()),
            other => other?,
        }
    };
    Ok(DeployedObject { cluster: name.to_owned(), identity: id.clone(), live, applied })
}
