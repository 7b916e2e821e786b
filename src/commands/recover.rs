//! `infra recover`: says how stacks get out of where they are stuck, and does what it is told to.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::bail;

use super::live::{self, Halt, Which};
use crate::cli::{Exit, Global};
use crate::cloud::{Cloud, Extent, Operation, Pauses};
use crate::output;
use crate::state::{DeployedStack, Holder, Remedy, StackKey, StackStatus, remedy};

/// Say how stacks get out of where they are stuck.
///
/// Changes nothing by itself: what it proposes is done for the one stack that is named together with `--do`. Exits with
/// 1 if a stack is stuck.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    /// Name of the one stack for which the proposal is carried out.
    #[arg(long = "do", value_name = "STACK")]
    execute: Option<String>,
    /// Logical ids of resources that a continued rollback leaves as they are.
    #[arg(long, value_name = "ID", num_args = 1.., requires = "execute")]
    skip: Vec<String>,
    /// Logical ids of resources that a stack whose deletion failed leaves behind when it is deleted again.
    #[arg(long, value_name = "ID", num_args = 1.., requires = "delete")]
    keep: Vec<String>,
    /// Agree that the stack is deleted, where that is the proposal.
    #[arg(long, requires = "execute")]
    delete: bool,
}

/// Proposes, or does what was proposed for one stack.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    live::with(global, args.which.env.as_deref(), async |live, cloud| {
        let deployed = live.read(&cloud, Extent::Outputs).await?;
        let is_ours = |stack: &DeployedStack| live.desired.owner().of_stack(stack) == Holder::Ours;
        let stuck = deployed.stacks.iter().filter(|(_, it)| is_ours(it) && remedy(it.status) != Remedy::None);
        let stuck: Vec<(&StackKey, &DeployedStack)> = stuck.collect();
        if let Some(name) = &args.execute {
            let named = |key: &StackKey| key.name == *name || key.to_string() == *name;
            let Some((key, found)) = stuck.iter().find(|(key, _)| named(key)) else {
                bail!("{name} is not a stack of {} that is stuck", live.desired.environment);
            };
            return execute(&cloud, (key, found), args).await;
        }
        for (key, stack) in &stuck {
            output::result(&proposal(&cloud, key, stack, &live.desired.environment).await?)?;
        }
        if stuck.is_empty() {
            output::result("no stack is stuck\n")?;
            return Ok(Exit::Done);
        }
        Ok(Exit::Failed)
    })
}

/// What is wrong with a stack and what would get it out.
async fn proposal(cloud: &Cloud, key: &StackKey, stack: &DeployedStack, env: &str) -> anyhow::Result<String> {
    let mut text = format!("{key} is {}", stack.status);
    if let Some(reason) = &stack.reason {
        let _ = write!(text, ": {reason}");
    }
    text.push('\n');
    let failed = failed_resources(cloud, key, stack).await?;
    for (id, reason) in &failed {
        let _ = writeln!(text, "  {id}: {reason}");
        if let Some(help) = crate::run::remedy(reason) {
            let _ = writeln!(text, "    {help}");
        }
    }
    let command = format!("infra recover --env {env} --do {}", key.name);
    let ids: Vec<&str> = failed.iter().map(|(id, _)| id.as_str()).collect();
    let help = match remedy(stack.status) {
        Remedy::None => String::new(),
        Remedy::Wait => "  an operation is under way: wait for it\n".to_owned(),
        Remedy::DeleteAndCreate => format!(
            "  it never came to be: delete it, then apply again; resources that it retains stay and are yours to remove\n    {command} --delete\n"
        ),
        Remedy::Rollback => format!("  roll it back to where it was\n    {command}\n"),
        Remedy::ContinueRollback => {
            let skip = if ids.is_empty() {
                String::new()
            } else {
                format!(
                    "  or without what cannot be rolled back, which the stack then does not describe any more\n    {command} --skip {}\n",
                    ids.join(" ")
                )
            };
            format!("  remove what kept it from being rolled back, then go on\n    {command}\n{skip}")
        }
        Remedy::DeleteAgain => {
            let keep = if failed.is_empty() {
                String::new()
            } else {
                format!(
                    "  or without what cannot be deleted, which stays and is yours to remove\n    {command} --delete --keep {}\n",
                    ids.join(" ")
                )
            };
            format!("  remove what kept it, then delete it again\n    {command} --delete\n{keep}")
        }
    };
    text.push_str(&help);
    Ok(text)
}

/// The resources that failed in the stack's last operation, with the reasons.
async fn failed_resources(
    cloud: &Cloud,
    key: &StackKey,
    stack: &DeployedStack,
) -> anyhow::Result<Vec<(String, String)>> {
    let page = cloud.events(&stack.id, &key.region, None).await?;
    let mut found = Vec::new();
    for event in page.events {
        if event.of_stack()
            && matches!(
                event.status.as_str(),
                "UPDATE_ROLLBACK_IN_PROGRESS" | "CREATE_IN_PROGRESS" | "DELETE_IN_PROGRESS"
            )
        {
            break;
        }
        if !event.of_stack() && event.status.ends_with("_FAILED") {
            found.push((event.logical_id, event.reason));
        }
    }
    found.reverse();
    Ok(found)
}

async fn execute(cloud: &Arc<Cloud>, (key, stack): (&StackKey, &DeployedStack), args: &Args) -> anyhow::Result<Exit> {
    let token = format!("infra-recover-{}", live::run_name());
    match remedy(stack.status) {
        Remedy::None => return Ok(Exit::Done),
        Remedy::Wait => {}
        Remedy::DeleteAndCreate | Remedy::DeleteAgain if !args.delete => {
            return Err(Halt::blocked(format!("nothing was changed: that deletes {key}; add --delete to agree")).into());
        }
        Remedy::DeleteAndCreate if !args.keep.is_empty() => {
            return Err(Halt::blocked(format!(
                "nothing was changed: AWS keeps resources only of a stack whose deletion failed, and {key} is {}; delete it \
                 first",
                stack.status
            ))
            .into());
        }
        Remedy::DeleteAndCreate | Remedy::DeleteAgain => {
            cloud.delete_stack((&stack.id, &key.region), &args.keep, &token).await?;
        }
        Remedy::Rollback => cloud.rollback(key, &token).await?,
        Remedy::ContinueRollback => cloud.continue_rollback(key, &args.skip, &token).await?,
    }
    let mut operation = Operation::default();
    let mut pauses = Pauses::new();
    let status = loop {
        if remedy(stack.status) == Remedy::Wait {
            // It is somebody else's operation: its token is not known.
            let now = cloud.stack(&stack.id, &key.region).await?.map(|live| live.stack.status);
            match now.unwrap_or(StackStatus::DeleteComplete) {
                status if !status.is_busy() => break status,
                _ => {}
            }
        } else {
            cloud.follow((&stack.id, &key.region), &token, &mut operation).await?;
            match operation.status() {
                Some(status) if !status.is_busy() => break status,
                Some(_) | None => {}
            }
        }
        pauses.pause().await;
    };
    output::result(&format!("{key} is {status}\n"))?;
    Ok(if remedy(status) == Remedy::None { Exit::Done } else { Exit::Failed })
}
