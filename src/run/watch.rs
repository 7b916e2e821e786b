//! Follows an operation of a stack until it ends: by its events, asked for less and less often.

use std::time::Duration;

use tokio::time::Instant;

use super::{Notice, Run, Trouble};
use crate::cloud::{Event, Operation, Pauses};
use crate::state::{StackKey, StackStatus};

/// How long the events of an operation that was accepted may take to be seen.
const UNSEEN: Duration = Duration::from_mins(2);

/// How an operation ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// The stack's status.
    pub(super) status: StackStatus,
    /// The events of the operation, oldest first.
    pub(super) events: Vec<Event>,
}

/// Waits until the operation that a token started ends.
pub(super) async fn wait(run: &Run, step: &str, (key, id): (&StackKey, &str), token: &str) -> Result<Ended, Trouble> {
    let started = Instant::now();
    let mut pauses = Pauses::new();
    let mut operation = Operation::default();
    let mut certificates = super::stack::Certificates::default();
    loop {
        let before = operation.events.len();
        run.cloud.follow((id, &key.region), token, &mut operation).await?;
        let fresh = operation.events.get(before..).unwrap_or_default();
        for event in fresh.iter().filter(|event| !event.of_stack()) {
            run.notice(Notice::Resource {
                step: step.to_owned(),
                id: event.logical_id.clone(),
                kind: event.kind.clone(),
                status: event.status.clone(),
                reason: event.reason.clone(),
            });
        }
        if !fresh.is_empty() {
            pauses.sooner();
        }
        match operation.status() {
            Some(status) if !status.is_busy() => return Ok(Ended { status, events: operation.events }),
            Some(_) => certificates.explain(run, step, key, &operation.events).await,
            None if started.elapsed() > UNSEEN => {
                return Err(Trouble::Failed(format!(
                    "CloudFormation took the request for {key} and shows nothing of it after {} seconds; \
                     `infra apply --resume` looks again",
                    UNSEEN.as_secs()
                )));
            }
            None => {}
        }
        pauses.pause().await;
    }
}
