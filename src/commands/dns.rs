//! `infra dns undo`: takes back what a run did to records.

use std::collections::BTreeMap;

use super::apply::{self, Consent, Manner};
use super::live::{self, Halt, Live, Which};
use crate::cli::{Exit, Global};
use crate::cloud::Extent;
use crate::diff::{Action, RecordChange, ZoneChange};
use crate::output;
use crate::plan::{self, Change, ChangeAction, Kind, Plan, Terms};
use crate::run::{self, Past};
use crate::state::{Deployed, Record, RecordKey};

/// Records of hosted zones.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Undo(Undo),
    Runs(Runs),
}

/// Take back what a run did to records: exactly that, and only where nobody changed them since.
#[derive(Debug, clap::Args)]
struct Undo {
    /// Name of the run, as `infra dns runs` lists it.
    run: String,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    manner: Manner,
}

/// List the runs that changed records, oldest first.
#[derive(Debug, clap::Args)]
struct Runs {}

impl Args {
    /// The program that reads what happens, if it is one.
    pub(crate) fn program(&self) -> Option<output::Program> {
        match &self.command {
            Command::Undo(args) => args.manner.program(),
            Command::Runs(_) => None,
        }
    }
}

/// Runs the subcommand.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Undo(args) => undo(global, args),
        Command::Runs(Runs {}) => list(global),
    }
}

fn list(global: &Global) -> anyhow::Result<Exit> {
    let root = crate::files::Project::open(global.project.as_deref())?.root;
    let mut rows = Vec::new();
    for name in run::runs(&root)? {
        let Ok(past) = run::read(&root, &name) else { continue };
        let changed: usize = past.undo().iter().map(|(_, changes)| changes.len()).sum();
        if changed > 0 {
            rows.push(vec![name, past.plan.environment, output::count(changed, "change")]);
        }
    }
    output::result(&output::table::table(&["run", "environment", "to undo"], &rows, output::width()))?;
    Ok(Exit::Done)
}

fn undo(global: &Global, args: &Undo) -> anyhow::Result<Exit> {
    let root = crate::files::Project::open(global.project.as_deref())?.root;
    let past = run::read(&root, &args.run)?;
    let env = args.which.env.as_deref().unwrap_or(&past.plan.environment);
    live::with(global, Some(env), async |live, cloud| {
        apply::refuse_another(&live, &past)?;
        let mut deployed = live.read(&cloud, Extent::All).await?;
        for (id, _) in past.undo() {
            deployed.zones.extend(cloud.zone(&id).await?.map(|zone| (id, zone)));
        }
        let zones = zones(&past, &deployed)?;
        let (changes, desired) = plan::undoing(zones, live.desired.clone(), &deployed);
        let live = Live { desired, ..live };
        let terms = Terms {
            kind: Kind::Undo,
            created: live::now(),
            expires: live::hence(1),
            selected: std::collections::BTreeSet::new(),
        };
        let plan = Plan::new(changes, &live.desired, &deployed, terms);
        apply::show(&live, &plan, &args.manner)?;
        apply::agree(&live, &plan, &args.consent, false)?;
        apply::execute(live, cloud, (plan, None), deployed, &args.manner).await
    })
}

/// What undoing changes; refused where a record is not any more as the run left it.
fn zones(past: &Past, deployed: &Deployed) -> anyhow::Result<Vec<ZoneChange>> {
    let undo = past.undo();
    let taken_over = |domain: &str, key: &RecordKey| {
        let zones = past.plan.changes.zones.iter().filter(|zone| zone.domain == domain);
        zones.flat_map(|zone| &zone.records).any(|record| record.adopts && record.key == *key)
    };
    let mut found: BTreeMap<&str, ZoneChange> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (id, changes) in &undo {
        let Some(live) = deployed.zones.get(id) else {
            return Err(Halt::blocked(format!("there is no hosted zone {id} any more")).into());
        };
        let zone = found.entry(id).or_insert_with(|| ZoneChange {
            domain: live.domain.clone(),
            private: live.private,
            id: id.clone(),
            existing: live.records.len(),
            records: Vec::new(),
            left_alone: Vec::new(),
        });
        let mut wanted: BTreeMap<&RecordKey, (Option<&Record>, Option<&Record>)> = BTreeMap::new();
        for Change { action, record } in changes {
            let (left, put) = wanted.entry(&record.key).or_default();
            match action {
                ChangeAction::Delete => *left = Some(record),
                ChangeAction::Create | ChangeAction::Upsert => *put = Some(record),
            }
        }
        for (key, (left, put)) in wanted {
            let now = live.records.iter().find(|record| record.key == *key);
            if now == put {
                continue;
            }
            // An upsert does not say what it overwrites.
            let upserts = left.is_none() && matches!(key.record_type.as_str(), "NS" | "SOA");
            if now != left && !upserts {
                wrong.push(key.to_string());
                continue;
            }
            let action = match (now, put) {
                (None, _) => Action::Create,
                (Some(_), None) => Action::Delete,
                (Some(_), Some(_)) => Action::Update,
            };
            zone.records.push(RecordChange {
                key: key.clone(),
                action,
                before: now.map(Record::to_value),
                after: put.map(Record::to_value),
                adopts: false,
                releases: put.is_some() && taken_over(&live.domain, key),
            });
        }
    }
    if !wrong.is_empty() {
        return Err(Halt::blocked(format!(
            "nothing was changed: not any more as the run left them: {}",
            wrong.join(", ")
        ))
        .into());
    }
    Ok(found.into_values().filter(|zone| !zone.records.is_empty()).collect())
}
