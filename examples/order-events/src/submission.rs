//! Orders that wait in queues to be stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::order::{Invalid, Line, NewOrder, OrderId, UserId, check_key};

/// An order that somebody placed: what it takes to store it, now or when the database is back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Submission {
    /// The id, which follows from user and key.
    pub order_id: OrderId,
    /// Who placed it.
    pub user_id: UserId,
    /// The key under which it was placed.
    pub idempotency_key: String,
    /// What is ordered.
    pub lines: Vec<Line>,
    /// The request that placed it.
    pub request_id: String,
    /// Where it belongs in a trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// When it was placed.
    pub placed_at: Timestamp,
}

impl Submission {
    /// Makes one from what was asked for.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the key.
    pub fn new(
        order: NewOrder,
        (user_id, key): (UserId, &str),
        (request_id, traceparent): (String, Option<String>),
        placed_at: Timestamp,
    ) -> Result<Self, Invalid> {
        check_key(key)?;
        Ok(Self {
            order_id: OrderId::of(&user_id, key),
            user_id,
            idempotency_key: key.to_owned(),
            lines: order.lines,
            request_id,
            traceparent,
            placed_at,
        })
    }

    /// Returns a digest of what is ordered.
    pub fn fingerprint(&self) -> [u8; 32] {
        NewOrder { lines: self.lines.clone(), idempotency_key: None }.fingerprint()
    }
}

/// What an API put into the queue `intake` itself: the body as it came, and what it knows of the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intake<'a> {
    /// The body of the request.
    pub body: &'a str,
    /// The attribute `x-request-id`: the API's own id of the request.
    pub request_id: Option<&'a str>,
    /// The attribute `sub`: the claim of the validated token.
    pub subject: Option<&'a str>,
}

impl Intake<'_> {
    /// Reads it. Without an idempotency key in the body, the request is the key: a message that is delivered twice is
    /// one order, and a second request another.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn read(&self, traceparent: Option<String>, placed_at: Timestamp) -> Result<Submission, Invalid> {
        let request_id = self.request_id.filter(|id| !id.is_empty());
        let request_id = request_id.ok_or_else(|| Invalid::one("x-request-id", "is missing"))?;
        let user = self.subject.ok_or_else(|| Invalid::one("sub", "is missing"))?.parse()?;
        let order = NewOrder::read(self.body.as_bytes())?;
        let key = order.idempotency_key.clone().unwrap_or_else(|| request_id.to_owned());
        Submission::new(order, (user, &key), (request_id.to_owned(), traceparent), placed_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"productId":"sku-328","qty":2}"#;

    #[test]
    fn a_request_without_a_key_is_its_own_key() {
        let intake = Intake { body: BODY, request_id: Some("r1="), subject: Some("user-999") };
        let one = intake.read(None, Timestamp::UNIX_EPOCH).expect("it can be read");
        let again = intake.read(None, Timestamp::MAX).expect("it can be read");
        let other = Intake { request_id: Some("r2="), ..intake }.read(None, Timestamp::MAX).expect("it can be read");
        assert_eq!((one.order_id, one.idempotency_key.as_str()), (again.order_id, "r1="));
        assert_ne!(one.order_id, other.order_id);
        let text = serde_json::to_string(&one).expect("it is JSON");
        assert_eq!(serde_json::from_str::<Submission>(&text).expect("it can be read"), one);
    }

    #[test]
    fn what_the_api_must_have_set_is_asked_for() {
        let intake = Intake { body: BODY, request_id: None, subject: Some("u") };
        let said = intake.read(None, Timestamp::MAX).expect_err("no request").to_string();
        assert_eq!(said, "x-request-id is missing");
        let intake = Intake { body: BODY, request_id: Some("r"), subject: None };
        assert_eq!(intake.read(None, Timestamp::MAX).expect_err("no user").to_string(), "sub is missing");
    }
}
