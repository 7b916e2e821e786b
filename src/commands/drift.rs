//! `infra drift`: what was changed by hand, in stacks and in zones.

use std::fmt::Write as _;
use std::sync::Arc;

use super::live::{self, Live, Which};
use crate::cli::{Exit, Global};
use crate::cloud::{Cloud, Extent, Failure, Pauses};
use crate::diff::{self, DriftNote, ZoneChange};
use crate::output;
use crate::state::{Deployed, StackKey, Verb, Verdict, verdict};

/// Show what was changed by hand: resources that are not as their stack's template says, records that are not as the
/// project says.
///
/// Exits with 2 if something was. CloudFormation compares the properties that templates set, of types that it can read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
}

/// Compares and reports.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    live::with(global, args.which.env.as_deref(), async |live, cloud| {
        let deployed = live.read(&cloud, Extent::All).await?;
        let notes = detect(&cloud, &deployed).await?;
        let zones = owned(&live, &deployed);
        output::result(&text(&notes, &zones))?;
        let changed = notes.iter().any(|note| matches!(note.status.as_str(), "MODIFIED" | "DELETED"));
        let records = zones.iter().any(|zone| !zone.records.is_empty());
        Ok(if changed || records { Exit::Different } else { Exit::Done })
    })
}

/// Records of ours that are not as the project says.
fn owned(live: &Live, deployed: &Deployed) -> Vec<ZoneChange> {
    let owned = deployed.owned();
    let mut zones = diff::zones(&live.desired, deployed, &std::collections::BTreeSet::new());
    for zone in &mut zones {
        let ours = owned.records(&zone.id, |output| deployed.output(output).map(str::to_owned));
        zone.records.retain(|record| ours.contains(&record.key));
    }
    zones
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

fn text(notes: &[DriftNote], zones: &[ZoneChange]) -> String {
    let mut text = String::new();
    let differs = |note: &&DriftNote| matches!(note.status.as_str(), "MODIFIED" | "DELETED");
    for note in notes.iter().filter(differs) {
        let _ = writeln!(text, "{} {} {} {}", note.status, note.stack, note.resource, note.kind);
        for (path, expected, actual) in &note.properties {
            let _ = writeln!(text, "    {path}: {expected} -> {actual}");
        }
    }
    for zone in zones {
        for record in &zone.records {
            let side =
                |value: &Option<serde_json::Value>| value.as_ref().map_or("(absent)".to_owned(), ToString::to_string);
            let _ = writeln!(text, "RECORD {}\n    {} -> {}", record.key, side(&record.after), side(&record.before));
        }
    }
    let changed = notes.iter().filter(differs).count();
    let unchecked = notes.len() - changed;
    let records: usize = zones.iter().map(|zone| zone.records.len()).sum();
    let _ = writeln!(
        text,
        "{} and {} differ; {} could not be checked",
        output::count(changed, "resource"),
        output::count(records, "record"),
        output::count(unchecked, "resource")
    );
    text
}
