//! Reads what clusters hold of an environment, and what applying would make of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::Clusters;
use super::call::{Cluster, Failure};
use crate::state::{
    Applied, Deployed, DeployedObject, Desired, DesiredObject, ObjectId, OutputRef, fill, is_same, placeholders,
    read_id,
};

/// Objects that are asked about at a time.
const AT_ONCE: usize = 8;

/// An object to look at.
enum Wanted {
    /// All of it is known.
    Whole(Value),
    /// It needs outputs that are not there yet, or it is only ours and wanted no more.
    Unknown,
}

/// Asks every cluster that `infra.yaml` names and that has, or had, objects of ours. What fails is a reason, no failure.
pub(crate) async fn read(clusters: &Clusters, desired: &Desired, deployed: &mut Deployed) {
    let owned = deployed.owned().objects;
    let mut found = Vec::new();
    for name in clusters.names() {
        let desired_here: Vec<&DesiredObject> = desired.objects.iter().filter(|it| it.cluster == *name).collect();
        let ours = owned.get(name).into_iter().flatten().filter_map(|text| read_id(text));
        let ours: Vec<ObjectId> =
            ours.filter(|id| !desired_here.iter().any(|it| is_same(&it.identity(), id))).collect();
        if desired_here.is_empty() && ours.is_empty() {
            continue;
        }
        let output = |output: &OutputRef| deployed.output(output).map(str::to_owned);
        let wanted = desired_here.iter().map(|it| {
            let object = fill(&it.object, &output);
            let mut known = true;
            placeholders(&object, &mut |_| known = false);
            (it.identity(), if known { Wanted::Whole(object) } else { Wanted::Unknown })
        });
        let wanted: Vec<(ObjectId, Wanted)> = wanted.chain(ours.into_iter().map(|id| (id, Wanted::Unknown))).collect();
        let reason = match of_cluster(clusters, name, wanted).await {
            Ok(objects) => {
                found.extend(objects);
                None
            }
            Err(failure) => Some(failure.message),
        };
        deployed.asked.insert(name.clone(), reason);
    }
    if !deployed.asked.is_empty() {
        deployed.objects = Some(found);
    }
}

async fn of_cluster(
    clusters: &Clusters,
    name: &str,
    wanted: Vec<(ObjectId, Wanted)>,
) -> Result<Vec<DeployedObject>, Failure> {
    let cluster = clusters.get(name).await?;
    let made = Made::of(&wanted);
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    // What is served is asked one after the other, so that a cluster that does not answer is found out once.
    let versions: BTreeSet<&String> = wanted.iter().map(|([version, ..], _)| version).collect();
    for version in versions {
        cluster.has_kind(&[version.clone(), String::new(), String::new(), String::new()]).await?;
    }
    let mut asked = JoinSet::new();
    for (place, (id, wanted)) in wanted.into_iter().enumerate() {
        let (cluster, turns, made) = (Arc::clone(&cluster), Arc::clone(&turns), made.clone());
        asked.spawn(async move {
            let _turn = turns.acquire_owned().await;
            (place, one(&cluster, id, wanted, &made).await)
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
    Ok(found.into_values().collect())
}

/// What the same apply makes that others need: nothing can be tried in a namespace that is not there.
#[derive(Clone)]
struct Made {
    namespaces: BTreeSet<String>,
    /// `kind` and group.
    kinds: BTreeSet<(String, String)>,
}

impl Made {
    fn of(wanted: &[(ObjectId, Wanted)]) -> Self {
        let mut made = Self { namespaces: BTreeSet::new(), kinds: BTreeSet::new() };
        for ([_, kind, _, name], wanted) in wanted {
            let Wanted::Whole(object) = wanted else { continue };
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            match kind.as_str() {
                "Namespace" => drop(made.namespaces.insert(name.clone())),
                "CustomResourceDefinition" => {
                    made.kinds.insert((text("/spec/names/kind"), text("/spec/group")));
                }
                _ => {}
            }
        }
        made
    }

    /// Whether an object can be tried only once something else of ours is made.
    fn explains(&self, [version, kind, namespace, _]: &ObjectId, failure: &Failure) -> bool {
        let group = version.split_once('/').map_or("", |(group, _)| group);
        failure.status == 404
            && (self.namespaces.contains(namespace) || self.kinds.contains(&(kind.clone(), group.to_owned())))
    }
}

/// What is there of an object and what would become of it; nothing if that is known only after something else is made.
async fn one(
    cluster: &Cluster,
    id: ObjectId,
    wanted: Wanted,
    made: &Made,
) -> Result<Option<(ObjectId, Value, Applied)>, Failure> {
    let live = match cluster.object(&id).await {
        Ok(live) => live,
        Err(failure) if made.explains(&id, &failure) => return Ok(None),
        // The kind is not served: the object is not there and cannot be made.
        Err(failure) if failure.status == 404 => {
            return Ok(Some((id, Value::Null, Applied::Refused(failure.message))));
        }
        Err(failure) => return Err(failure),
    };
    let Wanted::Whole(object) = wanted else { return Ok(Some((id, live, Applied::Unknown))) };
    let applied = match cluster.dry_run(&object, &id).await {
        Ok(applied) => Applied::As(applied),
        Err(failure) if live.is_null() && made.explains(&id, &failure) => return Ok(None),
        // Without an answer it is the cluster that is at fault, and not the object.
        Err(failure) if matches!(failure.status, 0 | 401) => return Err(failure),
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
        match cluster.dry_run(object, id).await {
            Ok(applied) => Applied::As(applied),
            Err(failure) if failure.status == 409 => Applied::Refused(failure.explained()),
            Err(failure) => return Err(failure),
        }
    };
    Ok(DeployedObject { cluster: name.to_owned(), identity: id.clone(), live, applied })
}
