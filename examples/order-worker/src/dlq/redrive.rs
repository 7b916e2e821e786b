//! Sends messages back to the queue that they came from.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use aws_sdk_sqs::error::ProvideErrorMetadata;

use super::shelf::{Shelf, said};
use crate::cli::{printed, say};
use crate::message::Message;

/// How many messages one by one may be sent each second, if nothing else is said.
const PER_SECOND: u32 = 50;

/// What is to be sent back.
pub(super) struct Order {
    pub(super) ids: Vec<String>,
    pub(super) all: bool,
    pub(super) max_per_second: Option<u32>,
    pub(super) yes: bool,
}

/// Whether somebody can be asked.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Sends messages back, and says what it did.
pub(super) async fn redrive(shelf: &Shelf, order: Order) -> Result<()> {
    let ids: BTreeSet<String> = order.ids.into_iter().collect();
    let number = if order.all { shelf.size().await? } else { ids.len() };
    if number == 0 {
        printed("The dead-letter queue is empty.");
        return Ok(());
    }
    let about = if order.all { "about " } else { "" };
    let question = format!("Send {about}{number} of {} back to {}?", shelf.dead.url, shelf.source.url);
    if !order.yes && !asked(&question)? {
        say("nothing was sent");
        return Ok(());
    }
    if order.all && moved(shelf, order.max_per_second).await? {
        return Ok(());
    }
    let most = order.max_per_second.unwrap_or(PER_SECOND).max(1);
    let wanted = if order.all { None } else { Some(ids) };
    one_by_one(shelf, wanted, number, most).await
}

fn asked(question: &str) -> Result<bool> {
    write!(io::stderr(), "{question} [y/N] ")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()))
}

/// Lets SQS move all messages. Returns whether it can.
async fn moved(shelf: &Shelf, max_per_second: Option<u32>) -> Result<bool> {
    let task = shelf
        .client
        .start_message_move_task()
        .source_arn(&shelf.dead.arn)
        // Without it, what the topic could not deliver and what the worker rejected would have nowhere to go.
        .destination_arn(&shelf.source.arn)
        .set_max_number_of_messages_per_second(max_per_second.and_then(|most| i32::try_from(most).ok()))
        .send()
        .await;
    match task {
        Ok(task) => {
            let handle = task.task_handle.unwrap_or_default();
            printed(&format!(
                "SQS moves all messages now; its task is {handle}\n`aws sqs list-message-move-tasks --source-arn {}` says how far it is.",
                shelf.dead.arn,
            ));
            Ok(true)
        }
        Err(error) => {
            let status = error.raw_response().map(|response| response.status().as_u16());
            if is_missing(error.code(), status) {
                say("SQS here cannot move messages by itself; they are sent one by one");
                Ok(false)
            } else {
                Err(said(error)).context("SQS does not move the messages")
            }
        }
    }
}

/// Whether an error says that there is no such action.
fn is_missing(code: Option<&str>, status: Option<u16>) -> bool {
    let names =
        ["UnsupportedOperation", "InvalidAction", "UnknownOperation", "UnknownOperationException", "NotImplemented"];
    status == Some(501) || code.is_some_and(|code| names.iter().any(|name| code.ends_with(name)))
}

/// Sends messages and deletes each when it is sent. `wanted` says which; without it, as many as there were at first, so
/// that those which fail again meanwhile are not sent for ever.
async fn one_by_one(shelf: &Shelf, wanted: Option<BTreeSet<String>>, number: usize, per_second: u32) -> Result<()> {
    let pause = Duration::from_secs(1) / per_second;
    // Not more at a time than can be sent while they are hidden.
    let batch = usize::try_from(per_second.saturating_mul(20).min(100)).unwrap_or(1);
    let mut left = wanted.clone().unwrap_or_default();
    let (mut chosen, mut others) = (Vec::new(), Vec::new());
    let (mut sent, mut problems) = (0_usize, Vec::new());
    let looked = loop {
        let looked = shelf
            .walk(|message| {
                let is_wanted = wanted.is_none() || left.remove(&message.id);
                if is_wanted && sent + chosen.len() < number {
                    chosen.push(message);
                } else {
                    others.push(message);
                }
                chosen.len() + 10 <= batch && sent + chosen.len() < number
            })
            .await;
        if chosen.is_empty() {
            break looked;
        }
        for message in std::mem::take(&mut chosen) {
            match send_back(shelf, &message).await {
                Ok(()) => sent += 1,
                Err(error) => {
                    problems.push(format!("{}: {error:#}", message.id));
                    others.push(message);
                }
            }
            tokio::time::sleep(pause).await;
        }
        if looked.is_err() || sent + problems.len() >= number {
            break looked;
        }
    };
    for message in &others {
        shelf.give_back(message).await;
    }
    printed(&format!("{sent} sent back to {}", shelf.source.url));
    problems.extend(
        left.iter().map(|id| format!("{id}: it is not in the dead-letter queue, or somebody else looks at it")),
    );
    problems.iter().for_each(|problem| say(problem));
    looked?;
    if !problems.is_empty() {
        bail!("{} of {number} stay in the dead-letter queue", problems.len());
    }
    Ok(())
}

/// Sends a message as it was before it was rejected, and only then deletes it.
async fn send_back(shelf: &Shelf, message: &Message) -> Result<()> {
    let attributes = Some(message.without_reason()).filter(|attributes| !attributes.is_empty());
    shelf
        .client
        .send_message()
        .queue_url(&shelf.source.url)
        .message_body(&message.body)
        .set_message_attributes(attributes)
        .set_message_group_id(message.group.clone())
        // Sent twice because it could not be deleted, it is one message to a FIFO queue.
        .set_message_deduplication_id(message.group.as_ref().map(|_| message.id.clone()))
        .send()
        .await
        .map_err(said)
        .context("it was not sent")?;
    shelf
        .client
        .delete_message()
        .queue_url(&shelf.dead.url)
        .receipt_handle(&message.receipt)
        .send()
        .await
        .map_err(said)
        .context("it was sent, and could not be deleted from the dead-letter queue: it is in both")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_that_is_missing_is_told_from_one_that_failed() {
        assert!(is_missing(Some("AWS.SimpleQueueService.UnsupportedOperation"), Some(400)));
        assert!(is_missing(Some("InvalidAction"), Some(400)) && is_missing(None, Some(501)));
        assert!(!is_missing(Some("AccessDenied"), Some(403)) && !is_missing(None, None));
    }
}
