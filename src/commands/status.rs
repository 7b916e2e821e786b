//! `infra status`: how every stack, zone and certificate of an environment is.

use std::fmt::Write as _;

use super::live::{self, Live, Which};
use crate::cli::{Exit, Global};
use crate::cloud::Extent;
use crate::cluster::{self, Depth};
use crate::output;
use crate::run::{Lock, Unfinished};
use crate::state::{
    Applied, Deployed, DeployedObject, DeployedStack, Desired, Holder, ObjectId, OutputRef, Verb, Verdict, fill_text,
    is_same, rolls_out, spelled, unfinished, verdict,
};

/// Show how every stack, hosted zone, certificate and cluster of an environment is.
///
/// Exits with 1 if anything that the project has is missing, is not sound or is not rolled out, if a cluster does not
/// answer, and if a run was cut off.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
}

/// Reads and shows.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    live::with(global, args.which.env.as_deref(), async |live, cloud| {
        let mut deployed = live.read(&cloud, Extent::All).await?;
        cluster::read(&live.clusters, &live.desired, Depth::Live, &mut deployed).await;
        show(&live, &deployed)
    })
}

/// Prints the tables; whether all is sound.
fn show(live: &Live, deployed: &Deployed) -> anyhow::Result<Exit> {
    let mut text = output::table::table(
        &["stack", "region", "status", "since", ""],
        &stacks(&live.desired, deployed),
        output::width(),
    );
    text.push_str(&busy(deployed));
    for hazard in crate::diff::renamed(&live.desired, deployed) {
        let _ = writeln!(text, "\n{}", hazard.text);
    }
    let zones = zones(&live.desired, deployed);
    if !zones.is_empty() {
        text.push('\n');
        text.push_str(&output::table::table(&["zone", "id", "records"], &zones, output::width()));
    }
    let certificates = certificates(deployed);
    if !certificates.is_empty() {
        text.push('\n');
        let headers = ["certificate", "region", "status", "until"];
        text.push_str(&output::table::table(&headers, &certificates, output::width()));
    }
    let objects = objects(&live.desired, deployed);
    if !objects.rows.is_empty() {
        text.push('\n');
        text.push_str(&output::table::table(&["cluster", "objects", ""], &objects.rows, output::width()));
    }
    let Unfinished { past, unreadable } =
        crate::run::unfinished(&live.root, &live.desired.project, &live.desired.environment)?;
    for why in unreadable {
        output::note(&format!("a journal cannot be read, so whether its run was cut off is not known: {why}\n"))?;
    }
    let under_way = Lock::is_taken(&live.root, &live.desired.environment);
    if let Some(past) = &past {
        let _ = if under_way {
            writeln!(text, "\nrun {} is under way in this working copy", past.run)
        } else {
            writeln!(text, "\nrun {} was cut off; `infra apply --resume` goes on with it", past.run)
        };
    }
    output::result(&text)?;
    let is_ours = |stack: &DeployedStack| live.desired.owner().of_stack(stack) == Holder::Ours;
    let absent = live.desired.stacks.keys().any(|key| !deployed.stacks.get(key).is_some_and(is_ours));
    let stacks_sound =
        deployed.stacks.values().all(|stack| verdict(Some(stack.status), Verb::Status) != Verdict::Unsound);
    let certificates_sound =
        deployed.certificates.values().all(|it| matches!(it.status.as_str(), "ISSUED" | "PENDING_VALIDATION"));
    let zones_sound = zones.iter().all(|row| row.last().is_some_and(|records| records != ABSENT));
    let sound = !absent && zones_sound && stacks_sound && certificates_sound && objects.sound && past.is_none();
    Ok(if sound { Exit::Done } else { Exit::Failed })
}

/// What is said of a thing that is wanted and not there.
const ABSENT: &str = "(absent)";

/// How the objects of clusters are.
struct Objects {
    /// One row for each cluster, and one for each object with which something is not right.
    rows: Vec<Vec<String>>,
    /// Whether everything is there and as it was wanted last.
    sound: bool,
}

fn objects(desired: &Desired, deployed: &Deployed) -> Objects {
    let mut found = Objects { rows: Vec::new(), sound: true };
    for (cluster, reason) in &deployed.asked {
        if let Some(reason) = reason {
            found.rows.push(vec![cluster.clone(), "(no answer)".to_owned(), reason.clone()]);
            found.sound = false;
            continue;
        }
        let wanted: Vec<_> =
            desired.objects.iter().filter(|it| it.cluster == *cluster).map(|it| it.identity()).collect();
        let here = || deployed.objects.iter().flatten().filter(|it| it.cluster == *cluster);
        let wrong = |id: &ObjectId| match here().find(|it| is_same(&it.identity, id)) {
            Some(DeployedObject { applied: Applied::Refused(reason), .. }) => Some(reason.clone()),
            Some(there) if there.live.is_null() => Some(ABSENT.to_owned()),
            None => Some(ABSENT.to_owned()),
            Some(there) => match desired.owner().of_object(&there.live) {
                Holder::Other(who) => Some(format!("belongs to {who}")),
                // A namespace of others that was taken over carries no mark of ours.
                Holder::Nobody if !matches!(id, [_, kind, ..] if kind == "Namespace") => Some("is not ours".to_owned()),
                Holder::Ours | Holder::Nobody if !rolls_out(id) => None,
                Holder::Ours | Holder::Nobody => unfinished(&there.live).map(|how| format!("is not rolled out: {how}")),
            },
        };
        let wrong: Vec<_> = wanted.iter().filter_map(|id| Some((spelled(id), wrong(id)?))).collect();
        let sound = wanted.len() - wrong.len();
        found.rows.push(vec![
            cluster.clone(),
            format!("{sound} of {} as they were wanted", wanted.len()),
            String::new(),
        ]);
        found.sound &= wrong.is_empty();
        found.rows.extend(wrong.into_iter().map(|(object, why)| vec![cluster.clone(), object, why]));
    }
    found
}

fn stacks(desired: &Desired, deployed: &Deployed) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for key in desired.stacks.keys().chain(deployed.stacks.keys().filter(|key| !desired.stacks.contains_key(key))) {
        let stack = deployed.stacks.get(key);
        let absent = if deployed.foreign.contains_key(key) { "(another's)" } else { ABSENT };
        let note = match stack {
            _ if !desired.stacks.contains_key(key) => "not in the project any more".to_owned(),
            Some(stack) if desired.owner().of_stack(stack) != Holder::Ours => {
                "is not ours: `infra diff` says more".to_owned()
            }
            Some(stack) => match verdict(Some(stack.status), Verb::Status) {
                Verdict::Unsound => stack.reason.clone().unwrap_or_else(|| "see `infra recover`".to_owned()),
                Verdict::Goes
                | Verdict::TakenAsAbsent
                | Verdict::Nothing
                | Verdict::Waits
                | Verdict::Busy
                | Verdict::Stuck => String::new(),
            },
            None => deployed.foreign.get(key).map(|who| format!("belongs to {who}")).unwrap_or_default(),
        };
        rows.push(vec![
            key.name.clone(),
            key.region.clone(),
            stack.map_or_else(|| absent.to_owned(), |stack| stack.status.to_string()),
            stack.map(|stack| stack.changed.chars().take(19).collect()).unwrap_or_default(),
            note,
        ]);
    }
    rows
}

/// Who began what is changing: a line a stack, as names of runs are never cut.
fn busy(deployed: &Deployed) -> String {
    let busy = deployed.stacks.iter().filter(|(_, stack)| stack.status.is_busy());
    let lines = busy.filter_map(|(key, stack)| Some(format!("{key}: {}\n", stack.reason.as_ref()?)));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

fn zones(desired: &Desired, deployed: &Deployed) -> Vec<Vec<String>> {
    let output = |output: &OutputRef| deployed.output(output).map(str::to_owned);
    let row = |zone: &crate::state::DesiredZone| {
        let id = fill_text(&zone.id, &output);
        let live = deployed.zones.get(&id);
        let count = live.map_or_else(|| ABSENT.to_owned(), |live| live.records.len().to_string());
        vec![zone.domain.clone(), if id.contains("${") { "(made by a stack)".to_owned() } else { id }, count]
    };
    desired.zones.iter().map(row).collect()
}

fn certificates(deployed: &Deployed) -> Vec<Vec<String>> {
    let row = |certificate: &crate::state::Certificate| {
        vec![
            certificate.names.join(", "),
            certificate.region.clone(),
            certificate.status.clone(),
            certificate.not_after.clone().unwrap_or_default(),
        ]
    };
    deployed.certificates.values().map(row).collect()
}
