//! Events, and the envelope around them.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::order::{Line, OrderId, UserId};

/// Something that happened to an order.
///
/// As text it is the seed's event (`eventType`, `orderId`, `userId`, `payload`, `createdAt`) with what it takes to
/// know it again and to follow it: `eventId`, `version`, `requestId`, `traceparent`.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Of this event; two messages with the same id are the same event, delivered twice.
    pub id: Uuid,
    /// Whose order.
    pub order_id: OrderId,
    /// Who placed the order.
    pub user_id: UserId,
    /// The request that led to it.
    pub request_id: String,
    /// Where it belongs in a trace.
    pub traceparent: Option<String>,
    /// When it happened.
    pub created_at: Timestamp,
    /// What happened.
    pub change: Change,
}

/// What can happen to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was placed.
    OrderCreated {
        /// What is ordered.
        lines: Vec<Line>,
    },
    /// The provider asked to try the payment again later.
    PaymentRetryRequested {
        /// Which attempt comes next. From 2.
        attempt: u32,
        /// What is ordered.
        lines: Vec<Line>,
    },
    /// It is paid and its goods are reserved.
    OrderConfirmed,
    /// It will not be delivered; what was done for it is undone.
    OrderCancelled {
        /// Why, as `out-of-stock` or `card-declined`.
        reason: String,
    },
}

/// The kind of an event: the attribute `eventType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An order was placed.
    OrderCreated,
    /// A payment is to be tried again.
    PaymentRetryRequested,
    /// An order is paid and reserved.
    OrderConfirmed,
    /// An order will not be delivered.
    OrderCancelled,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] =
        [Self::OrderCreated, Self::PaymentRetryRequested, Self::OrderConfirmed, Self::OrderCancelled];

    /// Returns the name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrderCreated => "OrderCreated",
            Self::PaymentRetryRequested => "PaymentRetryRequested",
            Self::OrderConfirmed => "OrderConfirmed",
            Self::OrderCancelled => "OrderCancelled",
        }
    }

    /// Returns the version of its format. It grows when an old consumer would misunderstand a new event; fields that
    /// may be ignored are added without.
    pub fn version(self) -> u32 {
        match self {
            Self::OrderCreated | Self::PaymentRetryRequested | Self::OrderConfirmed | Self::OrderCancelled => 1,
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Change {
    /// Returns the kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::OrderCreated { .. } => Kind::OrderCreated,
            Self::PaymentRetryRequested { .. } => Kind::PaymentRetryRequested,
            Self::OrderConfirmed => Kind::OrderConfirmed,
            Self::OrderCancelled { .. } => Kind::OrderCancelled,
        }
    }
}

/// Why a message is no event that we can act on. Receiving it again would change nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is no envelope.
    #[error("not an event: {0}")]
    NoEvent(String),
    /// Its kind is none of ours.
    #[error("unknown event type `{0}`")]
    Kind(String),
    /// Its version is none that we know.
    #[error("unknown version {version} of {kind}; known: {known}", known = .kind.version())]
    Version {
        /// What it is.
        kind: Kind,
        /// In which version.
        version: u32,
    },
    /// What should be in it is not.
    #[error("unreadable payload of {kind}: {why}")]
    Payload {
        /// What it is.
        kind: Kind,
        /// What is wrong.
        why: String,
    },
}

/// The text of an event. Fields that are not known are ignored: they came later.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    event_id: Uuid,
    order_id: OrderId,
    user_id: UserId,
    request_id: String,
    #[serde(default)]
    traceparent: Option<String>,
    created_at: Timestamp,
    payload: Value,
}

/// What is first looked at: a version that is not known may have any other fields.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    event_type: String,
    version: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    lines: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Retry {
    attempt: u32,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cancelled {
    reason: String,
}

impl Event {
    /// Returns the kind.
    pub fn kind(&self) -> Kind {
        self.change.kind()
    }

    /// Returns the text that is published.
    pub fn text(&self) -> String {
        let payload = match &self.change {
            Change::OrderCreated { lines } => serde_json::json!({ "lines": lines }),
            Change::PaymentRetryRequested { attempt, lines } => {
                serde_json::json!({ "attempt": attempt, "lines": lines })
            }
            Change::OrderConfirmed => serde_json::json!({}),
            Change::OrderCancelled { reason } => serde_json::json!({ "reason": reason }),
        };
        let kind = self.kind();
        let envelope = serde_json::json!({
            "eventId": self.id,
            "eventType": kind.as_str(),
            "version": kind.version(),
            "orderId": self.order_id,
            "userId": self.user_id,
            "requestId": self.request_id,
            "traceparent": self.traceparent,
            "createdAt": self.created_at,
            "payload": payload,
        });
        envelope.to_string()
    }

    /// Reads a text.
    ///
    /// # Errors
    ///
    /// Says why it can never be read.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let no_event = |error: serde_json::Error| Unreadable::NoEvent(error.to_string());
        let head: Head = serde_json::from_str(text).map_err(no_event)?;
        let kind = Kind::named(&head.event_type).ok_or(Unreadable::Kind(head.event_type))?;
        if head.version != kind.version() {
            return Err(Unreadable::Version { kind, version: head.version });
        }
        let all: Envelope = serde_json::from_str(text).map_err(no_event)?;
        Ok(Self {
            id: all.event_id,
            order_id: all.order_id,
            user_id: all.user_id,
            request_id: all.request_id,
            traceparent: all.traceparent,
            created_at: all.created_at,
            change: change(kind, all.payload).map_err(|error| Unreadable::Payload { kind, why: error.to_string() })?,
        })
    }
}

fn change(kind: Kind, payload: Value) -> Result<Change, serde_json::Error> {
    Ok(match kind {
        Kind::OrderCreated => {
            let Created { lines } = serde_json::from_value(payload)?;
            Change::OrderCreated { lines }
        }
        Kind::PaymentRetryRequested => {
            let Retry { attempt, lines } = serde_json::from_value(payload)?;
            Change::PaymentRetryRequested { attempt, lines }
        }
        Kind::OrderConfirmed => Change::OrderConfirmed,
        Kind::OrderCancelled => {
            let Cancelled { reason } = serde_json::from_value(payload)?;
            Change::OrderCancelled { reason }
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(change: Change) -> Event {
        Event {
            id: Uuid::from_u128(7),
            order_id: Uuid::from_u128(9).into(),
            user_id: "user-999".parse().expect("it is a user"),
            request_id: "d4e8c9f6-1234-4baf-8b3b-3fb7c11a8b2a".to_owned(),
            traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
            created_at: "2025-12-06T14:00:00Z".parse().expect("it is a time"),
            change,
        }
    }

    fn lines() -> Vec<Line> {
        vec![Line { product_id: "sku-328".to_owned(), qty: 2 }]
    }

    /// The format is a promise to consumers of other versions: a change of these texts is a new version.
    #[test]
    fn the_texts_are_these() {
        let all = [
            Change::OrderCreated { lines: lines() },
            Change::PaymentRetryRequested { attempt: 2, lines: lines() },
            Change::OrderConfirmed,
            Change::OrderCancelled { reason: "out-of-stock".to_owned() },
        ];
        let texts: Vec<String> = all.into_iter().map(|change| event(change).text()).collect();
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn what_is_not_known_is_refused_with_the_reason() {
        let text = event(Change::OrderConfirmed).text();
        let said = |from: &str, to: &str| Event::read(&text.replace(from, to)).expect_err(to).to_string();
        assert_eq!(said("\"version\":1", "\"version\":9"), "unknown version 9 of OrderConfirmed; known: 1");
        assert_eq!(said("OrderConfirmed", "OrderEaten"), "unknown event type `OrderEaten`");
        assert!(said("eventId", "id").starts_with("not an event: missing field `eventId`"));
        assert!(Event::read("nonsense").expect_err("no JSON").to_string().starts_with("not an event: "));
        let text = event(Change::OrderCancelled { reason: String::new() }).text();
        let said = Event::read(&text.replace("reason", "why")).expect_err("no reason").to_string();
        assert_eq!(said, "unreadable payload of OrderCancelled: missing field `reason`");
    }

    #[test]
    fn what_came_later_is_ignored() {
        let text = event(Change::OrderConfirmed).text().replace("\"eventId\"", "\"colour\":\"red\",\"eventId\"");
        assert_eq!(Event::read(&text), Ok(event(Change::OrderConfirmed)));
    }

    fn changes() -> impl Strategy<Value = Change> {
        let line = ("[a-z0-9.-]{1,20}", 1_u32..1_000).prop_map(|(product_id, qty)| Line { product_id, qty });
        let lines = prop::collection::vec(line, 1..20);
        prop_oneof![
            lines.clone().prop_map(|lines| Change::OrderCreated { lines }),
            (2_u32..9, lines).prop_map(|(attempt, lines)| Change::PaymentRetryRequested { attempt, lines }),
            Just(Change::OrderConfirmed),
            ".*".prop_map(|reason| Change::OrderCancelled { reason }),
        ]
    }

    proptest! {
        #[test]
        fn an_event_is_read_as_it_was_written(change in changes(), request in ".*", seconds in 0_i64..4_000_000_000) {
            let event = Event {
                request_id: request,
                created_at: Timestamp::from_second(seconds).expect("it is a time"),
                ..event(change)
            };
            prop_assert_eq!(Event::read(&event.text()), Ok(event));
        }

        #[test]
        fn no_text_breaks_the_reader(text in ".*") {
            prop_assert!(Event::read(&text).is_err());
        }
    }
}
