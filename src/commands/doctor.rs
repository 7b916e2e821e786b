//! `infra doctor`: what stands in the way of an environment, each with its remedy, before anything is begun.

use std::fmt::Write as _;
use std::sync::Arc;

use super::live::{self, Live, Which};
use crate::cli::{Exit, Global};
use crate::cloud::{Cloud, Extent};
use crate::cluster::{self, Depth};
use crate::facts::limits::cloudformation::TEMPLATE_BODY_BYTES;
use crate::output;
use crate::resolver::Public;
use crate::run::{Lock, Unfinished};
use crate::state::{Applied, Deployed, Verb, Verdict, spelled, verdict};

/// Look for what stands in the way of an environment: the project, runs that were cut off, credentials, clock, zones,
/// stacks, clusters. Each finding has its remedy.
///
/// Changes nothing and sends what `infra diff` sends; objects of clusters are tried by a dry run, which is what `infra
/// apply` needs the rights for. Exits with 1 if something stands in the way. Without a network it says what can be said.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    /// Open no connection: look at the project and at this working copy only.
    #[arg(long)]
    offline: bool,
}

/// How much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// It is as it should be.
    Fine,
    /// It works, and will hurt; or it cannot be told.
    Warning,
    /// It stands in the way.
    Failure,
}

/// What was found, in the order in which it was looked for.
#[derive(Default)]
struct Report {
    text: String,
    worst: Option<Weight>,
}

impl Report {
    fn fine(&mut self, subject: &str, what: impl AsRef<str>) {
        self.line(Weight::Fine, subject, what.as_ref(), "");
    }

    fn warn(&mut self, subject: &str, what: impl AsRef<str>, remedy: impl AsRef<str>) {
        self.line(Weight::Warning, subject, what.as_ref(), remedy.as_ref());
    }

    fn fail(&mut self, subject: &str, what: impl AsRef<str>, remedy: impl AsRef<str>) {
        self.line(Weight::Failure, subject, what.as_ref(), remedy.as_ref());
    }

    fn line(&mut self, weight: Weight, subject: &str, what: &str, remedy: &str) {
        let word = match weight {
            Weight::Fine => "ok",
            Weight::Warning => "warn",
            Weight::Failure => "fail",
        };
        let _ = writeln!(self.text, "{word:4}  {subject:11}  {what}");
        if !remedy.is_empty() {
            let _ = writeln!(self.text, "{:17}  -> {remedy}", "");
        }
        self.worst = self.worst.max(Some(weight));
    }
}

/// Looks at everything and says what was found.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    let live = match live::open(global, args.which.env.as_deref())? {
        Ok(live) => live,
        Err(exit) => {
            output::note("fail  project      has errors, so nothing else was looked at: mend what is listed above\n")?;
            return Ok(exit);
        }
    };
    let mut report = Report::default();
    project(&live, &mut report);
    runs(&live, &mut report)?;
    bucket(&live, &mut report);
    if args.offline {
        report.warn("connection", "not looked at: `--offline`", "");
    } else {
        live::runtime()?.block_on(online(&live, &mut report))?;
    }
    output::result(&report.text)?;
    Ok(if report.worst == Some(Weight::Failure) { Exit::Failed } else { Exit::Done })
}

fn project(live: &Live, report: &mut Report) {
    let stacks = output::count(live.desired.stacks.len(), "stack");
    report.fine("project", format!("{} {}: {stacks}, no errors", live.desired.project, live.desired.environment));
    match &live.environment.project_id {
        Some(id) => report.fine("id", format!("{id}")),
        None => report.warn(
            "id",
            "the project has none: another project of the same name is not told apart",
            "run `infra id` and commit infra.yaml",
        ),
    }
}

/// Runs that were cut off, and journals that do not say whether theirs was.
fn runs(live: &Live, report: &mut Report) -> anyhow::Result<()> {
    let Unfinished { past, unreadable } =
        crate::run::unfinished(&live.root, &live.desired.project, &live.desired.environment)?;
    for why in &unreadable {
        report.warn(
            "journal",
            format!("cannot be read, so whether its run was cut off is not known: {why}"),
            "look at it with the version of infra that wrote it, or move the file out of .infra/runs",
        );
    }
    match past {
        Some(past) if Lock::is_taken(&live.root, &live.desired.environment) => {
            report.warn("run", format!("{} is under way in this working copy", past.run), "wait until it has ended");
        }
        Some(past) => report.fail("run", format!("{} was cut off", past.run), "run `infra apply --resume`"),
        None => report.fine("run", "none was cut off in this working copy"),
    }
    Ok(())
}

fn bucket(live: &Live, report: &mut Report) {
    let long = live.desired.stacks.iter().filter(|(_, stack)| stack.body.len() > TEMPLATE_BODY_BYTES);
    let long: Vec<String> = long.map(|(key, _)| key.to_string()).collect();
    match (&live.environment.template_bucket, long.as_slice()) {
        (Some(bucket), _) => report.fine("templates", format!("long ones go through the bucket {bucket}")),
        (None, []) => report.fine("templates", "each fits into a request"),
        (None, long) => report.fail(
            "templates",
            format!("more than {TEMPLATE_BODY_BYTES} bytes, and no bucket for them: {}", long.join(", ")),
            format!("run `infra bootstrap --env {}` and write the line that it prints", live.desired.environment),
        ),
    }
}

/// What AWS, the public DNS and clusters say.
async fn online(live: &Live, report: &mut Report) -> anyhow::Result<()> {
    let cloud = live.connect().await?;
    let account = match cloud.account().await {
        Ok(account) => account,
        Err(failure) => {
            report.fail(
                "credentials",
                failure.message,
                "sign in (`aws sso login`), or name a profile with AWS_PROFILE; AWS was not asked for anything else",
            );
            return Ok(());
        }
    };
    let wanted = &live.desired.account;
    if account == *wanted {
        report.fine("credentials", format!("are for account {account}"));
    } else {
        report.fail(
            "credentials",
            format!("are for account {account}, environment {} is in {wanted}", live.desired.environment),
            "name a profile of that account with AWS_PROFILE; AWS was not asked for anything else",
        );
        return Ok(());
    }
    clock(&cloud, report);
    let mut deployed = match live.read(&cloud, Extent::All).await {
        Ok(deployed) => deployed,
        Err(live::Halt::Failed(failure)) => {
            let iam = format!("infra iam --env {} --command diff", live.desired.environment);
            let remedy = match failure.code.as_str() {
                "InvalidClientTokenId" | "UnrecognizedClientException" | "OptInRequired" => {
                    "enable the region in the settings of the account, or choose another in infra.yaml".to_owned()
                }
                _ => format!("if it is about permissions, `{iam}` prints the policy that is needed"),
            };
            report.fail("region", failure.to_string(), remedy);
            return Ok(());
        }
        Err(halt) => return Err(halt.into()),
    };
    report.fine("region", format!("{} answers, and what `infra diff` needs may be read", live.desired.region));
    stacks(live, &deployed, report);
    zones(live, &cloud, &deployed, report).await;
    cluster::read(&live.clusters, &live.desired, Depth::Applied, &mut deployed).await;
    clusters(live, &deployed, report);
    Ok(())
}

/// From which difference on a clock is said to be off. Unit: seconds. AWS refuses signatures from five minutes on, and
/// `cloud` mends that by itself from the first refusal.
const OFF: u64 = 60;

fn clock(cloud: &Cloud, report: &mut Report) {
    match cloud.ahead() {
        Some(ahead) if ahead.unsigned_abs() >= OFF => {
            let way = if ahead < 0 { "fast" } else { "slow" };
            report.warn(
                "clock",
                format!("of this machine is {} s {way}", ahead.unsigned_abs()),
                "set it by NTP: AWS refuses signatures of five minutes ago",
            );
        }
        Some(_) => report.fine("clock", "agrees with that of AWS"),
        None => report.warn("clock", "cannot be compared: the answer has no date", ""),
    }
}

fn stacks(live: &Live, deployed: &Deployed, report: &mut Report) {
    let mut sound = 0;
    for (key, stack) in &deployed.stacks {
        match verdict(Some(stack.status), Verb::Apply) {
            Verdict::Stuck => report.fail("stack", format!("{key} is in {}", stack.status), "run `infra recover`"),
            Verdict::Unsound => report.warn("stack", format!("{key} is in {}", stack.status), "run `infra recover`"),
            Verdict::Busy | Verdict::Waits => {
                let who = stack.reason.clone().unwrap_or_else(|| "somebody".to_owned());
                report.fail("stack", format!("{key} is in {}: {who}", stack.status), "wait until that has ended");
            }
            Verdict::Goes | Verdict::TakenAsAbsent | Verdict::Nothing => sound += 1,
        }
    }
    for (key, who) in &deployed.foreign {
        let what = format!("{key} is there and belongs to {who}");
        report.fail("stack", what, "rename the project or the environment, or delete that stack");
    }
    report.fine("stacks", format!("{sound} there and sound, {} wanted", live.desired.stacks.len()));
}

/// Whether the zones are there, and whether the public DNS sends people to them.
async fn zones(live: &Live, cloud: &Arc<Cloud>, deployed: &Deployed, report: &mut Report) {
    let public = if cloud.is_local() { None } else { Public::of_this_machine() };
    let output = |output: &crate::state::OutputRef| deployed.output(output).map(str::to_owned);
    for zone in live.desired.zones.iter().filter(|zone| !zone.private) {
        let (domain, id) = (zone.domain.trim_end_matches('.'), crate::state::fill_text(&zone.id, &output));
        if id.contains("${") {
            report.warn(
                "zone",
                format!("{domain} will be made by a stack"),
                "delegate the domain to the name servers in its output; certificates wait for that",
            );
            continue;
        }
        match deployed.zones.get(&id) {
            None => {
                report.fail("zone", format!("{id} of {domain} is not there"), "correct its id, or leave it out");
                continue;
            }
            Some(there) if there.domain != zone.domain => {
                let what = format!("{id} is of {}, not of {domain}", there.domain.trim_end_matches('.'));
                report.fail("zone", what, "correct its id");
                continue;
            }
            Some(_) => {}
        }
        let Some(public) = &public else {
            report.fine("zone", format!("{domain} is there"));
            continue;
        };
        let servers = cloud.name_servers(&id).await.unwrap_or_default();
        match public.delegated_to(domain, &servers).await {
            Err(why) => report.warn("zone", format!("whether {domain} is delegated is not known: {why}"), ""),
            Ok(None) => report.fine("zone", format!("{domain} is there and delegated to its name servers")),
            Ok(Some(found)) => report.fail(
                "zone",
                format!("{domain} is delegated to {found}"),
                format!("have the registrar, or the zone above, name {}", servers.join(", ")),
            ),
        }
        if let Ok(Some(at)) = public.keeps_amazon_out(domain).await {
            let remedy = "add 0 issue \"amazon.com\": without it no certificate is issued";
            report.fail("zone", format!("the CAA records of {at} keep Amazon out"), remedy);
        }
    }
}

/// Most refused objects of a cluster that are listed.
const LISTED: usize = 5;

/// Whether clusters answer, and whether what is wanted may be applied: by a dry run, which asks for the same rights.
fn clusters(live: &Live, deployed: &Deployed, report: &mut Report) {
    for (cluster, reason) in &deployed.asked {
        let subject = "cluster";
        if let Some(reason) = reason {
            let remedy = format!(
                "check the context that `clusters` of the environment names for {cluster}: `aws eks update-kubeconfig` writes one"
            );
            report.fail(subject, format!("{cluster} does not answer: {reason}"), remedy);
            continue;
        }
        let here = deployed.objects.iter().flatten().filter(|object| object.cluster == *cluster);
        let refused: Vec<String> = here
            .filter_map(|object| match &object.applied {
                Applied::Refused(why) => Some(format!("{}: {why}", spelled(&object.identity))),
                _ => None,
            })
            .collect();
        for what in refused.iter().take(LISTED) {
            let remedy = "if it is about rights, `infra iam --kubernetes` prints the roles that are needed";
            report.fail(subject, format!("{cluster} refuses {what}"), remedy);
        }
        match refused.len() {
            0 => report.fine(subject, format!("{cluster} answers and takes what is wanted")),
            count if count > LISTED => report.fail(subject, format!("{cluster} refuses {} more", count - LISTED), ""),
            _ => {}
        }
    }
    let mut unnamed: Vec<&str> = live.desired.objects.iter().map(|object| object.cluster.as_str()).collect();
    unnamed.sort_unstable();
    unnamed.dedup();
    for cluster in unnamed.into_iter().filter(|it| !live.clusters.names().any(|named| named == it)) {
        report.warn(
            "cluster",
            format!("infra.yaml does not say how {cluster} is reached: its manifests are compiled and not applied"),
            format!("add `clusters: {{ {cluster}: {{ context: … }} }}` to the environment"),
        );
    }
}
