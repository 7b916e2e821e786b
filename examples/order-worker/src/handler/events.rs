//! Events: read, known whether they are done, and held while somebody works on them.

use std::sync::Arc;
use std::time::Duration;

use order_events::{Event, Kind, Pointer};
use order_runtime::payloads::{self, Payloads};
use order_runtime::store::Cause;
use order_runtime::telemetry;
use tokio::time::Instant;
use tracing::Span;

use crate::ledger::{Begun, Claim, Ledger};
use crate::message::Message;
use crate::outcome::{Outcome, Step, jitter};
use crate::role::Role;

/// So many times a payload may be missing: the event may have overtaken it, or the bucket be restored.
const MISSING: u32 = 3;

/// What an event asks for.
pub trait Effect: Send + Sync + 'static {
    /// Whether there is something to do for events of a kind.
    fn wants(kind: Kind) -> bool;
    /// Does it, and returns what the log says. It must be safe to repeat.
    fn apply(&self, event: &Event, cause: &Cause) -> impl Future<Output = Step<&'static str>> + Send;
}

/// Works on events.
pub struct Events<E> {
    role: Role,
    ledger: Arc<dyn Ledger>,
    payloads: Payloads,
    lease: Duration,
    effect: E,
}

impl<E: Effect> Events<E> {
    /// Works on events of a role. A hold ends before the message is seen again, so that whoever gets the message of a
    /// worker that died does not have to wait.
    pub fn new((role, effect): (Role, E), ledger: Arc<dyn Ledger>, payloads: Payloads, visibility: Duration) -> Self {
        Self { role, ledger, payloads, lease: visibility / 2, effect }
    }

    /// Returns what events ask for.
    pub fn effect(&self) -> &E {
        &self.effect
    }

    /// Works on the event of a message.
    pub async fn handle(&self, message: &Message) -> Outcome {
        match self.event(message).await {
            Ok(word) => Outcome::Done(word),
            Err(outcome) => outcome,
        }
    }

    async fn event(&self, message: &Message) -> Step<&'static str> {
        let event = self.read(message).await?;
        let span = Span::current();
        span.record("requestId", event.request_id.as_str());
        span.record("orderId", tracing::field::display(event.order_id));
        span.record("userId", event.user_id.as_str());
        if !E::wants(event.kind()) {
            tracing::warn!(eventType = event.kind().as_str(), "there is nothing to do for events of this kind");
            return Ok("Ignored");
        }
        let claim = Claim::new(format!("{}/{}", self.role, event.id), self.lease);
        match self.ledger.begin(&claim).await? {
            Begun::Fresh => {}
            Begun::Done => return Ok("AlreadyDone"),
            Begun::Busy(left) => {
                let after = left.saturating_add(jitter(Duration::from_secs(2)));
                return Err(Outcome::after("somebody else works on this event", after));
            }
        }
        let cause = Cause { request_id: event.request_id.clone(), traceparent: telemetry::traceparent() };
        match self.held(&claim, self.effect.apply(&event, &cause)).await {
            Ok(word) => {
                if !self.ledger.complete(&claim).await? {
                    tracing::warn!("the event was taken over by somebody else while it was done");
                }
                Ok(word)
            }
            Err(outcome) => {
                // Otherwise it is free when the hold runs out.
                let _ = self.ledger.release(&claim).await;
                Err(outcome)
            }
        }
    }

    async fn read(&self, message: &Message) -> Step<Event> {
        let text = match Pointer::read(&message.body) {
            None => None,
            Some(pointer) => Some(match self.payloads.get(&pointer).await {
                Ok(text) => text,
                Err(error) => return Err(unreadable(&error, message.receives)),
            }),
        };
        Event::read(text.as_deref().unwrap_or(&message.body)).map_err(|error| Outcome::Reject(error.to_string()))
    }

    /// Works, and holds the event meanwhile. If it is lost, the work is dropped.
    async fn held<T>(&self, claim: &Claim, work: impl Future<Output = Step<T>> + Send) -> Step<T> {
        let renewals = async {
            let mut held = Instant::now();
            loop {
                tokio::time::sleep(claim.lease / 3).await;
                match self.ledger.renew(claim).await {
                    Ok(true) => held = Instant::now(),
                    Ok(false) => return Outcome::later("somebody else took the event over"),
                    Err(outcome) if held.elapsed() >= claim.lease => return outcome,
                    Err(_) => {}
                }
            }
        };
        tokio::select! {
            biased;
            done = work => done,
            why = renewals => Err(why),
        }
    }
}

fn unreadable(error: &payloads::Error, receives: u32) -> Outcome {
    match error {
        payloads::Error::Missing(_) if receives < MISSING => Outcome::later(error.to_string()),
        payloads::Error::Missing(_) | payloads::Error::Changed(_) => Outcome::Reject(error.to_string()),
        payloads::Error::Bucket(_) => Outcome::outage(error.to_string()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use order_events::Change;

    use super::*;
    use crate::ledger::tests::Memory;

    pub(crate) fn event(change: Change) -> Event {
        Event {
            id: uuid::Uuid::from_u128(7),
            order_id: uuid::Uuid::from_u128(9).into(),
            user_id: "user-999".parse().expect("it is a user"),
            request_id: "r1".to_owned(),
            traceparent: None,
            created_at: jiff::Timestamp::UNIX_EPOCH,
            change,
        }
    }

    /// Counts, and fails the first so many times.
    struct Counted(AtomicU32, u32);

    impl Effect for Counted {
        fn wants(kind: Kind) -> bool {
            kind == Kind::OrderConfirmed
        }

        async fn apply(&self, _: &Event, cause: &Cause) -> Step<&'static str> {
            assert_eq!(cause.request_id, "r1");
            let before = self.0.fetch_add(1, Ordering::SeqCst);
            if before < self.1 { Err(Outcome::outage("no")) } else { Ok("Counted") }
        }
    }

    fn events(failures: u32) -> Events<Counted> {
        let config = aws_config::SdkConfig::builder().build();
        let effect = Counted(AtomicU32::new(0), failures);
        let ledger = Arc::new(Memory::default());
        Events::new((Role::Email, effect), ledger, Payloads::new(&config, "b".to_owned()), Duration::from_mins(1))
    }

    fn message(change: Change) -> Message {
        Message { body: event(change).text(), ..Message::default() }
    }

    #[tokio::test]
    async fn an_event_that_is_delivered_twice_is_done_once() {
        let events = events(0);
        let message = message(Change::OrderConfirmed);
        assert_eq!(events.handle(&message).await, Outcome::Done("Counted"));
        assert_eq!(events.handle(&message).await, Outcome::Done("AlreadyDone"));
        assert_eq!(events.effect.0.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn an_event_that_failed_can_be_begun_again_at_once() {
        let events = events(1);
        let message = message(Change::OrderConfirmed);
        assert_eq!(events.handle(&message).await, Outcome::outage("no"));
        assert_eq!(events.handle(&message).await, Outcome::Done("Counted"));
    }

    #[tokio::test]
    async fn an_event_that_somebody_else_has_comes_back() {
        let events = events(0);
        let claim = Claim::new(format!("email/{}", event(Change::OrderConfirmed).id), Duration::from_secs(30));
        assert_eq!(events.ledger.begin(&claim).await, Ok(Begun::Fresh));
        let outcome = events.handle(&message(Change::OrderConfirmed)).await;
        assert!(matches!(outcome, Outcome::Later(later) if later.after >= Some(Duration::from_secs(30))));
    }

    #[tokio::test]
    async fn what_can_never_be_read_is_rejected_with_the_reason() {
        let events = events(0);
        let mut message = message(Change::OrderConfirmed);
        message.body = message.body.replace("\"version\":1", "\"version\":9");
        let reason = "unknown version 9 of OrderConfirmed; known: 1".to_owned();
        assert_eq!(events.handle(&message).await, Outcome::Reject(reason));
        message.body = "nonsense".to_owned();
        assert!(matches!(events.handle(&message).await, Outcome::Reject(reason) if reason.starts_with("not an event")));
    }

    #[tokio::test]
    async fn an_event_of_another_kind_is_done() {
        let created = message(Change::OrderCreated { lines: Vec::new() });
        assert_eq!(events(0).handle(&created).await, Outcome::Done("Ignored"));
    }

    #[test]
    fn a_payload_may_be_late_and_not_be_changed() {
        let missing = payloads::Error::Missing("events/1".to_owned());
        assert!(matches!(unreadable(&missing, 1), Outcome::Later(later) if !later.outage));
        assert!(matches!(unreadable(&missing, 3), Outcome::Reject(_)));
        assert!(matches!(unreadable(&payloads::Error::Changed("k".to_owned()), 1), Outcome::Reject(_)));
        let bucket = payloads::Error::Bucket("no".to_owned());
        assert!(matches!(unreadable(&bucket, 5), Outcome::Later(later) if later.outage));
    }
}
