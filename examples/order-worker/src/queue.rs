//! A queue: receive, hold, delete, give back, reject.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Builder;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use order_runtime::aws;

use crate::message::Message;
use crate::outcome::jitter;

/// How often the queue is asked for its settings.
const ASKED: u32 = 3;
/// There must be time to extend it.
const SHORTEST: Duration = Duration::from_secs(3);

/// Why a queue did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The message is not ours any more: it was hidden for too short a time, and somebody else may have it.
    #[error("the message is not ours any more")]
    Lost,
    /// The queue did not answer, or not well.
    #[error("{0}")]
    Failed(String),
}

/// What a consumer needs of a queue.
pub trait Queue: Send + Sync + 'static {
    /// Waits for messages, and returns at most so many.
    fn receive(&self, most: u32) -> impl Future<Output = Result<Vec<Message>, Error>> + Send;
    /// Forgets a message.
    fn delete(&self, message: &Message) -> impl Future<Output = Result<(), Error>> + Send;
    /// Hides a message from others for so long from now; zero gives it back at once.
    fn hide(&self, message: &Message, time: Duration) -> impl Future<Output = Result<(), Error>> + Send;
    /// Puts a copy of a message, with the reason, into the dead-letter queue.
    fn bury(&self, message: &Message, reason: &str) -> impl Future<Output = Result<(), Error>> + Send;
}

/// A queue in SQS.
#[derive(Clone, Debug)]
pub struct Sqs {
    client: Client,
    /// With time-outs that are long enough for long polling.
    patient: Client,
    url: String,
    dead_letters: String,
    visibility: Duration,
    wait: Duration,
}

/// Where messages are and how they are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The queue.
    pub url: String,
    /// Its dead-letter queue.
    pub dead_letters: String,
    /// How long a message that was received stays hidden from others if that is not extended; as the queue says if this
    /// says nothing.
    pub visibility: Option<Duration>,
    /// How long to wait for messages.
    pub wait: Duration,
}

impl Sqs {
    /// Uses a queue, and asks it how long it hides messages. If it does not say so after some time, `otherwise` holds.
    pub async fn open(config: &aws_config::SdkConfig, settings: &Settings, otherwise: Duration) -> Self {
        let patient = Builder::from(config).timeout_config(aws::waiting(settings.wait)).build();
        let mut queue = Self {
            client: Client::new(config),
            patient: Client::from_conf(patient),
            url: settings.url.clone(),
            dead_letters: settings.dead_letters.clone(),
            visibility: settings.visibility.unwrap_or(otherwise),
            wait: settings.wait,
        };
        if settings.visibility.is_none() {
            queue.visibility = queue.asked_visibility().await.unwrap_or(otherwise);
        }
        queue
    }

    /// Returns how long a message stays hidden from others if that is not extended.
    pub fn visibility(&self) -> Duration {
        self.visibility
    }

    async fn asked_visibility(&self) -> Option<Duration> {
        for attempt in 1..=ASKED {
            let ask = self.client.get_queue_attributes().queue_url(&self.url);
            match ask.attribute_names(QueueAttributeName::VisibilityTimeout).send().await {
                Ok(said) => {
                    let seconds = said.attributes()?.get(&QueueAttributeName::VisibilityTimeout)?.parse().ok()?;
                    return Some(Duration::from_secs(seconds).max(SHORTEST));
                }
                Err(error) => {
                    let cause = aws::why(&error);
                    tracing::warn!(attempt, cause, "the queue does not say how long it hides messages");
                    tokio::time::sleep(jitter(Duration::from_secs(1))).await;
                }
            }
        }
        None
    }
}

impl Queue for Sqs {
    async fn receive(&self, most: u32) -> Result<Vec<Message>, Error> {
        let received = self
            .patient
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(i32::try_from(most.clamp(1, 10)).unwrap_or(1))
            .wait_time_seconds(seconds(self.wait))
            .visibility_timeout(seconds(self.visibility))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::MessageGroupId)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_system_attribute_names(MessageSystemAttributeName::AwsTraceHeader)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(|error| Error::Failed(aws::why(&error)))?;
        Ok(received.messages.unwrap_or_default().into_iter().filter_map(Message::read).collect())
    }

    async fn delete(&self, message: &Message) -> Result<(), Error> {
        let delete = self.client.delete_message().queue_url(&self.url).receipt_handle(&message.receipt);
        let deleted = delete.send().await;
        deleted.map(drop).map_err(|error| Error::Failed(aws::why(&error)))
    }

    async fn hide(&self, message: &Message, time: Duration) -> Result<(), Error> {
        let hidden = self
            .client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(&message.receipt)
            .visibility_timeout(seconds(time))
            .send()
            .await;
        hidden.map(drop).map_err(|error| match error.code() {
            // The last is what SQS says of a message that was hidden for the longest time, or is deleted.
            Some(code)
                if ["MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue"]
                    .iter()
                    .any(|name| code.ends_with(name)) =>
            {
                Error::Lost
            }
            _ => Error::Failed(aws::why(&error)),
        })
    }

    async fn bury(&self, message: &Message, reason: &str) -> Result<(), Error> {
        let sent = self
            .client
            .send_message()
            .queue_url(&self.dead_letters)
            .message_body(&message.body)
            .set_message_attributes(Some(message.with_reason(reason)))
            .set_message_group_id(message.group.clone())
            .set_message_deduplication_id(message.group.as_ref().map(|_| message.id.clone()))
            .send()
            .await;
        sent.map(drop).map_err(|error| Error::Failed(aws::why(&error)))
    }
}

/// Rounds up, so that a pause is never none.
fn seconds(time: Duration) -> i32 {
    let up = time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0));
    i32::try_from(up).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_rounded_up() {
        let said = [0, 1, 1_000, 1_001].map(|millis| seconds(Duration::from_millis(millis)));
        assert_eq!(said, [0, 1, 1, 2]);
    }
}
