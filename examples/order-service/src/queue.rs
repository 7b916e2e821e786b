//! The queues in which orders wait: until the database is back, or because nobody waits for them.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;
use order_events::{Submission, UserId, attribute};
use order_runtime::aws;
use order_runtime::breaker::Breaker;
use sha2::{Digest as _, Sha256};

/// Longest that it may take. With the time of the database it is less than a request has.
const TIMEOUT: Duration = Duration::from_millis(2_200);

/// A queue.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
    kind: Kind,
    breaker: Arc<Breaker>,
}

/// What differs between queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One group for each user, so that a user's orders are stored in the order they came.
    Fifo,
    /// Any order may be stored first.
    Standard,
}

impl Queue {
    /// Uses a queue.
    pub fn new(config: &SdkConfig, (url, kind): (String, Kind), breaker: Arc<Breaker>) -> Self {
        Self { client: Client::new(config), url, kind, breaker }
    }

    /// Puts an order into the queue. Putting it twice is storing it once.
    ///
    /// # Errors
    ///
    /// Says why it is not there, or may not be.
    pub async fn send(&self, submission: &Submission) -> Result<(), String> {
        let body = serde_json::to_string(submission).map_err(|error| error.to_string())?;
        let mut message = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .message_attributes(attribute::REQUEST_ID, text(&submission.request_id)?);
        if self.kind == Kind::Fifo {
            message = message.message_group_id(group(&submission.user_id)).message_deduplication_id(once(submission));
        }
        if let Some(traceparent) = &submission.traceparent {
            message = message.message_attributes(attribute::TRACEPARENT, text(traceparent)?);
        }
        let sent = async {
            match tokio::time::timeout(TIMEOUT, message.send()).await {
                Ok(answer) => answer.map(drop).map_err(|error| aws::why(&error)),
                Err(_) => Err("it did not answer in time".to_owned()),
            }
        };
        self.breaker.call(sent, |_| true).await.map_err(|error| format!("the queue of orders: {error}"))
    }
}

fn text(value: &str) -> Result<MessageAttributeValue, String> {
    let built = MessageAttributeValue::builder().data_type("String").string_value(value).build();
    built.map_err(|error| error.to_string())
}

/// A group may have 128 letters, digits and signs of ASCII, and a user may be anything.
fn group(user: &UserId) -> String {
    hex(&Sha256::digest(user.as_str().as_bytes()))
}

/// Another order under the same key is another message: the worker says which of them is the order.
fn once(submission: &Submission) -> String {
    format!("{}-{}", submission.order_id, hex(&submission.fingerprint()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut all, byte| {
        // Writing to a string cannot fail.
        let _ = write!(all, "{byte:02x}");
        all
    })
}

#[cfg(test)]
mod tests {
    use order_events::NewOrder;

    use super::*;

    #[test]
    fn ids_of_messages_are_as_the_queue_wants_them() {
        let user: UserId = "ü".repeat(255).parse().expect("it is a user");
        let order = |qty: u32| {
            let body = format!(r#"{{"productId":"a","qty":{qty}}}"#);
            let order = NewOrder::read(body.as_bytes()).expect("it is an order");
            let request = ("r".to_owned(), None);
            Submission::new(order, (user.clone(), "k"), request, jiff::Timestamp::now()).expect("it can be placed")
        };
        let (one, two) = (once(&order(1)), once(&order(2)));
        assert_ne!(one, two);
        assert_eq!(one, once(&order(1)));
        for id in [one, group(&user)] {
            assert!(id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic()), "{id}");
        }
    }
}
