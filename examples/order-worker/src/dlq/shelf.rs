//! A dead-letter queue and the queue that it belongs to.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, anyhow, bail};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Builder;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use order_runtime::aws;
use serde::Deserialize;

use crate::cli::say;
use crate::message::Message;

/// How long messages are hidden that are looked at. Unit: seconds.
const HIDDEN: i32 = 60;
/// How long the queue is asked for messages at a time. Unit: seconds.
const WAIT: i32 = 1;
/// So many empty answers in a row mean that the queue has no more: one may come from a part of it that has none.
const EMPTY: u32 = 2;

/// A dead-letter queue and the queue that it belongs to.
pub(super) struct Shelf {
    pub(super) client: Client,
    /// The queue.
    pub(super) source: Queue,
    /// Its dead-letter queue.
    pub(super) dead: Queue,
}

/// A queue by its names.
pub(super) struct Queue {
    pub(super) url: String,
    pub(super) arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedrivePolicy {
    dead_letter_target_arn: String,
}

/// What an SDK says, with what is behind it.
pub(super) fn said<E, R>(error: SdkError<E, R>) -> anyhow::Error
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug + 'static,
{
    anyhow!("{}", aws::why(&error))
}

impl Shelf {
    /// Finds the dead-letter queue of a queue.
    pub(super) async fn find(config: &aws_config::SdkConfig, url: &str) -> Result<Self> {
        let patient = aws::waiting(std::time::Duration::from_secs(u64::try_from(WAIT).unwrap_or(1)));
        let client = Client::from_conf(Builder::from(config).timeout_config(patient).build());
        let asked = client
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(QueueAttributeName::QueueArn)
            .attribute_names(QueueAttributeName::RedrivePolicy)
            .send()
            .await
            .map_err(said)
            .with_context(|| format!("the queue {url} cannot be asked for its dead-letter queue"))?;
        let attributes = asked.attributes.unwrap_or_default();
        let arn = attributes.get(&QueueAttributeName::QueueArn).context("the queue does not say its ARN")?.clone();
        let Some(policy) = attributes.get(&QueueAttributeName::RedrivePolicy) else {
            bail!(
                "the queue {url} has no dead-letter queue; --queue-url takes the queue, not the dead-letter queue itself"
            )
        };
        let RedrivePolicy { dead_letter_target_arn } =
            serde_json::from_str(policy).context("the redrive policy cannot be read")?;
        let mut parts = dead_letter_target_arn.split(':').skip(4);
        let (Some(account), Some(name)) = (parts.next(), parts.next()) else {
            bail!("the redrive policy names {dead_letter_target_arn}, which is no queue")
        };
        let found = client.get_queue_url().queue_name(name).queue_owner_aws_account_id(account).send().await;
        let found = found.map_err(said).with_context(|| format!("the dead-letter queue {name} cannot be found"))?;
        let dead = found.queue_url.context("the dead-letter queue has no address")?;
        let source = Queue { url: url.to_owned(), arn };
        Ok(Self { client, source, dead: Queue { url: dead, arn: dead_letter_target_arn } })
    }

    /// Returns about how many messages there are, with those that somebody looks at.
    pub(super) async fn size(&self) -> Result<usize> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let asked = self.client.get_queue_attributes().queue_url(&self.dead.url);
        let asked = asked.set_attribute_names(Some(names.to_vec())).send().await.map_err(said)?;
        let numbers = asked.attributes.unwrap_or_default();
        Ok(names.iter().filter_map(|name| numbers.get(name)?.parse::<usize>().ok()).sum())
    }

    /// Takes some messages, so that nobody else sees them for a while.
    pub(super) async fn take(&self) -> Result<Vec<Message>> {
        let received = self
            .client
            .receive_message()
            .queue_url(&self.dead.url)
            .max_number_of_messages(10)
            .wait_time_seconds(WAIT)
            .visibility_timeout(HIDDEN)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(said)
            .context("the dead-letter queue gives no messages")?;
        Ok(received.messages.unwrap_or_default().into_iter().filter_map(Message::read).collect())
    }

    /// Looks at messages until there are enough of those that are wanted, or no more. All of them are given back.
    pub(super) async fn peek(&self, most: usize, wanted: impl Fn(&Message) -> bool) -> Result<Vec<Message>> {
        let mut found = Vec::new();
        let mut others = Vec::new();
        let looked = self
            .walk(|message| {
                let enough = found.len() >= most;
                if !enough && wanted(&message) {
                    found.push(message);
                } else {
                    others.push(message);
                }
                found.len() < most
            })
            .await;
        for message in found.iter().chain(&others) {
            self.give_back(message).await;
        }
        looked?;
        Ok(found)
    }

    /// Takes each message once, while the caller wants more and there are more.
    pub(super) async fn walk(&self, mut each: impl FnMut(Message) -> bool) -> Result<()> {
        let (mut empty, mut seen) = (0, BTreeSet::new());
        let mut more = true;
        while more && empty < EMPTY {
            let before = seen.len();
            for message in self.take().await? {
                seen.insert(message.id.clone());
                more &= each(message);
            }
            empty = if seen.len() == before { empty + 1 } else { 0 };
        }
        Ok(())
    }

    /// Lets others see a message again.
    pub(super) async fn give_back(&self, message: &Message) {
        let back = self.client.change_message_visibility().queue_url(&self.dead.url);
        let back = back.receipt_handle(&message.receipt).visibility_timeout(0).send().await;
        if back.is_err() {
            say(&format!("{} could not be given back at once and is hidden for a minute", message.id));
        }
    }
}
