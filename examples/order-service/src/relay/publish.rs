//! Events in requests to the topic.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use order_events::{MESSAGE_LIMIT, Pointer, attribute};
use order_runtime::aws;
use order_runtime::breaker::Breaker;
use order_runtime::payloads::Payloads;
use order_runtime::store::Written;
use order_runtime::telemetry::{self, Carrier};
use serde::Deserialize;
use tokio::task::JoinSet;
use tracing::field::Empty;

/// Most messages of one request: <https://docs.aws.amazon.com/sns/latest/dg/sns-batch-api-actions.html>. All of them
/// together have at most [`MESSAGE_LIMIT`].
const ENTRIES: usize = 10;
/// Most requests at once.
const AT_ONCE: usize = 8;

/// The topic, and the bucket for what is too large for it.
#[derive(Clone, Debug)]
pub struct Publisher {
    client: Client,
    topic: String,
    payloads: Payloads,
    sns: Arc<Breaker>,
    s3: Arc<Breaker>,
}

/// An event and the message that says it.
#[derive(Clone, Debug)]
struct Message {
    event: Written,
    text: String,
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

    /// Publishes events, and returns the numbers of those that the topic has.
    pub async fn publish(&self, events: Vec<Written>) -> Vec<i64> {
        let (large, small): (Vec<_>, Vec<_>) =
            events.into_iter().partition(|event| size(event, &event.body) > MESSAGE_LIMIT);
        let small = small.into_iter().map(|event| Message { text: event.body.clone(), event });
        let small = chunks(small.collect()).into_iter().map(Job::Send);
        let (mut seqs, mut running) = (Vec::new(), JoinSet::new());
        // One after another, a bucket that does not answer would keep those waiting that need none.
        for job in small.chain(large.into_iter().map(Job::PutAndSend)) {
            if running.len() >= AT_ONCE {
                seqs.extend(running.join_next().await.and_then(Result::ok).into_iter().flatten());
            }
            let publisher = self.clone();
            running.spawn(async move {
                match job {
                    Job::Send(messages) => publisher.send(messages).await,
                    Job::PutAndSend(event) => match publisher.put(event).await {
                        Some(message) => publisher.send(vec![message]).await,
                        None => Vec::new(),
                    },
                }
            });
        }
        while let Some(sent) = running.join_next().await {
            seqs.extend(sent.into_iter().flatten());
        }
        seqs
    }

    /// Puts an event into the bucket, and returns the message that points there; none if the bucket did not take it.
    async fn put(&self, event: Written) -> Option<Message> {
        let pointer = Pointer::to(event.event_id, &event.body);
        let put = self.s3.call(Box::pin(self.payloads.put(&pointer, &event.body)), |_| true).await;
        match put.map_err(|error| error.to_string()).and_then(|()| json(&pointer)) {
            Ok(text) => Some(Message { event, text }),
            Err(cause) => {
                tracing::warn!(requestId = event.request_id, orderId = %event.order_id, cause, "not published");
                None
            }
        }
    }

    async fn send(&self, chunk: Vec<Message>) -> Vec<i64> {
        let entries: Result<Vec<_>, String> = chunk.iter().map(entry).collect();
        let sent = async {
            let request = self.client.publish_batch().topic_arn(&self.topic);
            let sent = request.set_publish_batch_request_entries(Some(entries?)).send().await;
            sent.map_err(|error| aws::why(&error))
        };
        let answer = match self.sns.call(sent, |_| true).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(events = chunk.len(), cause = %error, "events could not be published");
                return Vec::new();
            }
        };
        let ids: Vec<i64> =
            answer.successful().iter().filter_map(|entry| entry.id().and_then(|id| id.parse().ok())).collect();
        for message in &chunk {
            let failed = || answer.failed().iter().find(|entry| entry.id() == message.event.seq.to_string());
            let taken = ids.contains(&message.event.seq);
            log(message, if taken { None } else { failed().map(|entry| (entry.code(), entry.message())) }, taken);
        }
        ids
    }
}

/// Writes what became of an event, as part of the trace that led to it.
fn log(message: &Message, failed: Option<(&str, Option<&str>)>, taken: bool) {
    let event = &message.event;
    let user = serde_json::from_str::<User>(&event.body).ok().map(|user| user.user_id);
    let span = tracing::info_span!(
        "publish",
        requestId = event.request_id,
        traceId = Empty,
        orderId = %event.order_id,
        userId = user.as_deref(),
        otel.kind = "producer",
    );
    if let Some(traceparent) = &event.traceparent {
        telemetry::adopt(&span, &Carrier::from([("traceparent".to_owned(), traceparent.clone())]));
    }
    let _in = span.enter();
    let (kind, id) = (event.event_type.as_str(), event.event_id);
    if taken {
        tracing::info!(eventType = kind, eventId = %id, "published");
    } else {
        tracing::error!(eventType = kind, eventId = %id, cause = ?failed, "the topic did not take an event");
    }
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
        };
        Message { event, text: "x".repeat(length) }
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
