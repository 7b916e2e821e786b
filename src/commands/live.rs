//! What the commands share that speak with AWS: the environment, the connection, the comparison.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};

use super::compile;
use crate::cli::{Exit, Global};
use crate::cloud::{self, Cloud, Endpoint, Extent, Failure};
use crate::cluster::{self, Clusters, Depth};
use crate::diff::{self, Changes};
use crate::files::Project;
use crate::model::Environment;
use crate::output;
use crate::plan::{self, Selection};
use crate::run::Problem;
use crate::state::{self, Deployed, Desired, StackKey};

/// The environment that a command is about.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// The environment; may be left out where the project has one.
    #[arg(long, short, value_name = "ENV", env = "INFRA_ENV", hide_env_values = true)]
    pub(crate) env: Option<String>,
}

/// Whether clusters are asked.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct Scope {
    /// Leave Kubernetes objects as they are: no cluster is asked, and nothing in one is compared or changed.
    #[arg(long)]
    pub(crate) without_clusters: bool,
}

/// One environment, compiled.
pub(crate) struct Live {
    /// Folder of the project.
    pub(crate) root: PathBuf,
    /// The environment.
    pub(crate) environment: Environment,
    /// What is wanted of it.
    pub(crate) desired: Desired,
    /// Its Kubernetes clusters.
    pub(crate) clusters: Arc<Clusters>,
    /// Whether clusters are asked.
    pub(crate) scope: Scope,
}

/// What is deployed, and how it differs from what is wanted.
pub(crate) struct Compared {
    /// What is deployed.
    pub(crate) deployed: Deployed,
    /// How it differs.
    pub(crate) changes: Changes,
    /// The stacks that were asked for; empty: everything.
    pub(crate) selected: BTreeSet<StackKey>,
}

/// Compiles the environment; mistakes are printed and end the command.
pub(crate) fn open(global: &Global, env: Option<&str>) -> anyhow::Result<Result<Live, Exit>> {
    let mut project = Project::open(global.project.as_deref())?;
    let names = project.environments();
    let env = match (env, names.as_slice()) {
        (Some(env), _) => env.to_owned(),
        (None, [only]) => only.clone(),
        // What is wrong with the file is reported with the rest.
        (None, []) => String::new(),
        (None, names) => bail!("name the environment with `--env`: it is one of {}", names.join(", ")),
    };
    let (compiled, findings) = compile(&mut project, &[env], &[])?;
    output::diagnostics(&project.sources, &findings)?;
    let Some(compiled) = compiled.and_then(|mut all| all.pop()) else { return Ok(Err(Exit::Failed)) };
    let desired =
        Desired::read(&compiled.assembly.files).context("internal error: the assembly cannot be read back")?;
    let desired = Desired { environments: names.into_iter().collect(), ..desired };
    let manager = state::manager(&desired.project, &desired.environment);
    let clusters = Arc::new(Clusters::new(&compiled.environment.clusters, manager));
    Ok(Ok(Live { root: project.root, environment: compiled.environment, desired, clusters, scope: Scope::default() }))
}

/// Does something with an environment and the AWS that it lives in. Mistakes in the project end the command before.
pub(crate) fn with(
    global: &Global,
    env: Option<&str>,
    act: impl AsyncFnOnce(Live, Arc<Cloud>) -> anyhow::Result<Exit>,
) -> anyhow::Result<Exit> {
    match open(global, env)? {
        Ok(live) => runtime()?.block_on(async {
            let cloud = live.connect().await?;
            act(live, cloud).await
        }),
        Err(exit) => Ok(exit),
    }
}

/// Starts what speaks with AWS.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the threads that speak with AWS")
}

impl Live {
    /// The bucket for templates that are too long for a request: that which `infra.yaml` names, or that which
    /// `infra bootstrap` makes.
    pub(crate) fn bucket(&self) -> String {
        self.environment.template_bucket.clone().unwrap_or_else(|| self.desired.default_template_bucket())
    }

    /// Connects to where the environment lives, and makes sure that the credentials are for its account.
    pub(crate) async fn connect(&self) -> anyhow::Result<Arc<Cloud>> {
        let url = self.environment.endpoint_url.as_ref().map(ToString::to_string);
        let endpoint = Endpoint { url, account: self.environment.account.to_string() };
        // Nobody may be left to read; the request is repeated all the same.
        let say = |text: &str| drop(output::note(text));
        Ok(Arc::new(Cloud::connect(&endpoint, self.environment.region.as_str(), say).await))
    }

    /// The stacks that names ask for, with those that they take values from; empty: everything.
    pub(crate) fn select(&self, names: &[String]) -> anyhow::Result<BTreeSet<StackKey>> {
        let Selection { stacks, unknown } = plan::selection(&self.desired, names);
        if let Some(name) = unknown.first() {
            let all = self.desired.stacks.values().filter(|stack| !stack.is_memory());
            let known: BTreeSet<&str> = all.map(|stack| stack.stack.as_str()).collect();
            let near = crate::diag::suggest(name, known.iter().copied());
            let help = near.map_or_else(
                || format!("the stacks are {}", known.iter().copied().collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            bail!("there is no stack `{name}`; {help}");
        }
        Ok(stacks)
    }

    /// Reads what is deployed. Credentials of another account are refused.
    pub(crate) async fn read(&self, cloud: &Arc<Cloud>, extent: Extent) -> Result<Deployed, Halt> {
        let account = cloud.account().await?;
        if account != self.desired.account {
            return Err(Halt::blocked(format!(
                "the credentials are for account {account}, environment {} is in account {}",
                self.desired.environment, self.desired.account
            )));
        }
        Ok(cloud::read(cloud, &self.desired, extent, account).await?)
    }

    /// Reads what is deployed, objects of clusters included.
    pub(crate) async fn read_all(&self, cloud: &Arc<Cloud>, depth: Depth) -> Result<Deployed, Halt> {
        let mut deployed = self.read(cloud, Extent::All).await?;
        if self.scope.without_clusters {
            deployed.without_clusters = true;
        } else {
            cluster::read(&self.clusters, &self.desired, depth, &mut deployed).await;
        }
        Ok(deployed)
    }

    /// Compares what is deployed with what is wanted.
    pub(crate) async fn compare(&self, cloud: &Arc<Cloud>, names: &[String]) -> anyhow::Result<Compared> {
        let selected = self.select(names)?;
        let deployed = self.read_all(cloud, Depth::Applied).await?;
        let changes = diff::changes(&self.desired, &deployed, &selected, Some(today()?));
        Ok(Compared { deployed, changes, selected })
    }
}

/// Why a command cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Halt {
    /// It may not.
    #[error("{0}")]
    Blocked(Problem),
    /// AWS fails it.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl Halt {
    /// It may not, for a reason that is said in words alone.
    pub(crate) fn blocked(text: impl Into<String>) -> Self {
        Self::Blocked(Problem::new("run/blocked", text))
    }

    /// How the command ends.
    pub(crate) fn exit(error: &anyhow::Error) -> Exit {
        match error.downcast_ref::<Self>() {
            Some(Self::Blocked(_)) => Exit::Blocked,
            Some(Self::Failed(_)) => Exit::Failed,
            None if error.chain().any(|cause| cause.is::<Failure>()) => Exit::Failed,
            None if error.chain().any(is_unwritten) => Exit::Unwritten,
            None => Exit::Usage,
        }
    }
}

/// What an error is for programs: with its id, and what to do where that is known.
pub(crate) fn problem(error: &anyhow::Error) -> Problem {
    let words = format!("{error:#}");
    match error.downcast_ref::<Halt>() {
        Some(Halt::Blocked(problem)) => problem.clone(),
        Some(Halt::Failed(failure)) if failure.passing => Problem::new("run/lost", words),
        Some(Halt::Failed(_)) => Problem::new("run/aws-refuses", words),
        None => match Halt::exit(error) {
            Exit::Failed => Problem::new("run/aws-refuses", words),
            Exit::Unwritten => Problem::new("run/unwritten", words),
            _ => Problem::new("run/usage", words),
        },
    }
}

/// Whether an error is about writing, and not about what somebody asked for.
fn is_unwritten(cause: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let kind = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    cause.is::<crate::files::Unwritten>()
        || matches!(kind, Some(StorageFull | ReadOnlyFilesystem | QuotaExceeded | FileTooLarge))
}

/// Today, in UTC.
pub(crate) fn today() -> anyhow::Result<crate::names::Date> {
    let text = now().chars().take(10).collect::<String>();
    text.parse().with_context(|| format!("internal error: {text} is no date"))
}

/// Now, in RFC 3339 and UTC, to the second.
pub(crate) fn now() -> String {
    second(jiff::Timestamp::now())
}

/// Now, in RFC 3339 and UTC, as precisely as it is known.
pub(crate) fn now_precisely() -> String {
    jiff::Timestamp::now().to_string()
}

/// A time some hours from now, as [`now`] spells it.
pub(crate) fn hence(hours: i64) -> String {
    let now = jiff::Timestamp::now();
    second(now.checked_add(jiff::SignedDuration::from_hours(hours)).unwrap_or(now))
}

fn second(time: jiff::Timestamp) -> String {
    let whole = jiff::Timestamp::from_second(time.as_second()).unwrap_or(time);
    whole.to_string()
}

/// A name for a run that sorts by time and that no other has.
pub(crate) fn run_name() -> String {
    let time = jiff::Timestamp::now();
    let salt = crate::assembly::digest(format!("{time} {}", std::process::id()).as_bytes());
    let stamp = second(time).replace([':', '-', 'Z'], "").to_ascii_lowercase();
    let milliseconds = time.as_millisecond().rem_euclid(1000);
    format!("{stamp}{milliseconds:03}z-{}", salt.get(..6).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_follow_each_other_are_in_order_by_name() {
        let names: Vec<String> = (0..5)
            .map(|_| {
                std::thread::sleep(std::time::Duration::from_millis(2));
                run_name()
            })
            .collect();
        assert!(names.is_sorted(), "{names:?}");
    }
}
