//! What happens to orders: the events, the envelope around them, their versions, and the messages in the queues.
//!
//! The order service and the worker speak to each other in these types and in nothing else. Nothing here does I/O.
//!
//! - An [`Event`] is published to the topic. Its [`Kind`] and version are also message attributes, by which the topic
//!   decides which queues get it; a consumer that knows another version refuses it, see [`Event::read`].
//! - A [`Submission`] is an order that somebody placed and that is not stored yet: it waits in the queue `intake` if nobody
//!   waits for it, or in the queue `replay` when the database is down.
//! - An [`Intake`] is what an API puts into the queue `intake` itself, without the service: the body of the request as it
//!   came.

mod event;
mod order;
mod pointer;
mod submission;

pub use event::{Change, Event, Kind, Unreadable};
pub use order::{Invalid, Line, NewOrder, OrderId, Problem, UserId};
pub use pointer::Pointer;
pub use submission::{Intake, Submission};

/// Names of message attributes, in SNS and SQS alike.
pub mod attribute {
    /// The kind of an event, as [`Kind::as_str`](crate::Kind::as_str); the topic filters by it.
    pub const EVENT_TYPE: &str = "eventType";
    /// The version of an event's format, as text.
    pub const EVENT_VERSION: &str = "eventVersion";
    /// The request that led to it; the API sets it, too.
    pub const REQUEST_ID: &str = "x-request-id";
    /// Where it belongs in a trace: <https://www.w3.org/TR/trace-context/>.
    pub const TRACEPARENT: &str = "traceparent";
    /// The user, as the API found it in the token; where an API put it into the queue itself.
    pub const SUBJECT: &str = "sub";
    /// Why a message was put into a dead-letter queue.
    pub const REASON: &str = "reason";
}

/// Most that a message with its attributes may have on the way through the topic. Unit: bytes.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html> (256 KB by default).
pub const MESSAGE_LIMIT: usize = 262_144;

/// Most that the body of an order may have, so that it fits into a queue with its envelope. Unit: bytes.
///
/// A message in SQS has at most 1 MiB: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>.
pub const BODY_LIMIT: usize = 900 * 1024;
