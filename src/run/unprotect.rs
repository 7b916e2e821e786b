//! The deletion protection of a stack's resources, switched off before the stack goes: as an update of the stack, which is
//! what it is.

use super::{Problem, Run, Trouble, stack, watch};
use crate::cloud::{NewChangeSet, Review, Summary};
use crate::diff;
use crate::state::{StackKey, without_protection};

/// Whether the protection was being switched off before the run was cut off.
pub(super) async fn has_begun(run: &Run, step: &str, (key, live): (&StackKey, &Summary)) -> Result<bool, Trouble> {
    if protected(run, key).is_empty() {
        return Ok(false);
    }
    Ok(run.cloud.has_begun((&live.stack.id, &key.region), &token(run, step)).await?)
}

/// Switches off what the plan says is switched off.
pub(super) async fn unprotect(run: &Run, step: &str, (key, live): (&StackKey, &Summary)) -> Result<(), Trouble> {
    let ids = protected(run, key);
    if ids.is_empty() {
        return Ok(());
    }
    let token = token(run, step);
    if !has_begun(run, step, (key, live)).await? {
        let full = run.cloud.template(live).await?;
        let open = without_protection(&full.template, &ids);
        if open == full.template {
            return Ok(());
        }
        let wanted = full.with_template(open);
        let new = NewChangeSet {
            key,
            name: &token,
            token: &token,
            creates: false,
            desired: &wanted,
            tags: full.tags.clone(),
            parameters: full.parameters.keys().map(|name| (name.clone(), None)).collect(),
            url: run.cloud.uploaded(run.bucket.as_deref(), &run.plan.region, (key, &wanted)).await?,
        };
        run.cloud.create_change_set(&new).await?;
        match stack::reviewed(run, key, &token).await? {
            Review::Ready { .. } => {
                run.cloud.execute(key, &token, &token).await?;
            }
            Review::Used(_) => {}
            Review::Empty => return Ok(run.cloud.discard(key, &token).await?),
            Review::Failed(reason) => {
                run.cloud.discard(key, &token).await?;
                return Err(Trouble::Failed(Problem::new(
                    "run/change-set-failed",
                    format!(
                        "CloudFormation does not switch off the deletion protection of {}: {reason}",
                        ids.join(", ")
                    ),
                )));
            }
            Review::Pending | Review::Absent => {
                return Err(Trouble::Failed(Problem::new(
                    "run/change-set-failed",
                    format!("the change set {token} of {key} was not seen in time"),
                )));
            }
        }
    }
    let ended = watch::wait(run, step, (key, &live.stack.id), &token).await?;
    stack::judge(run, key, &ended)
}

/// The resources of a stack whose protection the plan switches off.
fn protected<'a>(run: &'a Run, key: &StackKey) -> Vec<&'a str> {
    run.plan.changes.stack(key).into_iter().flat_map(diff::unprotected).collect()
}

fn token(run: &Run, step: &str) -> String {
    run.token(&format!("{step} unprotect"))
}
