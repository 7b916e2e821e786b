//! `infra drift`: what was changed by hand, in stacks and in zones.

use std::fmt::Write as _;
use std::sync::Arc;

use super::live::{self, Live, Scope, Which};
use crate::cli::{Exit, Global};
use crate::cloud::{Cloud, Failure, Pauses};
use crate::cluster::Depth;
use crate::diff::{self, Action, DriftNote, Foreign, ObjectChange, ZoneChange};
use crate::output;
use crate::plan::is_absent;
use crate::state::{Deployed, Holder, ObjectId, StackKey, Verb, Verdict, manager, spelled, verdict};

/// Show what was changed by hand: resources that are not as their stack's template says, stacks that are gone, records
/// and objects of clusters that are not as the project says.
///
/// Exits with 2 if something was. CloudFormation compares the properties that templates set, of types that it can read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    scope: Scope,
}

/// Everything that is not as it was left.
struct Drift {
    notes: Vec<DriftNote>,
    zones: Vec<ZoneChange>,
    /// Stacks that are gone although others of the environment are there.
    stacks: Vec<StackKey>,
    objects: Vec<ObjectChange>,
    /// Fields of our objects that others manage, by cluster and object.
    foreign: Vec<(String, ObjectId, Vec<Foreign>)>,
    /// Clusters that gave no answer, with the reason.
    silent: Vec<(String, String)>,
}

/// Compares and reports.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    live::with(global, args.which.env.as_deref(), async |live, cloud| {
        let live = Live { scope: args.scope, ..live };
        let deployed = live.read_all(&cloud, Depth::Applied).await?;
        let drift = Drift {
            notes: detect(&cloud, &deployed).await?,
            zones: owned(&live, &deployed),
            stacks: gone(&live, &deployed),
            objects: objects(&live, &deployed),
            foreign: foreign(&live, &deployed),
            silent: deployed.asked.iter().filter_map(|(name, why)| Some((name.clone(), why.clone()?))).collect(),
        };
        output::result(&drift.text())?;
        Ok(match (drift.is_empty(), drift.silent.is_empty()) {
            (false, _) => Exit::Different,
            // What was not looked at may differ.
            (true, false) => Exit::Failed,
            (true, true) => Exit::Done,
        })
    })
}

/// Records of ours that are not as the project says.
fn owned(live: &Live, deployed: &Deployed) -> Vec<ZoneChange> {
    let owned = deployed.owned();
    let mut zones = diff::zones(&live.desired, deployed, &std::collections::BTreeSet::new()).changes;
    for zone in &mut zones {
        let ours = owned.records(&zone.id, |output| deployed.output(output).map(str::to_owned));
        zone.records.retain(|record| ours.contains(&record.key));
    }
    zones
}

/// Stacks of an environment that is deployed, which are not there.
fn gone(live: &Live, deployed: &Deployed) -> Vec<StackKey> {
    let is_there = |key: &StackKey| deployed.stacks.get(key).is_some_and(|stack| !is_absent(stack));
    if !live.desired.stacks.keys().any(is_there) {
        return Vec::new();
    }
    live.desired.stacks.keys().filter(|key| !is_there(key)).cloned().collect()
}

/// Objects of ours that are not as the project says, or are gone.
fn objects(live: &Live, deployed: &Deployed) -> Vec<ObjectChange> {
    let owned = deployed.owned().objects;
    let ours =
        |change: &ObjectChange| owned.get(&change.cluster).is_some_and(|set| set.contains(&change.identity.join("/")));
    let found = diff::objects(&live.desired, deployed, &[]).changes;
    // What nobody remembers is no difference of ours that waits to be applied.
    let forgotten = |change: &ObjectChange| change.action == Action::Delete && !ours(change);
    let changed = |change: &ObjectChange| change.action != Action::Delete && change.waits.is_none() && ours(change);
    found.into_iter().filter(|change| changed(change) || forgotten(change)).collect()
}

/// Who else manages fields of our objects.
fn foreign(live: &Live, deployed: &Deployed) -> Vec<(String, ObjectId, Vec<Foreign>)> {
    let us = live.desired.owner();
    let manager = manager(&live.desired.project, &live.desired.environment);
    let ours = deployed.objects.iter().flatten().filter(|there| us.of_object(&there.live) == Holder::Ours);
    let all = ours.map(|there| (there.cluster.clone(), there.identity.clone(), diff::foreign(&there.live, &manager)));
    all.filter(|(.., fields)| !fields.is_empty()).collect()
}

/// Has CloudFormation compare every stack with its template, side by side.
pub(crate) async fn detect(cloud: &Arc<Cloud>, deployed: &Deployed) -> Result<Vec<DriftNote>, Failure> {
    let mut asked = tokio::task::JoinSet::new();
    for (key, stack) in &deployed.stacks {
        if verdict(Some(stack.status), Verb::Drift) == Verdict::Goes {
            let (cloud, key) = (Arc::clone(cloud), key.clone());
            asked.spawn(async move { one(&cloud, key).await });
        }
    }
    let mut notes = Vec::new();
    while let Some(done) = asked.join_next().await {
        match done {
            Ok(found) => notes.extend(found?),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => {}
        }
    }
    notes.sort_by(|a, b| (&a.stack, &a.resource).cmp(&(&b.stack, &b.resource)));
    Ok(notes)
}

async fn one(cloud: &Cloud, key: StackKey) -> Result<Vec<DriftNote>, Failure> {
    let id = cloud.detect_drift(&key).await?;
    let mut pauses = Pauses::new();
    // What failed for some resources is known for the others.
    while !cloud.drift_is_known(&id, &key.region).await? {
        pauses.pause().await;
    }
    let note = |drift: crate::cloud::Drift| {
        let masked = |(path, template, live): (String, String, String)| {
            let (template, live) =
                (diff::drifted(&drift.kind, &path, &template, false), diff::drifted(&drift.kind, &path, &live, true));
            (path, template, live)
        };
        DriftNote {
            stack: key.clone(),
            resource: drift.logical_id,
            properties: drift.properties.into_iter().map(masked).collect(),
            kind: drift.kind,
            status: drift.status,
        }
    };
    Ok(cloud.drifts(&key).await?.into_iter().map(note).collect())
}

impl Drift {
    fn differing(&self) -> impl Iterator<Item = &DriftNote> {
        self.notes.iter().filter(|note| matches!(note.status.as_str(), "MODIFIED" | "DELETED"))
    }

    fn is_empty(&self) -> bool {
        let records = self.zones.iter().any(|zone| !zone.records.is_empty());
        self.differing().next().is_none() && !records && self.stacks.is_empty() && self.objects.is_empty()
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for note in self.differing() {
            let _ = writeln!(text, "{} {} {} {}", note.status, note.stack, note.resource, note.kind);
            for (path, expected, actual) in &note.properties {
                let _ = writeln!(text, "    {path}: {expected} -> {actual}");
            }
        }
        for key in &self.stacks {
            let _ = writeln!(text, "STACK {key}\n    it is not there");
        }
        let side = |value: &Option<serde_json::Value>| match value {
            Some(value) => value.to_string(),
            None => "(absent)".to_owned(),
        };
        for record in self.zones.iter().flat_map(|zone| &zone.records) {
            let _ = writeln!(text, "RECORD {}\n    {} -> {}", record.key, side(&record.after), side(&record.before));
        }
        for object in &self.objects {
            let _ = writeln!(text, "OBJECT {} of cluster {}", spelled(&object.identity), object.cluster);
            match object.action {
                Action::Create => text.push_str("    it is not there\n"),
                Action::Delete => {
                    text.push_str("    it carries the label of this environment, and no run remembers it\n");
                }
                Action::Update | Action::Retain => {}
            }
            for field in &object.fields {
                let by = self.by(object, &field.path);
                let _ = writeln!(text, "    {}: {} -> {}{by}", field.path, side(&field.after), side(&field.before));
            }
        }
        for (cluster, id, fields) in &self.foreign {
            for who in diff::told(fields) {
                let _ = writeln!(text, "{} of cluster {cluster}: {who}", spelled(id));
            }
        }
        for (cluster, why) in &self.silent {
            let _ = writeln!(text, "cluster {cluster} was not looked at: {why}");
        }
        text + &self.numbers()
    }

    /// Who manages a field that differs.
    fn by(&self, object: &ObjectChange, path: &str) -> String {
        let of =
            |(cluster, id, _): &&(String, ObjectId, Vec<Foreign>)| *cluster == object.cluster && *id == object.identity;
        let fields = self.foreign.iter().find(of).map(|(.., fields)| fields.as_slice()).unwrap_or_default();
        let mut managers: Vec<&str> =
            fields.iter().filter(|it| it.is_within(path)).map(|it| it.manager.as_str()).collect();
        managers.dedup();
        if managers.is_empty() { String::new() } else { format!(", by {}", managers.join(", ")) }
    }

    fn numbers(&self) -> String {
        let changed = self.differing().count();
        let counts = [
            (changed, "resource"),
            (self.stacks.len(), "stack"),
            (self.zones.iter().map(|zone| zone.records.len()).sum(), "record"),
            (self.objects.len(), "object"),
        ];
        let counts = counts.map(|(number, noun)| output::count(number, noun));
        format!(
            "{} differ; {} could not be checked\n",
            counts.join(", "),
            output::count(self.notes.len() - changed, "resource")
        )
    }
}
