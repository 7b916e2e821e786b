//! `infra status`: how every stack, zone and certificate of an environment is.

use std::fmt::Write as _;

use super::live::{self, Live, Which};
use crate::cli::{Exit, Global};
use crate::cloud::Extent;
use crate::output;
use crate::state::{Deployed, Desired, OutputRef, Verb, Verdict, fill_text, verdict};

/// Show how every stack, hosted zone and certificate of an environment is.
///
/// Exits with 1 if a stack or a certificate is not sound.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
}

/// Reads and shows.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    live::with(global, args.which.env.as_deref(), async |live, cloud| {
        let deployed = live.read(&cloud, Extent::All).await?;
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
    if let Some(past) = crate::run::unfinished(&live.root, &live.desired.project, &live.desired.environment)? {
        let _ = writeln!(text, "\nrun {} was cut off; `infra apply --resume` goes on with it", past.run);
    }
    output::result(&text)?;
    let stacks_sound =
        deployed.stacks.values().all(|stack| verdict(Some(stack.status), Verb::Status) != Verdict::Unsound);
    let certificates_sound =
        deployed.certificates.values().all(|it| matches!(it.status.as_str(), "ISSUED" | "PENDING_VALIDATION"));
    Ok(if stacks_sound && certificates_sound { Exit::Done } else { Exit::Failed })
}

fn stacks(desired: &Desired, deployed: &Deployed) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for key in desired.stacks.keys().chain(deployed.stacks.keys().filter(|key| !desired.stacks.contains_key(key))) {
        let stack = deployed.stacks.get(key);
        let note = match stack {
            _ if !desired.stacks.contains_key(key) => "not in the project any more".to_owned(),
            Some(stack) => match verdict(Some(stack.status), Verb::Status) {
                Verdict::Unsound => stack.reason.clone().unwrap_or_else(|| "see `infra recover`".to_owned()),
                Verdict::Goes
                | Verdict::TakenAsAbsent
                | Verdict::Nothing
                | Verdict::Waits
                | Verdict::Busy
                | Verdict::Stuck => String::new(),
            },
            None => String::new(),
        };
        rows.push(vec![
            key.name.clone(),
            key.region.clone(),
            stack.map_or_else(|| "(absent)".to_owned(), |stack| stack.status.to_string()),
            stack.map(|stack| stack.changed.chars().take(19).collect()).unwrap_or_default(),
            note,
        ]);
    }
    rows
}

fn zones(desired: &Desired, deployed: &Deployed) -> Vec<Vec<String>> {
    let output = |output: &OutputRef| deployed.output(output).map(str::to_owned);
    let row = |zone: &crate::state::DesiredZone| {
        let id = fill_text(&zone.id, &output);
        let live = deployed.zones.get(&id);
        let count = live.map_or_else(|| "(absent)".to_owned(), |live| live.records.len().to_string());
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
