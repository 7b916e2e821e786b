//! Events in requests to the topic.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sns::operation::publish_batch::{PublishBatchError, PublishBatchOutput};
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use order_events::{MESSAGE_LIMIT, Pointer, attribute};
use order_runtime::aws;
use order_runtime::breaker::{Breaker, Broken};
use order_runtime::payloads::Payloads;
use order_runtime::store::{Fate, Written};
use order_runtime::telemetry::{self, Carrier};
use serde::Deserialize;
use tokio::task::JoinSet;
use tracing::field::Empty;

/// Most messages of one request: <https://docs.aws.amazon.com/sns/latest/dg/sns-batch-api-actions.html>. All of them
/// together have at most [`MESSAGE_LIMIT`].
const ENTRIES: usize = 10;
/// Most requests at once.
const AT_ONCE: usize = 8;
/// What the topic answers if it is about what a message says. Everything else is about the topic, or about us.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html> (read 2026-11-30).
const REFUSALS: [&str; 4] = ["BatchRequestTooLong", "InvalidParameter", "ParameterValueInvalid", "ValidationException"];

/// The topic, and the bucket for what is too large for it.
#[derive(Clone, Debug)]
pub struct Publisher {
    client: Client,
    topic: String,
    payloads: Payloads,
    sns: Arc<Breaker>,
    s3: Arc<Breaker>,
}

/// An event, without its text, and the message that says it.
#[derive(Clone, Debug)]
struct Message {
    event: Written,
    text: String,
    /// Whose order, for the log.
    user: Option<String>,
}

/// What is done at once with others of its kind.
#[derive(Debug)]
enum Job {
    Send(Vec<Message>),
    PutAndSend(Written),
}

/// What of an event's text is logged.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    user_id: String,
}

impl Publisher {
    /// Publishes to a topic, with a breaker for it, and one for the bucket.
    pub fn new(config: &SdkConfig, topic: String, bucket: String, (sns, s3): (Arc<Breaker>, Arc<Breaker>)) -> Self {
        Self { client: Client::new(config), topic, payloads: Payloads::new(config, bucket), sns, s3 }
    }

    /// Publishes events, and says what became of each, by its number.
    pub async fn publish(&self, events: Vec<Written>) -> BTreeMap<i64, Fate> {
        let (large, small): (Vec<_>, Vec<_>) =
            events.into_iter().partition(|event| size(event, &event.body) > MESSAGE_LIMIT);
        let small = small.into_iter().map(|mut event| {
            let text = std::mem::take(&mut event.body);
            Message { user: user(&text), event, text }
        });
        let small = chunks(small.collect()).into_iter().map(Job::Send);
        let (mut fates, mut running) = (BTreeMap::new(), JoinSet::new());
        // One after another, a bucket that does not answer would keep those waiting that need none.
        for job in small.chain(large.into_iter().map(Job::PutAndSend)) {
            if running.len() >= AT_ONCE {
                fates.extend(running.join_next().await.and_then(Result::ok).into_iter().flatten());
            }
            let publisher = self.clone();
            running.spawn(async move {
                match job {
                    Job::Send(messages) => publisher.send(messages).await,
                    Job::PutAndSend(event) => publisher.put_and_send(event).await,
                }
            });
        }
        while let Some(sent) = running.join_next().await {
            fates.extend(sent.into_iter().flatten());
        }
        fates
    }

    /// Puts an event into the bucket, and sends a message that points there.
    async fn put_and_send(&self, mut event: Written) -> Fates {
        let body = std::mem::take(&mut event.body);
        let pointer = Pointer::to(event.event_id, &body);
        let put = self.s3.call(Box::pin(self.payloads.put(&pointer, &body)), |_| true).await;
        match put.map_err(|error| error.to_string()).and_then(|()| json(&pointer)) {
            Ok(text) => self.send(vec![Message { event, text, user: user(&body) }]).await,
            Err(cause) => {
                tracing::warn!(requestId = event.request_id, orderId = %event.order_id, cause, "not published");
                Fates::from([(event.seq, Fate::Fails(cause))])
            }
        }
    }

    /// Sends messages in one request; each in one of its own, if the topic refuses what one of them says.
    async fn send(&self, chunk: Vec<Message>) -> Fates {
        let error = match self.request(&chunk).await {
            Ok(answer) => return chunk.iter().map(|message| (message.event.seq, fate(message, &answer))).collect(),
            Err(error) => error,
        };
        match (&error, chunk.as_slice()) {
            (Broken::Failed(NotSent::Refused(cause)), [message]) => {
                log(message, Err(cause));
                Fates::from([(message.event.seq, Fate::Refused(cause.clone()))])
            }
            (Broken::Failed(NotSent::Refused(_)), _) => {
                let mut fates = Fates::new();
                for message in chunk {
                    fates.extend(Box::pin(self.send(vec![message])).await);
                }
                fates
            }
            (Broken::Failed(NotSent::Failed(_)) | Broken::Open(_), _) => {
                tracing::warn!(events = chunk.len(), cause = %error, "events could not be published");
                chunk.iter().map(|message| (message.event.seq, Fate::Waits)).collect()
            }
        }
    }

    async fn request(&self, chunk: &[Message]) -> Result<PublishBatchOutput, Broken<NotSent>> {
        let sent = async {
            let entries: Result<Vec<_>, String> = chunk.iter().map(entry).collect();
            let request = self.client.publish_batch().topic_arn(&self.topic);
            let request = request.set_publish_batch_request_entries(Some(entries.map_err(NotSent::Refused)?));
            request.send().await.map_err(|error| NotSent::from(&error))
        };
        self.sns.call(sent, NotSent::is_outage).await
    }
}

type Fates = BTreeMap<i64, Fate>;

/// Why a request was not taken.
#[derive(Debug)]
enum NotSent {
    /// Because of what a message says.
    Refused(String),
    /// Because of anything else.
    Failed(String),
}

impl NotSent {
    fn is_outage(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

impl From<&SdkError<PublishBatchError>> for NotSent {
    fn from(error: &SdkError<PublishBatchError>) -> Self {
        let refused = error.code().is_some_and(|code| REFUSALS.iter().any(|known| code.starts_with(known)));
        if refused { Self::Refused(aws::why(error)) } else { Self::Failed(aws::why(error)) }
    }
}

impl std::fmt::Display for NotSent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(cause) | Self::Failed(cause) => f.write_str(cause),
        }
    }
}

/// What an answer says of one message, which is logged.
fn fate(message: &Message, answer: &PublishBatchOutput) -> Fate {
    let id = message.event.seq.to_string();
    if answer.successful().iter().any(|entry| entry.id() == Some(id.as_str())) {
        log(message, Ok(()));
        return Fate::Published;
    }
    let Some(failed) = answer.failed().iter().find(|entry| entry.id() == id) else { return Fate::Waits };
    let cause = format!("{}: {}", failed.code(), failed.message().unwrap_or("no message"));
    log(message, Err(&cause));
    if failed.sender_fault() { Fate::Refused(cause) } else { Fate::Fails(cause) }
}

/// Writes what became of an event, as part of the trace that led to it.
fn log(message: &Message, taken: Result<(), &String>) {
    let event = &message.event;
    let span = tracing::info_span!(
        "publish",
        requestId = event.request_id,
        traceId = Empty,
        orderId = %event.order_id,
        userId = message.user.as_deref(),
        otel.kind = "producer",
    );
    if let Some(traceparent) = &event.traceparent {
        telemetry::adopt(&span, &Carrier::from([("traceparent".to_owned(), traceparent.clone())]));
    }
    let _in = span.enter();
    let (kind, id) = (event.event_type.as_str(), event.event_id);
    match taken {
        Ok(()) => tracing::info!(eventType = kind, eventId = %id, "published"),
        Err(cause) => tracing::error!(eventType = kind, eventId = %id, cause, "the topic did not take an event"),
    }
}

fn user(body: &str) -> Option<String> {
    serde_json::from_str::<User>(body).ok().map(|user| user.user_id)
}

/// Attributes of an event, with their text.
fn attributes(event: &Written) -> Vec<(&'static str, String)> {
    let mut all = vec![
        (attribute::EVENT_TYPE, event.event_type.clone()),
        (attribute::EVENT_VERSION, event.event_version.to_string()),
        (attribute::REQUEST_ID, event.request_id.clone()),
    ];
    all.extend(event.traceparent.clone().map(|traceparent| (attribute::TRACEPARENT, traceparent)));
    // An attribute must not be empty.
    all.retain(|(_, value)| !value.is_empty());
    all
}

/// What a message takes of the limit: its text, and the names, types and values of its attributes. Unit: bytes.
fn size(event: &Written, text: &str) -> usize {
    let attributes = attributes(event);
    let of_attributes = attributes.iter().map(|(name, value)| name.len() + "String".len() + value.len());
    text.len().saturating_add(of_attributes.sum())
}

fn entry(Message { event, text, .. }: &Message) -> Result<PublishBatchRequestEntry, String> {
    let mut entry = PublishBatchRequestEntry::builder().id(event.seq.to_string()).message(text);
    for (name, value) in attributes(event) {
        let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
        entry = entry.message_attributes(name, value.map_err(|error| error.to_string())?);
    }
    entry.build().map_err(|error| error.to_string())
}

/// Puts messages into as few requests as the limits allow, in their order.
fn chunks(messages: Vec<Message>) -> Vec<Vec<Message>> {
    let mut all: Vec<Vec<Message>> = Vec::new();
    let mut room = 0;
    for message in messages {
        let size = size(&message.event, &message.text);
        match all.last_mut() {
            Some(chunk) if chunk.len() < ENTRIES && size <= room => {
                room -= size;
                chunk.push(message);
            }
            Some(_) | None => {
                room = MESSAGE_LIMIT.saturating_sub(size);
                all.push(vec![message]);
            }
        }
    }
    all
}

fn json(pointer: &Pointer) -> Result<String, String> {
    serde_json::to_string(pointer).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(seq: i64, length: usize) -> Message {
        let event = Written {
            seq,
            event_id: uuid::Uuid::nil(),
            order_id: uuid::Uuid::nil().into(),
            event_type: "OrderCreated".to_owned(),
            event_version: 1,
            request_id: "r1".to_owned(),
            traceparent: None,
            body: String::new(),
            held: false,
        };
        Message { event, text: "x".repeat(length), user: None }
    }

    #[test]
    fn requests_keep_to_both_limits_and_lose_nothing() {
        let messages: Vec<_> = (0..25).map(|seq| message(seq, 10)).chain([message(25, 200_000)]).collect();
        let all = chunks(messages.into_iter().chain([message(26, 70_000), message(27, 70_000)]).collect());
        let seqs: Vec<Vec<i64>> =
            all.iter().map(|chunk| chunk.iter().map(|message| message.event.seq).collect()).collect();
        assert_eq!(seqs.concat(), (0..28).collect::<Vec<_>>());
        for chunk in &all {
            let total: usize = chunk.iter().map(|message| size(&message.event, &message.text)).sum();
            assert!(chunk.len() <= ENTRIES && total <= MESSAGE_LIMIT, "{seqs:?}");
        }
        assert_eq!(seqs.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 6, 2]);
    }

    #[test]
    fn attributes_count() {
        let message = message(1, 10);
        let names = "eventTypeStringOrderCreated".len() + "eventVersionString1".len() + "x-request-idStringr1".len();
        assert_eq!(size(&message.event, &message.text), 10 + names);
        let entry = entry(&message).expect("it is an entry");
        assert_eq!((entry.id(), entry.message_attributes().map(std::collections::HashMap::len)), ("1", Some(3)));
    }
}
