//! What is ours outside CloudFormation: remembered before the first of it is made, and forgotten once it is gone.

use super::stack::{self, Announced};
use super::{End, Problem, Run, Trouble};
use crate::state::{DesiredStack, Owned, StackKey, kept};

/// Adds what is going to be ours to what is remembered.
pub(super) async fn remember(run: &Run, step: &str, key: &StackKey) -> Result<End, Trouble> {
    match run.plan.remembering(key, &run.desired) {
        Some(during) => write(run, step, key, &during).await,
        None => Err(Trouble::Refused(Problem::new("run/not-planned", format!("the assembly has no stack {key}")))),
    }
}

/// Writes a stack that remembers, unless it holds that already.
pub(super) async fn write(run: &Run, step: &str, key: &StackKey, wanted: &DesiredStack) -> Result<End, Trouble> {
    if holds(run, key, wanted).await? {
        return Ok(End::Unchanged);
    }
    match stack::execute(run, step, (key, wanted, None), &Announced::of(run, step)).await? {
        Some(id) => stack::finish(run, step, key, &id).await.map(|()| End::Done),
        None => Ok(End::Unchanged),
    }
}

async fn holds(run: &Run, key: &StackKey, wanted: &DesiredStack) -> Result<bool, Trouble> {
    match run.cloud.stack(&key.name, &key.region).await? {
        Some(live) if !live.stack.status.is_busy() && !crate::plan::is_absent(&live.stack) => {
            let tags = kept(&wanted.tags, Some(&live.stack.tags)) == live.stack.tags;
            Ok(tags && run.cloud.template(&live).await?.template_sha256 == wanted.sha256)
        }
        Some(_) | None => Ok(false),
    }
}

/// What a change set would do to a stack that remembers, and that is not remembering.
pub(super) fn exceeds(set: &crate::diff::ChangeSet) -> Vec<String> {
    let others = set.resources.iter().filter(|resource| !Owned::is_carrier(&resource.kind, &resource.id));
    others.map(|resource| format!("{} {} would change", resource.kind, resource.id)).collect()
}
