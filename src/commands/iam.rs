//! `infra iam`: what credentials must allow, without asking AWS.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context, bail};
use clap::ValueEnum;
use serde_json::{Map, Value};

use super::live::{self, Live, Which};
use crate::access::{self, Ask, Ci, Deputy, Handlers, Needs, Policy, Repository, Subject};
use crate::cli::{Exit, Global};
use crate::cloud::{Action, Use};
use crate::facts::limits::cloudformation::TEMPLATE_BODY_BYTES;
use crate::facts::limits::iam::MANAGED_POLICIES_PER_ROLE;
use crate::output;

/// Print the IAM policies that each command needs, and no more, as JSON; or the roles of a CI service.
///
/// Derived from the project, without AWS: what is sent, on which resources, and for `apply`, `destroy`, `recover` and
/// `drift` what CloudFormation does with the types of resources that the templates have.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    /// Commands to print policies for; each of them if none is named.
    #[arg(long, value_name = "COMMAND", num_args = 1.., conflicts_with = "ci")]
    command: Vec<Use>,
    /// Print a CloudFormation template with two roles for a CI service instead: one that looks, for pull requests, and
    /// one that deploys. Nothing secret is kept there.
    #[arg(long, value_name = "SERVICE", requires = "repository")]
    ci: Option<Service>,
    /// Print roles of Kubernetes instead, as YAML to be applied by whoever administers the cluster: one for those who look
    /// and one for those who deploy, with the commands that give them to a role of IAM.
    #[arg(long, conflicts_with_all = ["ci", "command"])]
    kubernetes: bool,
    /// The repository, as owner/name; with the ids of its tokens, as owner@1234/name@5678, if it has them: `gh api
    /// repos/OWNER/NAME/actions/oidc/customization/sub` says so.
    #[arg(long, value_name = "REPOSITORY", requires = "ci")]
    repository: Option<Repository>,
    /// The branch or tag whose jobs may deploy, as refs/heads/main; without it, the jobs of the environment of GitHub.
    #[arg(long = "ref", value_name = "REF", requires = "ci", conflicts_with = "ci_environment")]
    reference: Option<String>,
    /// The environment of GitHub whose jobs may deploy; that which is called like the environment here if not given.
    #[arg(long, value_name = "NAME", requires = "ci")]
    ci_environment: Option<String>,
    /// The account trusts the CI service already: make no provider.
    #[arg(long, requires = "ci")]
    existing_provider: bool,
}

/// A CI service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Service {
    /// GitHub Actions.
    Github,
}

/// Derives and prints.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    let live = match live::open(global, args.which.env.as_deref())? {
        Ok(live) => live,
        Err(exit) => return Ok(exit),
    };
    if args.kubernetes {
        return kubernetes(&live);
    }
    let value = match (args.ci, &args.repository) {
        (Some(Service::Github), Some(repository)) => ci(&live, args, repository.clone())?,
        (Some(Service::Github), None) => bail!("name the repository with `--repository owner/name`"),
        (None, _) => {
            let all = if args.command.is_empty() { &Use::ALL } else { args.command.as_slice() };
            let mut printed = Map::new();
            for user in all {
                let found = policies(&live, *user)?;
                printed.extend(found.into_iter().map(|policy| (policy.name, policy.document)));
            }
            Value::Object(printed)
        }
    };
    output::result(&format!("{value:#}\n"))?;
    Ok(Exit::Done)
}

/// Prints the roles of every cluster that has objects.
fn kubernetes(live: &Live) -> anyhow::Result<Exit> {
    let clusters: BTreeSet<&str> = live.desired.objects.iter().map(|object| object.cluster.as_str()).collect();
    if clusters.is_empty() {
        output::note(&format!("environment {} has no objects in clusters\n", live.desired.environment))?;
    }
    let mut text = String::new();
    for cluster in clusters {
        for deputy in Deputy::ALL {
            let group = deputy.group(&live.desired);
            let _ = write!(
                text,
                "# Cluster {cluster}, group {group}. A role of IAM is put into the group with:\n\
                 #   aws eks create-access-entry --region {} --cluster-name NAME --principal-arn ARN --kubernetes-groups {group}\n",
                live.desired.region
            );
            for role in access::roles(&live.desired, cluster, deputy) {
                let yaml = serde_yaml::to_string(&role).context("internal error: a role is no YAML")?;
                let _ = write!(text, "---\n{yaml}");
            }
        }
    }
    output::result(&text)?;
    Ok(Exit::Done)
}

/// The policies of one command. What cannot be said is told beside.
fn policies(live: &Live, user: Use) -> anyhow::Result<Vec<Policy>> {
    let bucket = live.bucket();
    let bootstrap = (user == Use::Bootstrap).then(|| live.desired.bootstrap(&bucket));
    let actions: Vec<&'static str> =
        Action::ALL.iter().filter(|action| action.users().contains(&user)).map(|action| action.as_str()).collect();
    let desired = bootstrap.as_ref().unwrap_or(&live.desired);
    let ask = Ask { desired, bucket: &bucket, actions: &actions, handlers: handlers(user) };
    let Needs { statements, silent } = access::needs(&ask);
    if !silent.is_empty() {
        let list = silent.into_iter().collect::<Vec<_>>().join(", ");
        output::note(&format!("{}: AWS publishes no permissions for {list}; add what they need\n", user.as_str()))?;
    }
    let name = format!("{}-{}-{}", live.desired.project, live.desired.environment, user.as_str());
    let found = access::policies(&name, &statements);
    if found.len() > MANAGED_POLICIES_PER_ROLE {
        output::note(&format!(
            "{}: these are {} policies, a role takes {MANAGED_POLICIES_PER_ROLE} before its quota is raised\n",
            user.as_str(),
            found.len()
        ))?;
    }
    Ok(found)
}

/// What CloudFormation does during a command.
fn handlers(user: Use) -> Handlers {
    match user {
        Use::Diff | Use::ChangeSet | Use::Status | Use::Outputs | Use::Dns => Handlers::None,
        Use::Drift => Handlers::Read,
        Use::Destroy => Handlers::Delete,
        Use::Apply | Use::Recover | Use::Bootstrap => Handlers::All,
    }
}

fn ci(live: &Live, args: &Args, repository: Repository) -> anyhow::Result<Value> {
    let deploys = match (&args.reference, &args.ci_environment) {
        (Some(reference), _) => Subject::of_ref(reference)?,
        (None, name) => Subject::of_environment(name.as_ref().unwrap_or(&live.desired.environment))?,
    };
    if !repository.has_ids() {
        output::note(
            "tokens of repositories that were made, renamed or moved since 2026-07-15 have ids: if \
             `gh api repos/OWNER/NAME/actions/oidc/customization/sub` shows them, name the repository with them\n",
        )?;
    }
    output::note(&match &deploys {
        Subject::Environment(name) => {
            format!("whoever can run a job in environment {name} can deploy: protect it with reviewers and branches\n")
        }
        Subject::Ref(name) => format!("whoever can push to {name} can deploy: protect it\n"),
    })?;
    let (diff, apply) = (policies(live, Use::Diff)?, policies(live, Use::Apply)?);
    let provider_exists = args.existing_provider;
    let ci = Ci { desired: &live.desired, repository, deploys, provider_exists, diff: &diff, apply: &apply };
    let template = access::template(&ci);
    if format!("{template:#}").len() > TEMPLATE_BODY_BYTES {
        output::note(&format!("the template has more than {TEMPLATE_BODY_BYTES} bytes: it goes through a bucket\n"))?;
    }
    Ok(template)
}
