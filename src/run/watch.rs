//! Follows an operation of a stack until it ends: by its events, asked for less and less often.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::{Notice, Problem, Run, Trouble};
use crate::cloud::{Event, Operation, Pauses};
use crate::state::{StackKey, StackStatus};

/// How long the events of an operation that was accepted may take to be seen.
const UNSEEN: Duration = Duration::from_mins(2);

/// How long nothing new may be seen before the stack itself is asked, and before people are told what is waited for.
const QUIET: Duration = Duration::from_secs(30);

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
    let mut quiet = Instant::now();
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
            quiet = Instant::now();
        }
        match operation.status() {
            Some(status) if !status.is_busy() => return Ok(Ended { status, events: operation.events }),
            Some(_) => certificates.explain(run, step, key, &operation.events).await,
            None if started.elapsed() > UNSEEN => {
                return Err(Trouble::Lost(Problem::new(
                    "run/lost",
                    format!(
                        "CloudFormation took the request for {key} and shows nothing of it after {} seconds; \
                     `infra apply --resume` looks again",
                        UNSEEN.as_secs()
                    ),
                )));
            }
            None => {}
        }
        if quiet.elapsed() > run.cloud.patience(QUIET) {
            quiet = Instant::now();
            // Events of an operation that another one took over never come: then the stack itself is the truth.
            let live = run.cloud.stack(id, &key.region).await?;
            let Some(live) = live else {
                return Ok(Ended { status: StackStatus::DeleteComplete, events: operation.events });
            };
            if !live.stack.status.is_busy() && operation.status().is_some() {
                return Ok(Ended { status: live.stack.status, events: operation.events });
            }
            let reason = live.stack.reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
            let text = format!(
                "{key} is {}{reason}, for {} seconds now{}",
                live.stack.status,
                started.elapsed().as_secs(),
                open(&operation.events)
            );
            run.notice(Notice::Waiting { step: step.to_owned(), text });
        }
        pauses.pause().await;
    }
}

/// What is not done yet, as `; QueueJobs is CREATE_IN_PROGRESS`.
fn open(events: &[Event]) -> String {
    let mut latest: BTreeMap<&str, &str> = BTreeMap::new();
    for event in events.iter().filter(|event| !event.of_stack()) {
        latest.insert(&event.logical_id, &event.status);
    }
    let open = latest.into_iter().filter(|(_, status)| status.ends_with("_IN_PROGRESS"));
    let open: Vec<String> = open.take(3).map(|(id, status)| format!("{id} is {status}")).collect();
    if open.is_empty() { String::new() } else { format!("; {}", open.join(", ")) }
}
