//! The objects of a cluster: applied and deleted as the plan says, in its order, and waited for.

use std::sync::Arc;

use serde_json::Value;
use tokio::time::{Duration, Instant};

use super::rollout::{self, Rolling};
use super::{End, Event, Notice, Problem, Run, Trouble};
use crate::cloud::Pauses;
use crate::cluster::{self, Cluster, Fields, Written};
use crate::diff::{self, Action, ObjectChange};
use crate::state::{
    Applied, DesiredObject, Holder, ObjectId, adopted, fill, is_same, judged, placeholders, rolls_out, runs_once,
    spelled,
};

/// How often an object is looked at again because somebody wrote to it in between: controllers do.
const OVERTAKEN: usize = 10;
/// How long a new kind may take to be served.
const SERVED: Duration = Duration::from_mins(1);
/// How long an object may take to be gone; what holds it back is a finalizer.
const GONE: Duration = Duration::from_mins(10);
/// How long it may take before we say what it waits for.
const PATIENT: Duration = Duration::from_secs(5);

/// The cluster of a step, with what the step is called.
struct At<'a> {
    run: &'a Run,
    step: &'a str,
    cluster: Arc<Cluster>,
    name: &'a str,
}

/// Applies and deletes the objects of a cluster.
pub(super) async fn step(run: &Run, step: &str, name: &str) -> Result<End, Trouble> {
    let changes: Vec<&ObjectChange> = run.plan.changes.objects.iter().filter(|it| it.cluster == name).collect();
    let cluster = run.clusters.get(name).await?;
    let at = At { run, step, cluster, name };
    let mut wrote = false;
    let (mut jobs, mut rollouts) = (Vec::new(), Vec::new());
    for change in changes.iter().filter(|change| change.action != Action::Delete) {
        // What comes after jobs may need what they make; if one fails, what runs goes on as it is.
        if !jobs.is_empty() && !runs_once(&change.identity) {
            rollout::wait(run, step, &at.cluster, std::mem::take(&mut jobs)).await?;
        }
        let desired = at.desired(change)?;
        let written = at.apply(change, desired).await.map_err(|trouble| located(trouble, desired))?;
        wrote |= written.is_some();
        if rolls_out(&change.identity) {
            let list = if runs_once(&change.identity) { &mut jobs } else { &mut rollouts };
            list.push(Rolling { id: change.identity.clone(), desired, before: written.flatten() });
        }
    }
    rollouts.append(&mut jobs);
    rollout::wait(run, step, &at.cluster, rollouts).await?;
    let gone: Vec<&ObjectChange> = changes.into_iter().filter(|change| change.action == Action::Delete).collect();
    for change in &gone {
        wrote |= at.delete(change).await?;
    }
    Ok(if wrote { End::Done } else { End::Unchanged })
}

/// Adds where the object was written.
fn located(trouble: Trouble, desired: &DesiredObject) -> Trouble {
    let with = |why: Problem| why.at(format!("{} of {}", spelled(&desired.identity()), desired.path));
    match trouble {
        Trouble::Failed(why) => Trouble::Failed(with(why)),
        Trouble::Lost(why) => Trouble::Lost(with(why)),
        Trouble::Refused(why) => Trouble::Refused(with(why)),
        Trouble::Journal(error) => Trouble::Journal(error),
    }
}

impl At<'_> {
    fn desired(&self, change: &ObjectChange) -> Result<&DesiredObject, Trouble> {
        let mut all = self.run.desired.objects.iter();
        let found = all.find(|it| it.cluster == self.name && is_same(&it.identity(), &change.identity));
        found.ok_or_else(|| {
            Trouble::Refused(Problem::new(
                "run/not-planned",
                format!("the assembly has no {}", spelled(&change.identity)),
            ))
        })
    }

    /// Applies an object unless that changes nothing. If it did, what its controller had said of it before.
    async fn apply(&self, change: &ObjectChange, desired: &DesiredObject) -> Result<Option<Option<String>>, Trouble> {
        let id = desired.identity();
        let object = fill(&desired.object, &|output| self.run.output(output));
        let mut unknown = None;
        placeholders(&object, &mut |output| unknown = Some(output));
        if let Some(unknown) = unknown {
            return Err(Trouble::Failed(Problem::new(
                "run/unknown-value",
                format!("it needs {unknown}, which is not known"),
            )));
        }
        for _ in 0..OVERTAKEN {
            let now = cluster::look(&self.cluster, self.name, &object, &id).await?;
            match &now.applied {
                Applied::As(applied) if diff::object_fields(&now.live, applied).is_empty() => return Ok(None),
                Applied::Refused(reason) => {
                    return Err(Trouble::Refused(Problem::new("run/object-refused", reason.clone())));
                }
                Applied::Anew(reason) if change.anew.is_none() => {
                    return Err(Trouble::Refused(Problem::new("run/object-refused", reason.clone())));
                }
                Applied::Taken(_, conflicts) if conflicts.iter().any(|it| !change.conflicts.contains(it)) => {
                    return Err(Trouble::Refused(Problem::new(
                        "run/not-agreed",
                        format!("nobody agreed to take over: {}", conflicts.join(", ")),
                    )));
                }
                Applied::As(_) | Applied::Taken(..) | Applied::Anew(_) | Applied::Unknown => {}
            }
            // Of one that is made anew, the old one may be gone by now.
            let is_gone = change.anew.is_some() && now.live.is_null();
            if !is_gone && !self.run.plan.prints.is_object(self.name, &change.identity, Some(&now)) {
                let how = if now.live.is_null() { "it is gone" } else { "it would change in another way" };
                return Err(stale(&id, how));
            }
            self.announce(&id)?;
            if matches!(now.applied, Applied::Anew(_)) {
                self.take_away(&id, &now.live).await?;
                continue;
            }
            let version = now.live.pointer("/metadata/resourceVersion");
            let object = adopted(&object, &id, &now.live);
            let fields = if matches!(now.applied, Applied::Taken(..)) { Fields::Everyones } else { Fields::Ours };
            match self.cluster.apply(&object, &id, (version, fields)).await {
                Ok(Written::Made) => {
                    self.tell(&id, if now.live.is_null() { "CREATE_COMPLETE" } else { "UPDATE_COMPLETE" });
                    self.served(&id, &object).await?;
                    return Ok(Some(judged(&now.live).map(str::to_owned)));
                }
                Ok(Written::Overtaken) => {}
                Err(failure) if failure.status == 409 => {
                    return Err(Trouble::Refused(Problem::new("run/object-refused", failure.explained())));
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Err(Trouble::Failed(Problem::new("run/object-failed", "somebody writes to it all the time".to_owned())))
    }

    /// Waits until objects of a new kind can be made.
    async fn served(&self, id: &ObjectId, object: &Value) -> Result<(), Trouble> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let versions = object.pointer("/spec/versions").and_then(Value::as_array);
        if !matches!(id, [_, kind, ..] if kind == "CustomResourceDefinition") {
            return Ok(());
        }
        let since = Instant::now();
        for version in versions.into_iter().flatten().filter_map(|version| version.get("name")?.as_str()) {
            let group = format!("{}/{version}", text("/spec/group"));
            let kind = [group, text("/spec/names/kind"), String::new(), String::new()];
            let mut pauses = Pauses::new();
            while !self.cluster.has_kind(&kind).await? {
                if since.elapsed() > SERVED {
                    return Err(Trouble::Failed(Problem::new(
                        "run/object-failed",
                        "the cluster has it and does not serve its kind".to_owned(),
                    )));
                }
                pauses.pause().await;
            }
        }
        Ok(())
    }

    /// Deletes an object that is ours, and waits until it is gone; whether it was there.
    async fn delete(&self, change: &ObjectChange) -> Result<bool, Trouble> {
        let id = &change.identity;
        let live = self.there(id).await?;
        if live.is_null() {
            return Ok(false);
        }
        let now = crate::state::DeployedObject {
            cluster: self.name.to_owned(),
            identity: id.clone(),
            live: live.clone(),
            applied: Applied::Unknown,
        };
        if !self.run.plan.prints.is_object(self.name, id, Some(&now)) {
            return Err(stale(id, "it is another object of that name"));
        }
        if self.run.desired.owner().of_object(&live) != Holder::Ours {
            return Err(stale(id, "it does not say any more that it is ours"));
        }
        self.announce(id)?;
        self.take_away(id, &live).await?;
        self.tell(id, "DELETE_COMPLETE");
        Ok(true)
    }

    /// Deletes this very object, and waits until it is gone.
    async fn take_away(&self, id: &ObjectId, live: &Value) -> Result<(), Trouble> {
        let uid = live.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
        if live.pointer("/metadata/deletionTimestamp").is_none() {
            match self.cluster.delete(id, uid).await {
                Err(failure) if failure.status == 409 => return Err(stale(id, &failure.message)),
                other => other.map_err(|failure| {
                    Trouble::Failed(Problem::new("run/object-failed", format!("{}: {}", spelled(id), failure.message)))
                })?,
            }
        }
        self.gone(id, uid).await
    }

    /// What is there under a name; nothing if even the kind is gone.
    async fn there(&self, id: &ObjectId) -> Result<Value, Trouble> {
        match self.cluster.object(id).await {
            Err(failure) if failure.is_absent() => Ok(Value::Null),
            other => other.map_err(|failure| {
                Trouble::Failed(Problem::new("run/object-failed", format!("{}: {}", spelled(id), failure.message)))
            }),
        }
    }

    async fn gone(&self, id: &ObjectId, uid: &str) -> Result<(), Trouble> {
        let since = Instant::now();
        let mut pauses = Pauses::new();
        let mut told = String::new();
        loop {
            let live = self.there(id).await?;
            if live.pointer("/metadata/uid").and_then(Value::as_str) != Some(uid) {
                return Ok(());
            }
            let finalizers = live.pointer("/metadata/finalizers").and_then(Value::as_array);
            let names: Vec<&str> = finalizers.into_iter().flatten().filter_map(Value::as_str).collect();
            let held = if names.is_empty() { String::new() } else { format!(", held back by {}", names.join(", ")) };
            let text = format!("{} is being deleted{held}", spelled(id));
            if since.elapsed() > GONE {
                return Err(Trouble::Failed(Problem::new(
                    "run/object-failed",
                    format!("{text}, for {} minutes now", GONE.as_secs() / 60),
                )));
            }
            if text != told && since.elapsed() > PATIENT {
                self.run.notice(Notice::Waiting { step: self.step.to_owned(), text: text.clone() });
                told = text;
            }
            pauses.pause().await;
        }
    }

    fn announce(&self, id: &ObjectId) -> Result<(), Trouble> {
        Ok(self.run.journal.write(Event::Object { step: self.step.to_owned(), object: id.join("/") })?)
    }

    fn tell(&self, id: &ObjectId, status: &str) {
        let [_, kind, namespace, name] = id;
        let id = if namespace.is_empty() { name.clone() } else { format!("{namespace}/{name}") };
        self.run.notice(Notice::Resource {
            step: self.step.to_owned(),
            id,
            kind: kind.clone(),
            status: status.to_owned(),
            reason: String::new(),
        });
    }
}

fn stale(id: &ObjectId, how: &str) -> Trouble {
    Trouble::Refused(
        Problem::new("run/stale", format!("{} is not any more as it was when the plan was made: {how}", spelled(id)))
            .help("make the plan again"),
    )
}
