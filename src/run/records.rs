//! The records of a zone: changed as the plan says, in batches that can be undone, and waited for.

use tokio::time::{Duration, Instant};

use super::{End, Event, Notice, Problem, Run, Trouble};
use crate::cloud::Pauses;
use crate::diff::{RecordChange, ZoneChange};
use crate::plan::{self, Change, ChangeAction};
use crate::resolver::Public;
use crate::state::{DeployedZone, OutputRef, Record, StackKey, fill, fill_text};

/// How long Route 53 may take to bring a change to all its servers before we stop watching; it usually takes one
/// minute.
///
/// Source: <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html> (read
/// 2026-11-25).
const SYNC: Duration = Duration::from_mins(20);

/// Changes the records of a zone.
pub(super) async fn step(run: &Run, step: &str, zone: &str) -> Result<End, Trouble> {
    let Some(planned) = run.plan.changes.zones.iter().find(|change| change.id == zone) else {
        return Ok(End::Unchanged);
    };
    let output = |output: &OutputRef| run.output(output);
    let id = fill_text(zone, &output);
    if id.contains("${") {
        return Err(Trouble::Failed(Problem::new(
            "run/unknown-value",
            format!("the id of zone {} is not known: there is no output {id}", planned.domain),
        )));
    }
    let filled = filled(planned, &output)?;
    let changed = change(run, step, &id, &filled).await?;
    Ok(if changed { End::Done } else { End::Unchanged })
}

/// The change of a zone with every value known.
fn filled(zone: &ZoneChange, output: &impl Fn(&OutputRef) -> Option<String>) -> Result<ZoneChange, Trouble> {
    let one = |record: &RecordChange| {
        let after = record.after.as_ref().map(|after| fill(after, output));
        let mut unknown = Vec::new();
        after
            .iter()
            .for_each(|after| crate::state::placeholders(after, &mut |output| unknown.push(output.to_string())));
        match unknown.first() {
            Some(unknown) => Err(Trouble::Failed(Problem::new(
                "run/unknown-value",
                format!("{} needs {unknown}, which is not known", record.key),
            ))),
            None => Ok(RecordChange { after, ..record.clone() }),
        }
    };
    Ok(ZoneChange { records: zone.records.iter().map(one).collect::<Result<_, _>>()?, ..zone.clone() })
}

/// Makes the changes that are not made yet; whether there were any.
async fn change(run: &Run, step: &str, id: &str, zone: &ZoneChange) -> Result<bool, Trouble> {
    let left = left(run, id, zone).await?;
    if left.records.is_empty() {
        return Ok(false);
    }
    let before: Vec<Record> = left.records.iter().filter_map(|change| read(change.before.as_ref())).collect();
    let batches = plan::batches(plan::changes_of(&left));
    let count = batches.len();
    for (index, batch) in batches.iter().enumerate() {
        let undo = plan::inverse(batch, &before);
        run.journal.write(Event::Records { step: step.to_owned(), zone: id.to_owned(), undo })?;
        let part = if count > 1 { format!(", part {} of {count}", index + 1) } else { String::new() };
        let comment = format!("infra run {}{part}", run.journal.run);
        if let Some(change) = send(run, id, &comment, batch).await? {
            in_sync(run, step, &change).await?;
        }
    }
    Ok(true)
}

/// What is still to be changed; refused if something is neither as it was nor as it is to be.
async fn left(run: &Run, id: &str, zone: &ZoneChange) -> Result<ZoneChange, Trouble> {
    let Some(live) = run.cloud.zone(id).await? else {
        return Err(Trouble::Refused(Problem::new(
            "run/stale",
            format!("there is no hosted zone {id} ({})", zone.domain),
        )));
    };
    let mut left = ZoneChange { records: Vec::new(), ..zone.clone() };
    let mut wrong = Vec::new();
    for change in &zone.records {
        let now = live.records.iter().find(|record| record.key == change.key).cloned();
        let (before, after) = (read(change.before.as_ref()), read(change.after.as_ref()));
        if now == after {
            continue;
        }
        if now == before {
            left.records.push(change.clone());
        } else {
            wrong.push(change.key.to_string());
        }
    }
    if wrong.is_empty() {
        return Ok(left);
    }
    Err(Trouble::Refused(
        Problem::new(
            "run/stale",
            format!(
                "records of {} are not any more as they were when the plan was made: {}",
                zone.domain,
                wrong.join(", ")
            ),
        )
        .help("make the plan again"),
    ))
}

fn read(set: Option<&serde_json::Value>) -> Option<Record> {
    set.and_then(|set| Record::read(set).ok())
}

/// Sends a batch; returns the id of the change, unless it had been made by a request whose answer was lost.
async fn send(run: &Run, zone: &str, comment: &str, batch: &[Change]) -> Result<Option<String>, Trouble> {
    let error = match run.cloud.change_records(zone, comment, batch).await {
        Ok(change) => return Ok(Some(change)),
        Err(error) => error,
    };
    if error.is(&["InvalidChangeBatch"])
        && let Some(live) = run.cloud.zone(zone).await?
        && is_made(batch, &live)
    {
        return Ok(None);
    }
    Err(Trouble::Failed(Problem::new(
        "run/records-failed",
        format!("Route 53 refuses the records of zone {zone}, all of them: {}", error.message),
    )))
}

/// Whether a zone is as a batch makes it.
fn is_made(batch: &[Change], live: &DeployedZone) -> bool {
    batch.iter().enumerate().all(|(index, change)| match change.action {
        ChangeAction::Create | ChangeAction::Upsert => live.records.contains(&change.record),
        ChangeAction::Delete => {
            let made_again = batch
                .iter()
                .skip(index)
                .any(|later| later.action == ChangeAction::Create && later.record.key == change.record.key);
            made_again || !live.records.iter().any(|record| record.key == change.record.key)
        }
    })
}

/// Waits until all name servers answer with a change.
async fn in_sync(run: &Run, step: &str, change: &str) -> Result<(), Trouble> {
    let since = Instant::now();
    let mut pauses = Pauses::new();
    let mut told = false;
    while !run.cloud.is_in_sync(change).await? {
        if since.elapsed() > SYNC {
            return Err(Trouble::Failed(Problem::new(
                "run/records-failed",
                format!("Route 53 has change {change} and is not in sync after 20 minutes"),
            )));
        }
        if !told && since.elapsed() > Duration::from_secs(5) {
            told = true;
            let text = "the name servers of Route 53 take over the records; this usually takes a minute".to_owned();
            run.notice(Notice::Waiting { step: step.to_owned(), text });
        }
        pauses.pause().await;
    }
    Ok(())
}

/// Says what the certificate for a name waits for; writes the record if the name's zone is one of ours and lacks it.
pub(super) async fn explain(
    run: &Run,
    key: &StackKey,
    (domain, name, value): (&str, &str, &str),
    writes: bool,
) -> String {
    let wanted = format!("the certificate for {domain} is issued once {name} CNAME {value} is found");
    let Some(id) = zone_of(run, name) else {
        return format!("{wanted}: no zone of this environment holds that name, so write it where its zone is");
    };
    // What cannot be asked is not explained; the run goes on.
    let Ok(Some(live)) = run.cloud.zone(&id).await else { return wanted };
    let set = serde_json::json!({ "Name": name, "Type": "CNAME", "TTL": 300, "ResourceRecords": [{ "Value": value }] });
    let Ok(record) = Record::read(&set) else { return wanted };
    if live.records.contains(&record) {
        let servers = run.cloud.name_servers(&id).await.unwrap_or_default();
        let public = if run.cloud.is_local() { None } else { Public::of_this_machine() };
        let seen = match public {
            Some(public) => public.explain(&live.domain, &servers, domain).await,
            None => format!(
                "the registrar or the zone above {} must name {}, and a CAA record must not keep out amazon.com",
                live.domain,
                servers.join(", ")
            ),
        };
        return format!("{wanted}: it is in zone {id}; {seen}");
    }
    if live.records.iter().any(|other| other.key == record.key) {
        return format!("{wanted}: zone {id} has another value there, which is left alone");
    }
    if !writes {
        return format!("{wanted}: CloudFormation writes it to zone {id}");
    }
    let step = crate::plan::Target::Stack(key.clone()).step();
    let undo = vec![Change { action: ChangeAction::Delete, record: record.clone() }];
    let written = run.journal.write(Event::Records { step, zone: id.clone(), undo });
    let create = [Change { action: ChangeAction::Create, record }];
    let comment = format!("infra run {}: validation of a certificate", run.journal.run);
    match (written, run.cloud.change_records(&id, &comment, &create).await) {
        (Ok(()), Ok(_)) => format!("{wanted}: it was written to zone {id}"),
        (Ok(()), Err(error)) => format!("{wanted}: it cannot be written to zone {id}: {error}"),
        (Err(error), _) => format!("{wanted}: it is not written, because the journal cannot be: {error}"),
    }
}

/// The zone of this environment that holds a name, if one does: the one with the longest domain.
fn zone_of(run: &Run, name: &str) -> Option<String> {
    let name = crate::state::normal_name(name);
    let holds = |domain: &str| name == domain || name.ends_with(&format!(".{domain}"));
    let zones = run.desired.zones.iter().filter(|zone| !zone.private && holds(&zone.domain));
    let zone = zones.max_by_key(|zone| zone.domain.len())?;
    let id = fill_text(&zone.id, &|output: &OutputRef| run.output(output));
    (!id.contains("${")).then_some(id)
}
