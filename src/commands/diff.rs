//! `infra diff`: what would change, over every plane.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::ValueEnum;

use super::live::{self, Compared, Live, Scope, Which};
use crate::cli::{Exit, Global};
use crate::cloud::{Cloud, Failure, NewChangeSet, Review, UNSEEN};
use crate::diff::{self, Action, Changes, StackChange};
use crate::output;
use crate::output::changes::{Title, View};
use crate::plan::{self, Kind, Plan, Terms};
use crate::state::{Deployed, Desired, kept};

/// Show what `infra apply` would change: stacks, records, certificates and Kubernetes objects.
///
/// Read-only credentials suffice, unless change sets are asked for. Exits with 0 if nothing would change, 2 if something
/// would, 3 if something keeps it from being applied.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// With `--against DIR`: folders or files of templates and manifests of others, to be compared with those in DIR.
    /// Needs no project and no AWS.
    #[arg(value_name = "PATH", requires = "against")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    scope: Scope,
    /// Stacks to compare, with those they take values from; everything if none is named.
    #[arg(long, short, value_name = "STACK", num_args = 1..)]
    stack: Vec<String>,
    /// Save the plan, for `infra apply FILE`.
    #[arg(long, short, value_name = "FILE", conflicts_with = "against")]
    out: Option<PathBuf>,
    /// Compare with a git revision of the project, or with the folder of an environment that `infra synth` wrote, and
    /// not with AWS.
    #[arg(long, value_name = "REF|DIR")]
    against: Option<String>,
    /// Let CloudFormation say what it would do; the change sets are deleted again.
    #[arg(long, value_name = "WHEN", default_value = "never", conflicts_with = "against")]
    change_set: ChangeSets,
    /// Compare what is deployed with its own templates, too.
    #[arg(long, conflicts_with = "against")]
    drift: bool,
    /// How to report.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// Longest report in Markdown, in bytes; what is left out is said, and the plan's hash stays.
    #[arg(long, value_name = "BYTES", default_value_t = 60_000)]
    max_bytes: usize,
}

/// Whether CloudFormation is asked what it would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ChangeSets {
    /// For every stack that changes, where it can be.
    Auto,
    /// For every stack that changes; a stack for which it cannot be is a failure.
    Require,
    /// Not at all.
    Never,
}

/// How to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// For programs; `infra schema diff` describes it.
    Json,
    /// For a comment on a pull request.
    Markdown,
    /// Annotations of GitHub Actions.
    Github,
}

impl Args {
    /// The program that reads the report, if it is one.
    pub(crate) fn program(&self) -> Option<output::Program> {
        (self.format == Format::Json).then_some(output::Program::Report)
    }
}

/// Hours for which a saved plan is taken.
const VALID: i64 = 24;

/// Compares and reports.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    if !args.paths.is_empty() {
        let changes = super::templates::compare(args.against.as_deref().unwrap_or_default(), &args.paths)?;
        let title = Title { environment: "templates", account: "", region: "" };
        print(&View { changes: &changes, requirements: &[], hash: None, title }, args)?;
        return Ok(exit(&changes));
    }
    // Before anything is asked: whoever named the wrong file learns it at once.
    args.out.as_deref().map_or(Ok(()), refuse_other_file)?;
    let live = match live::open(global, args.which.env.as_deref())? {
        Ok(live) => Live { scope: args.scope, ..live },
        Err(exit) => return Ok(exit),
    };
    let compared = match &args.against {
        Some(against) => offline(&live, against, &args.stack)?,
        None => live::runtime()?.block_on(async {
            let cloud = live.connect().await?;
            let mut compared = live.compare(&cloud, &args.stack).await?;
            ask(&cloud, &live, &mut compared, args.change_set).await?;
            if args.drift {
                compared.changes.drift = super::drift::detect(&cloud, &compared.deployed).await?;
            }
            anyhow::Ok(compared)
        })?,
    };
    let plan = plan(&live, &compared);
    if let Some(path) = &args.out {
        crate::files::replace_file(path, &plan.render())?;
    }
    seen(&live, &plan, |view| print(view, args))?;
    Ok(exit(&compared.changes))
}

/// Refuses to write a plan over a file that holds something else.
fn refuse_other_file(path: &Path) -> anyhow::Result<()> {
    if !path.is_file() {
        return Ok(());
    }
    let there = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let there = String::from_utf8_lossy(&there);
    // Of a plan, also one that an earlier version wrote, or that was cut off.
    if there.trim().is_empty() || (there.starts_with("{\n  \"version\": ") && there.contains("\"hash\": ")) {
        return Ok(());
    }
    bail!("{} holds something else than a plan, so it is not written over; name another file", path.display())
}

/// Makes the plan that applies a comparison.
pub(crate) fn plan(live: &Live, compared: &Compared) -> Plan {
    let terms = Terms {
        kind: Kind::Apply,
        created: live::now(),
        expires: live::hence(VALID),
        selected: compared.selected.clone(),
    };
    Plan::new(compared.changes.clone(), &live.desired, &compared.deployed, terms)
}

/// Shows a plan to people: the same text before every command that executes one.
pub(crate) fn human(live: &Live, plan: &Plan) -> String {
    seen(live, plan, |view| output::changes::human::render(view, true, output::width()))
}

/// What somebody decides on, once more, if the plan does not fit a screen.
pub(crate) fn last_screen(live: &Live, plan: &Plan) -> Option<String> {
    let size = (output::width(), output::height());
    seen(live, plan, |view| output::changes::human::last_screen(view, true, size))
}

/// Does something with what a report shows of a plan.
fn seen<T>(live: &Live, plan: &Plan, show: impl FnOnce(&View<'_>) -> T) -> T {
    let requirements = plan::required(&plan.changes, live.environment.protected, &live.environment.approvals);
    let title = Title { environment: &plan.environment, account: &plan.account, region: &plan.region };
    show(&View { changes: &plan.changes, requirements: &requirements, hash: Some(&plan.hash), title })
}

fn print(view: &View<'_>, args: &Args) -> anyhow::Result<()> {
    let text = match args.format {
        Format::Human => return output::styled(&output::changes::human::render(view, true, output::width())),
        Format::Json => output::changes::json::render(view),
        Format::Markdown => output::changes::markdown::render(view, args.max_bytes),
        Format::Github => output::changes::github::render(view),
    };
    output::result(&text)
}

/// How a comparison ends.
pub(crate) fn exit(changes: &Changes) -> Exit {
    match (changes.is_empty(), changes.is_blocked()) {
        (_, true) => Exit::Blocked,
        // A stack that is broken is not up to date, even if nothing would change in it.
        (true, false) if !changes.hazards.is_empty() => Exit::Failed,
        (true, false) if changes.has_drift() => Exit::Different,
        (true, false) => Exit::Done,
        // What was changed before is not there yet, or never will be.
        (false, false) if changes.only_waits() => Exit::Failed,
        (false, false) => Exit::Different,
    }
}

/// Compares with another definition.
fn offline(live: &Live, against: &str, names: &[String]) -> anyhow::Result<Compared> {
    let selected = live.select(names)?;
    let before =
        if Path::new(against).is_dir() { of_folder(live, Path::new(against))? } else { of_revision(live, against)? };
    let deployed = Deployed::assumed(&before, &live.desired);
    let changes = diff::changes(&live.desired, &deployed, &selected, None);
    Ok(Compared { deployed, changes, selected })
}

/// Reads an assembly: the folder of the environment, or that which holds it.
fn of_folder(live: &Live, folder: &Path) -> anyhow::Result<Desired> {
    let inner = folder.join(&live.desired.environment);
    let folder = if inner.join("manifest.json").is_file() { inner } else { folder.to_owned() };
    let files = crate::files::read_folder(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    Desired::read(&files).with_context(|| format!("{} is not what `infra synth` wrote", folder.display()))
}

/// Compiles the project as it was at a revision.
fn of_revision(live: &Live, revision: &str) -> anyhow::Result<Desired> {
    let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
    let root = if live.root.as_os_str().is_empty() { Path::new(".") } else { &live.root };
    let index = temporary.path().join("index");
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(root).args(arguments).env("GIT_INDEX_FILE", &index).output();
        let output = output.context("cannot run git")?;
        if !output.status.success() {
            bail!(
                "`{revision}` is neither a folder nor a revision: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    // The tree is checked out beside the index of its own, so that nothing of the user's changes.
    let inside = git(&["rev-parse", "--show-prefix"])?;
    let top = git(&["rev-parse", "--show-toplevel"])?;
    git(&["read-tree", "--end-of-options", revision])?;
    let tree = format!("{}/tree/", temporary.path().display());
    let checkout = Command::new("git")
        .args(["-C", &top, "checkout-index", "--all", &format!("--prefix={tree}")])
        .env("GIT_INDEX_FILE", &index)
        .output()
        .context("cannot run git")?;
    if !checkout.status.success() {
        bail!("git cannot check {revision} out: {}", String::from_utf8_lossy(&checkout.stderr).trim());
    }
    let global = Global { project: Some(Path::new(&tree).join(inside)), ..Global::default() };
    match live::open(&global, Some(&live.desired.environment)) {
        Ok(Ok(before)) => Ok(before.desired),
        Ok(Err(_)) => bail!("the project does not compile at `{revision}`"),
        Err(error) => Err(error).with_context(|| format!("the project cannot be read at `{revision}`")),
    }
}

/// Asks CloudFormation what it would do, and takes its word.
async fn ask(cloud: &Arc<Cloud>, live: &Live, compared: &mut Compared, when: ChangeSets) -> anyhow::Result<()> {
    if when == ChangeSets::Never {
        return Ok(());
    }
    let run = live::run_name();
    let mut unseen = Vec::new();
    for change in &mut compared.changes.stacks {
        // A new stack holds nothing that could be replaced; asking would leave a trace.
        let asks = match change.action {
            Action::Create => when == ChangeSets::Require,
            Action::Update => true,
            Action::Delete | Action::Retain => false,
        };
        if !asks {
            continue;
        }
        // The name is also the token of requests, which stands for one of them.
        let salt = crate::assembly::digest(change.stack.to_string().as_bytes());
        let name = format!("infra-diff-{run}-{}", salt.get(..12).unwrap_or_default());
        let asked = tokio::select! {
            asked = review(cloud, live, &compared.deployed, (change, &name)) => asked,
            signal = tokio::signal::ctrl_c() => signal.map_err(Into::into).and(Err(failure(INTERRUPTED))),
        };
        cloud.discard(&change.stack, &name).await?;
        match asked {
            Ok(Some(set)) => diff::arbitrate(change, &set),
            Ok(None) => {}
            Err(error) if error.downcast_ref::<Failure>().is_some_and(|it| it.message == INTERRUPTED) => {
                return Err(error);
            }
            Err(error) if when == ChangeSets::Require => {
                return Err(error.context(format!("no change set for {}", change.stack)));
            }
            Err(error) => unseen.push(format!("what CloudFormation says of {}: {error:#}", change.stack)),
        }
    }
    // An update of which CloudFormation says that nothing is left of it is none.
    compared.changes.stacks.retain(|change| change.action != Action::Update || !change.is_empty());
    compared.changes.unseen.extend(unseen);
    Ok(())
}

async fn review(
    cloud: &Arc<Cloud>,
    live: &Live,
    deployed: &Deployed,
    (change, name): (&StackChange, &str),
) -> anyhow::Result<Option<diff::ChangeSet>> {
    let key = &change.stack;
    let Some(desired) = live.desired.stacks.get(key) else { return Ok(None) };
    let mut parameters = Vec::new();
    for (parameter, output) in &desired.parameters {
        let Some(value) = deployed.output(output) else {
            let why = format!("parameter {parameter} takes {output}, which is not known before it is deployed");
            return Err(failure(why));
        };
        parameters.push((parameter.clone(), Some(value.to_owned())));
    }
    let bucket = live.environment.template_bucket.as_deref();
    let url = cloud.uploaded(bucket, &live.desired.region, (key, desired)).await?;
    let creates = change.action == Action::Create;
    let tags = kept(&desired.tags, deployed.stacks.get(key).map(|stack| &stack.tags));
    let new = NewChangeSet { key, name, token: name, creates, desired, tags, parameters, url };
    cloud.create_change_set(&new).await?;
    match cloud.reviewed(key, name, UNSEEN).await? {
        Review::Ready { set, .. } => Ok(Some(set)),
        Review::Empty => Ok(Some(diff::ChangeSet { stack: key.clone(), resources: Vec::new() })),
        Review::Failed(reason) => Err(failure(format!("CloudFormation refuses it: {reason}"))),
        Review::Used(status) => Err(failure(format!("the change set is {status}"))),
        Review::Pending | Review::Absent => Err(failure("it was not seen in time")),
    }
}

const INTERRUPTED: &str = "interrupted";

/// What keeps a change set from being made is a failure, not wrong usage.
fn failure(why: impl Into<String>) -> anyhow::Error {
    Failure::of(crate::cloud::Action::CreateChangeSet, why).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_written_over_plans_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("plan.json");
        refuse_other_file(&path).expect("nothing is there");
        for (text, is_plan) in [
            ("", true),
            ("{\n  \"version\": 3,\n  \"hash\": \"12", true),
            ("project: shop\n", false),
            ("{ \"version\": 3 }", false),
        ] {
            std::fs::write(&path, text).expect("it can be written");
            assert_eq!(refuse_other_file(&path).is_ok(), is_plan, "{text}");
        }
    }
}
