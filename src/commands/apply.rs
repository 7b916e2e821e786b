//! `infra apply`: executes a plan, exactly.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail};

use super::live::{self, Halt, Live, Scope, Which};
use crate::cli::{Exit, Global};
use crate::cloud::{Cloud, Extent};
use crate::cluster::Depth;
use crate::diff::{self, Action};
use crate::facts::limits::cloudformation::TEMPLATE_BODY_BYTES;
use crate::model::ApprovalRule;
use crate::output;
use crate::output::progress::{Mode, progress};
use crate::plan::{self, Plan, Requirement, Target};
use crate::run::{self, End, Event, Journal, Lock, Notice, Outcome, Past, Problem, Run, Unfinished};
use crate::state::{Deployed, DeployedStack, StackKey, Verb, Verdict, verdict};

/// Change what is deployed to what the project says: shows what will change, asks, and does exactly that.
///
/// With a plan that `infra diff --out` saved, does what it says if everything is still as it was, and nothing if not.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A plan saved by `infra diff --out FILE`; without one, what differs now is shown and asked about.
    plan: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    scope: Scope,
    /// Stacks to change, with those they take values from; everything if none is named.
    #[arg(long, short, value_name = "STACK", num_args = 1.., conflicts_with = "plan")]
    stack: Vec<String>,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    pub(crate) manner: Manner,
    /// Go on with the latest run of the environment that was cut off: what it was to do was agreed to when it began. A
    /// destruction is gone on with only if the environment's name is given again.
    #[arg(long, conflicts_with_all = ["plan", "stack"])]
    resume: bool,
    /// With `--resume`: the environment's name again, to go on with its destruction where nobody can be asked.
    #[arg(long, value_name = "ENV", requires = "resume")]
    confirm: Option<String>,
}

/// What was agreed to on the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Consent {
    /// Agree to what an approval rule asks about; the plan names the rules. With a colon and the name of a stack, a cluster
    /// or the domain of a zone, to that alone: `stack-deletion:shop-dev-old`.
    #[arg(long, value_name = "RULE[:NAME]", num_args = 1..)]
    pub(crate) approve: Vec<String>,
    /// Do not ask. What approval rules ask about must still be agreed to by name.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// How a plan is executed and shown.
#[derive(Debug, clap::Args)]
pub(crate) struct Manner {
    /// How to show progress.
    #[arg(long, value_name = "MODE", default_value = "auto")]
    progress: Mode,
    /// Steps at a time.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    concurrency: u16,
}

impl Manner {
    /// The program that reads what happens, if it is one.
    pub(crate) fn program(&self) -> Option<output::Program> {
        (self.progress == Mode::Ndjson).then_some(output::Program::Events)
    }
}

/// Plans or reads a plan, asks, executes.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    let saved = args.plan.as_deref().map(load).transpose()?;
    let env = args.which.env.clone().or_else(|| saved.as_ref().map(|plan| plan.environment.clone()));
    live::with(global, env.as_deref(), async |live, cloud| {
        let live = Live { scope: args.scope, ..live };
        if args.resume {
            return resume(live, cloud, args).await;
        }
        let (plan, deployed) = if let Some(plan) = saved {
            verify(&live, &cloud, plan).await?
        } else {
            let compared = live.compare(&cloud, &args.stack).await?;
            (super::diff::plan(&live, &compared), compared.deployed)
        };
        let reviewed = args.plan.is_some();
        show(&live, &plan, &args.manner)?;
        agree(&live, &plan, &args.consent, reviewed)?;
        execute(live, cloud, (plan, None), deployed, &args.manner).await
    })
}

/// Reads a plan file.
fn load(path: &Path) -> anyhow::Result<Plan> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Plan::read(&bytes).map_err(|error| match error {
        plan::FileError::Changed | plan::FileError::Tool(_) | plan::FileError::Version(_) => {
            Halt::blocked(format!("{} is refused: {error}", path.display())).into()
        }
        plan::FileError::Invalid(_) => anyhow::anyhow!("{} is refused: {error}", path.display()),
    })
}

/// Refuses a saved plan unless everything is as it was when it was made.
async fn verify(live: &Live, cloud: &Arc<Cloud>, plan: Plan) -> anyhow::Result<(Plan, Deployed)> {
    let desired = &live.desired;
    let mut wrong = plan.differs(desired);
    if plan.kind != plan::Kind::Apply {
        wrong.push("it is not a plan of `infra diff`".to_owned());
    }
    if plan.assembly != desired.digest {
        wrong.push("the project compiles to something else than when the plan was made".to_owned());
    }
    if plan.expires < live::now() {
        wrong.push(format!("it was to be applied before {}", plan.expires));
    }
    if wrong.is_empty() {
        let deployed = live.read_all(cloud, Depth::Applied).await?;
        let stale = plan.prints.compare(&deployed);
        wrong.extend(stale.into_iter().map(|stale| format!("{} {}", stale.what, stale.how)));
        if wrong.is_empty() {
            let now = diff::changes(desired, &deployed, &plan.selected, Some(live::today()?));
            wrong = plan.departs(&now, desired, &deployed);
        }
        if wrong.is_empty() {
            return Ok((plan, deployed));
        }
    }
    let problem = Problem::new("run/blocked", format!("the plan is refused:\n  {}", wrong.join("\n  ")));
    Err(Halt::Blocked(problem.help("make it again with `infra diff --out FILE`")).into())
}

/// Shows the plan: on standard error where programs read what happens from standard output.
pub(crate) fn show(live: &Live, plan: &Plan, manner: &Manner) -> anyhow::Result<()> {
    let text = super::diff::human(live, plan);
    if manner.progress == Mode::Ndjson { output::note(&text) } else { output::styled(&text) }?;
    // Whoever is asked below sees what the question is about.
    match super::diff::last_screen(live, plan).filter(|_| output::can_ask()) {
        Some(text) => output::note(&text),
        None => Ok(()),
    }
}

/// Makes sure that somebody agrees to a plan that was shown.
pub(crate) fn agree(live: &Live, plan: &Plan, consent: &Consent, reviewed: bool) -> anyhow::Result<()> {
    refuse_blocked(plan)?;
    if plan.is_empty() {
        return Ok(());
    }
    let missing = missing(live, plan, &consent.approve)?;
    if missing.is_empty() && (consent.yes || reviewed) {
        return Ok(());
    }
    if !output::can_ask() || consent.yes {
        return Err(Halt::blocked(not_agreed(&missing, consent.yes || reviewed)).into());
    }
    if !missing.is_empty() {
        let question = format!("Type the name of the environment, {}, to agree to all of this: ", plan.environment);
        return if output::ask(&question)? == plan.environment { Ok(()) } else { Err(declined()) };
    }
    let answer = output::ask("Apply these changes? [y/N] ")?;
    if matches!(answer.as_str(), "y" | "Y" | "yes") { Ok(()) } else { Err(declined()) }
}

fn declined() -> anyhow::Error {
    Halt::blocked("nothing was changed".to_owned()).into()
}

/// Refuses a plan that something keeps from being applied; what, is in the report.
pub(crate) fn refuse_blocked(plan: &Plan) -> anyhow::Result<()> {
    if plan.changes.is_blocked() {
        return Err(Halt::blocked("nothing was changed: something above keeps it from being applied".to_owned()).into());
    }
    Ok(())
}

/// What approval rules ask about and nobody agreed to. Names that no rule has are refused.
pub(crate) fn missing(live: &Live, plan: &Plan, approved: &[String]) -> anyhow::Result<Vec<Requirement>> {
    let known = || ApprovalRule::ALL.iter().map(|rule| rule.as_str());
    for name in approved.iter().map(|one| one.split(':').next().unwrap_or_default()) {
        if !known().any(|known| known == name) {
            match crate::diag::suggest(name, known()) {
                Some(near) => bail!("there is no approval rule `{name}`; did you mean `{near}`?"),
                None => {
                    bail!("there is no approval rule `{name}`; they are {}", known().collect::<Vec<_>>().join(", "))
                }
            }
        }
    }
    let mut required = plan::required(&plan.changes, live.environment.protected, &live.environment.approvals);
    required.retain(|requirement| !approved.iter().any(|name| name == requirement.rule.as_str()));
    for (rule, subject) in approved.iter().filter_map(|one| one.split_once(':')) {
        let asked = required.iter_mut().find(|requirement| requirement.rule.as_str() == rule);
        let Some(asked) = asked else { continue };
        let left = asked.clone().without(subject);
        if left == *asked {
            let subjects: std::collections::BTreeSet<&str> = asked.subjects.iter().map(String::as_str).collect();
            let subjects: Vec<&str> = subjects.into_iter().collect();
            bail!("`{rule}` asks nothing about `{subject}`; it asks about {}", subjects.join(", "));
        }
        *asked = left;
    }
    required.retain(|requirement| !requirement.because.is_empty());
    Ok(required)
}

/// The refusal that names the flags to add.
pub(crate) fn not_agreed(missing: &[Requirement], yes: bool) -> String {
    let rules: Vec<&str> = missing.iter().map(|requirement| requirement.rule.as_str()).collect();
    let yes = if yes { "" } else { " --yes" };
    let approve = if rules.is_empty() { String::new() } else { format!(" --approve {}", rules.join(" ")) };
    format!("nothing was changed: nobody can be asked here; to agree to what is shown above, add{yes}{approve}")
}

/// Goes on with the latest run that was cut off.
async fn resume(live: Live, cloud: Arc<Cloud>, args: &Args) -> anyhow::Result<Exit> {
    let Unfinished { past, unreadable } =
        run::unfinished(&live.root, &live.desired.project, &live.desired.environment)?;
    let is_unreadable = !unreadable.is_empty();
    for why in unreadable {
        output::note(&format!("a journal cannot be read, so its run is not gone on with: {why}\n"))?;
    }
    let Some(past) = past else {
        if is_unreadable {
            output::note(&format!("whether another run of {} was cut off is not known\n", live.desired.environment))?;
            return Ok(Exit::Failed);
        }
        output::note(&format!("no run of {} was cut off\n", live.desired.environment))?;
        return Ok(Exit::Done);
    };
    if Lock::is_taken(&live.root, &live.desired.environment) {
        return Err(under_way(&live.desired.environment));
    }
    let plan = past.plan.clone();
    refuse_another(&live, &past)?;
    if plan.assembly != live.desired.digest {
        return Err(Halt::blocked(format!(
            "run {} is of another definition than the project is now: go back to it, or make a plan of what is left with `infra diff`",
            past.run
        ))
        .into());
    }
    let what = match plan.kind {
        plan::Kind::Apply => "changes",
        plan::Kind::Destroy => "the destruction",
        plan::Kind::Undo => "what takes records of a run back",
    };
    output::note(&format!(
        "run {} was cut off: {what} of {}, {} of {} steps done; it goes on with the rest\n",
        past.run,
        plan.environment,
        past.done(),
        plan.steps.len()
    ))?;
    if plan.kind == plan::Kind::Destroy {
        show(&live, &plan, &args.manner)?;
        confirm(&plan.environment, args.confirm.as_deref(), "to go on taking it away")?;
    }
    let extent = if plan.kind == plan::Kind::Undo { Extent::All } else { Extent::Outputs };
    let deployed = live.read(&cloud, extent).await?;
    let live = if plan.kind == plan::Kind::Undo {
        let (_, desired) = plan::undoing(plan.changes.zones.clone(), live.desired, &deployed);
        Live { desired, ..live }
    } else {
        live
    };
    execute(live, cloud, (plan, Some(past)), deployed, &args.manner).await
}

/// Refuses to act on the journal of a run of another project, environment or account.
pub(crate) fn refuse_another(live: &Live, past: &Past) -> anyhow::Result<()> {
    let wrong = past.plan.differs(&live.desired);
    if wrong.is_empty() {
        return Ok(());
    }
    let problem = Problem::new("run/blocked", format!("run {} is refused: {}", past.run, wrong.join("; ")));
    Err(Halt::Blocked(problem.help("act on it where it was made; a copy of a working copy is not the place")).into())
}

fn under_way(environment: &str) -> anyhow::Error {
    Halt::blocked(format!(
        "nothing was changed: another run of {environment} is under way in this working copy; wait until it has ended"
    ))
    .into()
}

/// Makes sure that somebody types the name of the environment, on the command line or when asked.
pub(crate) fn confirm(environment: &str, typed: Option<&str>, what_for: &str) -> anyhow::Result<()> {
    let typed = match typed {
        Some(typed) => typed.to_owned(),
        None if output::can_ask() => {
            output::ask(&format!("Type the name of the environment, {environment}, {what_for}: "))?
        }
        None => {
            let why = format!("nothing was changed: nobody can be asked here; add --confirm {environment}");
            return Err(Halt::blocked(why).into());
        }
    };
    if typed != environment {
        return Err(Halt::blocked(format!("nothing was changed: `{typed}` is not {environment}")).into());
    }
    Ok(())
}

/// Executes a plan to its end, and says how it ended.
pub(crate) async fn execute(
    live: Live,
    cloud: Arc<Cloud>,
    (plan, past): (Plan, Option<Past>),
    deployed: Deployed,
    manner: &Manner,
) -> anyhow::Result<Exit> {
    if plan.is_empty() {
        return Ok(super::diff::exit(&plan.changes));
    }
    refuse_long_templates(&live, &plan)?;
    let root = if live.root.as_os_str().is_empty() { PathBuf::from(".") } else { live.root };
    let Some(_lock) = Lock::take(&root, &live.desired.environment)? else {
        return Err(under_way(&live.desired.environment));
    };
    let journal = match &past {
        Some(past) => Journal::resume(&root, past, live::now_precisely)?,
        None => Journal::create(&root, &live::run_name(), &plan, live::now_precisely)?,
    };
    let run = Arc::new(Run {
        cloud,
        clusters: live.clusters,
        plan,
        desired: live.desired,
        past,
        journal,
        bucket: live.environment.template_bucket,
        concurrency: usize::from(manner.concurrency),
        progress: progress(manner.progress),
        stopping: Arc::new(AtomicBool::new(false)),
        lost: AtomicBool::new(false),
        outputs: run::outputs(&deployed),
    });
    let kept = match &run.past {
        Some(past) => past.kept(),
        None => kept(&run, &deployed).await,
    };
    if run.past.is_none() && !kept.is_empty() {
        run.journal.write(Event::Kept { kept: kept.clone() }).context("the journal cannot be written")?;
    }
    let outcome = tokio::select! {
        outcome = run::execute(&run) => outcome.context("the journal cannot be written")?,
        () = interrupted(&run) => {
            output::note("Left to itself; what is under way goes on in AWS. `infra apply --resume` looks how it ended.\n")?;
            return Ok(Exit::Failed);
        }
    };
    output::note(&summary(&run, &outcome))?;
    let is_done = |key: &StackKey| {
        let step = Target::Stack(key.clone()).step();
        let done = |(id, end): &(String, End)| *id == step && matches!(end, End::Done | End::Unchanged);
        outcome.ends.iter().any(done) || run.past.as_ref().is_some_and(|past| past.is_done(&step))
    };
    for (key, lines) in kept.into_iter().filter(|(key, _)| is_done(key)) {
        output::note(&format!("kept of stack {key}, and no longer managed:\n  {}\n", lines.join("\n  ")))?;
    }
    // A stack that is broken is not up to date, even if the plan has nothing to do with it.
    let broken = |(key, stack): &(&StackKey, &DeployedStack)| {
        run.plan.changes.stack(key).is_none() && verdict(Some(stack.status), Verb::Status) == Verdict::Unsound
    };
    let broken: Vec<String> = deployed.stacks.iter().filter(broken).map(|(key, _)| key.to_string()).collect();
    if !broken.is_empty() {
        output::note(&format!("not sound: {}; `infra recover` says how to mend that\n", broken.join(", ")))?;
    }
    Ok(match exit(&outcome) {
        Exit::Done if !broken.is_empty() => Exit::Failed,
        exit => exit,
    })
}

/// What stays of the stacks that are deleted, by the ids that it has in AWS: nothing else will know them.
async fn kept(run: &Run, deployed: &Deployed) -> Vec<(StackKey, Vec<String>)> {
    let mut all = Vec::new();
    for change in run.plan.changes.stacks.iter().filter(|change| change.action == Action::Delete) {
        let retained: Vec<_> = change.resources.iter().filter(|it| it.action == Action::Retain).collect();
        let Some(stack) = deployed.stacks.get(&change.stack).filter(|_| !retained.is_empty()) else { continue };
        // What cannot be asked has its logical id alone.
        let ids = run.cloud.physical_ids(&stack.id, &change.stack.region).await.unwrap_or_default();
        let line = |it: &&diff::ResourceChange| {
            let physical = ids.get(&it.id).map_or("(its id is not known)", String::as_str);
            format!("{} {} {physical}", it.kind, it.id)
        };
        all.push((change.stack.clone(), retained.iter().map(line).collect()));
    }
    all
}

/// Refuses what would fail in the middle: a template that is too long for a request, and no bucket for it.
fn refuse_long_templates(live: &Live, plan: &Plan) -> anyhow::Result<()> {
    let sizes = plan.steps.iter().filter_map(|step| match &step.target {
        Target::Stack(key) if plan.changes.stack(key).is_some_and(|change| change.action != Action::Delete) => {
            Some((key, live.desired.stacks.get(key)?.body.len()))
        }
        Target::Memory(key) => Some((key, plan.remembering(key, &live.desired)?.body.len())),
        Target::Stack(_) | Target::Zone(_) | Target::Cluster(_) => None,
    });
    let long: Vec<String> = sizes
        .filter(|(_, size)| *size > TEMPLATE_BODY_BYTES)
        .map(|(key, size)| format!("{key} has {size} bytes"))
        .collect();
    if long.is_empty() || live.environment.template_bucket.is_some() {
        return Ok(());
    }
    let problem = Problem::new(
        "run/blocked",
        format!(
            "nothing was changed: a request holds templates up to {TEMPLATE_BODY_BYTES} bytes, and the template of {}",
            long.join(", of ")
        ),
    );
    Err(Halt::Blocked(problem.help(format!(
        "`infra bootstrap --env {}` makes a bucket for it and prints the line for infra.yaml",
        live.desired.environment
    )))
    .into())
}

/// Ends when a second signal says so; the first keeps new steps from being begun.
async fn interrupted(run: &Run) {
    for _ in 0..2 {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without signals there is nothing to wait for.
            std::future::pending::<()>().await;
        }
        if !run.stopping.swap(true, Ordering::Relaxed) {
            run.progress.notice(&Notice::Stopping);
        }
    }
}

/// The real causes first, then what was left, then the numbers.
fn summary(run: &Run, outcome: &Outcome) -> String {
    let mut text = String::new();
    for (step, end) in &outcome.ends {
        match end {
            End::Failed(why) => {
                let _ = writeln!(text, "\nfailed: {step}\n  {}", why.to_string().replace('\n', "\n  "));
            }
            End::Refused(why) => {
                let _ = writeln!(text, "\nrefused: {step}\n  {}", why.to_string().replace('\n', "\n  "));
            }
            End::Done | End::Unchanged | End::Skipped(_) => {}
        }
    }
    let count = |is: fn(&End) -> bool| outcome.ends.iter().filter(|(_, end)| is(end)).count();
    let done = count(|end| matches!(end, End::Done));
    let unchanged = count(|end| matches!(end, End::Unchanged));
    let failed = count(|end| matches!(end, End::Failed(_)));
    let refused = count(|end| matches!(end, End::Refused(_)));
    let skipped = count(|end| matches!(end, End::Skipped(_)));
    let left = run.plan.steps.len() - outcome.ends.len();
    let numbers = [
        (done, "done"),
        (unchanged, "without change"),
        (failed, "failed"),
        (refused, "refused"),
        (skipped, "skipped"),
        (left, "left"),
    ];
    let numbers = numbers.into_iter().filter(|(number, _)| *number > 0);
    let numbers: Vec<String> = numbers.map(|(number, word)| format!("{number} {word}")).collect();
    let calls = run.cloud.counts().values().sum::<u64>() + run.clusters.counts().values().sum::<u64>();
    let _ = writeln!(text, "\nrun {}: {}; {calls} requests", run.journal.run, numbers.join(", "));
    if outcome.stopped {
        text.push_str("`infra apply --resume` goes on with what is left.\n");
    }
    text
}

fn exit(outcome: &Outcome) -> Exit {
    if outcome.is_complete() && !outcome.stopped {
        Exit::Done
    } else if outcome.is_refused() {
        Exit::Blocked
    } else {
        Exit::Failed
    }
}
