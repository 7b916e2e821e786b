//! Orders that wait in queues to be stored.

use std::sync::Arc;

use order_events::{Intake, OrderId, Submission, attribute};
use order_runtime::store::Placed;
use order_runtime::telemetry;
use tracing::Span;

use crate::database::Database;
use crate::message::Message;
use crate::outcome::{Outcome, Step};

/// Stores orders, of the queue `intake` or of the queue `replay`. There is no ledger: an order has the id that follows from
/// user and key, and is stored once.
pub struct Orders {
    database: Arc<Database>,
}

impl Orders {
    /// Stores them in a database.
    pub fn new(database: Arc<Database>) -> Self {
        Self { database }
    }

    /// Stores the order of a message.
    pub async fn handle(&self, message: &Message) -> Outcome {
        match self.store(message).await {
            Ok(word) => Outcome::Done(word),
            Err(outcome) => outcome,
        }
    }

    async fn store(&self, message: &Message) -> Step<&'static str> {
        let submission = read(message).map_err(Outcome::Reject)?;
        let span = Span::current();
        span.record("requestId", submission.request_id.as_str());
        span.record("orderId", tracing::field::display(submission.order_id));
        span.record("userId", submission.user_id.as_str());
        match self.database.ask(|| self.database.store().place(&submission)).await? {
            Placed::New => Ok("OrderCreated"),
            Placed::Before => Ok("AlreadyDone"),
            Placed::Conflict => {
                Err(Outcome::Reject("another order was placed under the same idempotency key".to_owned()))
            }
        }
    }
}

/// Reads an order, or says why it can never be stored. What it says follows from the message alone, so that it is the
/// same order each time. What has the attribute `sub` is a body that an API put into the queue itself.
fn read(message: &Message) -> Result<Submission, String> {
    let mut submission = if let Some(subject) = message.attribute(attribute::SUBJECT) {
        let request_id = message.attribute(attribute::REQUEST_ID);
        let intake = Intake { body: &message.body, request_id, subject: Some(subject) };
        intake.read(None, message.sent).map_err(|invalid| format!("not an order: {invalid}"))?
    } else {
        let read: Submission =
            serde_json::from_str(&message.body).map_err(|error| format!("not a submission: {error}"))?;
        if read.order_id != OrderId::of(&read.user_id, &read.idempotency_key) {
            return Err("not a submission: its orderId does not follow from userId and idempotencyKey".to_owned());
        }
        read
    };
    submission.traceparent = telemetry::traceparent().or(submission.traceparent);
    Ok(submission)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_sdk_sqs::types::MessageAttributeValue;
    use order_events::NewOrder;

    use super::*;

    const BODY: &str = r#"{"productId":"sku-328","qty":2}"#;

    fn message(body: &str, attributes: &[(&str, &str)]) -> Message {
        let attributes: HashMap<_, _> = attributes
            .iter()
            .map(|(name, text)| {
                let value = MessageAttributeValue::builder().data_type("String").string_value(*text).build();
                ((*name).to_owned(), value.expect("it is an attribute"))
            })
            .collect();
        let sent = jiff::Timestamp::from_second(5).expect("it is a time");
        Message { body: body.to_owned(), attributes, sent, ..Message::default() }
    }

    fn submission() -> Submission {
        let order = NewOrder::read(BODY.as_bytes()).expect("it is an order");
        let user = "user-999".parse().expect("it is a user");
        Submission::new(order, (user, "k"), ("r1".to_owned(), None), jiff::Timestamp::UNIX_EPOCH).expect("it is one")
    }

    #[test]
    fn a_body_and_its_attributes_are_an_order() {
        let message = message(BODY, &[("x-request-id", "r1"), ("sub", "user-999")]);
        let read = read(&message).expect("it is an order");
        assert_eq!((read.idempotency_key.as_str(), read.placed_at), ("r1", message.sent));
    }

    #[test]
    fn what_is_no_order_is_rejected() {
        let said = |body: &str, attributes: &[(&str, &str)]| read(&message(body, attributes)).expect_err(body);
        let by_api = [("x-request-id", "r1"), ("sub", "u")];
        assert_eq!(said(r#"{"productId":"a"}"#, &by_api), "not an order: /qty is missing");
        assert_eq!(said(BODY, &by_api[1..]), "not an order: x-request-id is missing");
        assert!(said("{}", &[]).starts_with("not a submission: missing field"));
        let mut forged = submission();
        forged.order_id = uuid::Uuid::nil().into();
        let body = serde_json::to_string(&forged).expect("it is JSON");
        assert!(said(&body, &[]).contains("does not follow from userId"));
    }

    #[test]
    fn a_submission_is_read_as_it_was_written() {
        let body = serde_json::to_string(&submission()).expect("it is JSON");
        assert_eq!(read(&message(&body, &[("x-request-id", "r1")])), Ok(submission()));
    }
}
