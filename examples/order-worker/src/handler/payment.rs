//! Charges, and gives back what a cancelled order was charged.

use std::sync::Arc;

use order_events::{Change, Event, Kind, OrderId};
use order_runtime::store::{Captured, Cause, Due};

use super::Effect;
use crate::database::Database;
use crate::outcome::{Outcome, Step};
use crate::provider::{Charge, Charged, Payments};

/// Most steps of one event: a charge, its refund, and the look that finds nothing left.
const MOST_STEPS: u32 = 4;

/// What is known of payments.
pub trait Records: Send + Sync + 'static {
    /// Says what is to be done now.
    fn due(&self, id: OrderId, attempt: Option<u32>) -> impl Future<Output = Step<Due>> + Send;
    /// Stores that it was charged.
    fn captured(&self, id: OrderId, charge_id: &str, cause: &Cause) -> impl Future<Output = Step<Captured>> + Send;
    /// Stores that it was refused: in which attempt, whether it may be tried again, and why.
    fn declined(
        &self,
        id: OrderId,
        attempt: (u32, bool),
        reason: &str,
        cause: &Cause,
    ) -> impl Future<Output = Step<()>> + Send;
    /// Stores that it was given back.
    fn refunded(&self, id: OrderId) -> impl Future<Output = Step<()>> + Send;
}

impl Records for Arc<Database> {
    async fn due(&self, id: OrderId, attempt: Option<u32>) -> Step<Due> {
        self.ask(|| self.store().payment_due(id, attempt)).await
    }

    async fn captured(&self, id: OrderId, charge_id: &str, cause: &Cause) -> Step<Captured> {
        self.ask(|| self.store().payment_captured(id, charge_id, cause)).await
    }

    async fn declined(&self, id: OrderId, attempt: (u32, bool), reason: &str, cause: &Cause) -> Step<()> {
        self.ask(|| self.store().payment_declined(id, attempt, reason, cause)).await
    }

    async fn refunded(&self, id: OrderId) -> Step<()> {
        self.ask(|| self.store().payment_refunded(id)).await
    }
}

/// The payments of orders.
pub struct Payment<R, P> {
    records: R,
    provider: P,
}

impl<R: Records, P: Payments> Payment<R, P> {
    /// With these records, at this provider.
    pub fn new(records: R, provider: P) -> Self {
        Self { records, provider }
    }

    /// Does what is due until nothing is. Each step is asked for with a key of its own and stored before the next one, so
    /// that it can be begun again anywhere.
    async fn settle(&self, id: OrderId, attempt: Option<u32>, cause: &Cause) -> Step<&'static str> {
        let mut word = "NothingDue";
        for _ in 0..MOST_STEPS {
            match self.records.due(id, attempt).await? {
                Due::Charge { attempt, user_id, lines } => {
                    let charge = Charge { order_id: id, user_id, attempt, lines };
                    match self.provider.charge(&charge, &cause.request_id).await? {
                        Charged::Captured { charge_id } => {
                            word = "PaymentCaptured";
                            match self.records.captured(id, &charge_id, cause).await? {
                                Captured::Kept => return Ok(word),
                                Captured::ToRefund => tracing::info!("the order was cancelled while it was charged"),
                            }
                        }
                        Charged::Declined { code, again } => {
                            tracing::info!(code = code.as_str(), again, attempt, "the provider declined");
                            self.records.declined(id, (attempt, again), &code, cause).await?;
                            return Ok("PaymentDeclined");
                        }
                    }
                }
                Due::Refund { charge_id } => {
                    self.provider.refund(id, &charge_id, &cause.request_id).await?;
                    self.records.refunded(id).await?;
                    return Ok("PaymentRefunded");
                }
                Due::Nothing => return Ok(word),
            }
        }
        Err(Outcome::later("internal error: a payment does not come to an end"))
    }
}

impl<R: Records, P: Payments> Effect for Payment<R, P> {
    fn wants(kind: Kind) -> bool {
        match kind {
            Kind::OrderCreated | Kind::PaymentRetryRequested | Kind::OrderCancelled => true,
            Kind::OrderConfirmed => false,
        }
    }

    async fn apply(&self, event: &Event, cause: &Cause) -> Step<&'static str> {
        let attempt = match event.change {
            Change::OrderCreated { .. } => Some(1),
            Change::PaymentRetryRequested { attempt, .. } => Some(attempt),
            Change::OrderCancelled { .. } => None,
            Change::OrderConfirmed => return Ok("Ignored"),
        };
        self.settle(event.order_id, attempt, cause).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Says what is due, one after the other, and notes what it is told.
    #[derive(Default)]
    struct Noted {
        due: Mutex<Vec<Due>>,
        to_refund: bool,
        said: Arc<Mutex<Vec<String>>>,
    }

    impl Noted {
        fn note(&self, text: String) {
            self.said.lock().expect("nobody panics").push(text);
        }
    }

    impl Records for Noted {
        async fn due(&self, _: OrderId, attempt: Option<u32>) -> Step<Due> {
            let mut due = self.due.lock().expect("nobody panics");
            self.note(format!("due {attempt:?}"));
            Ok(if due.is_empty() { Due::Nothing } else { due.remove(0) })
        }

        async fn captured(&self, _: OrderId, charge_id: &str, _: &Cause) -> Step<Captured> {
            self.note(format!("captured {charge_id}"));
            Ok(if self.to_refund { Captured::ToRefund } else { Captured::Kept })
        }

        async fn declined(&self, _: OrderId, attempt: (u32, bool), reason: &str, _: &Cause) -> Step<()> {
            self.note(format!("declined {attempt:?} {reason}"));
            Ok(())
        }

        async fn refunded(&self, _: OrderId) -> Step<()> {
            self.note("refunded".to_owned());
            Ok(())
        }
    }

    struct Till(Step<Charged>, Arc<Mutex<Vec<String>>>);

    impl Payments for Till {
        async fn charge(&self, charge: &Charge, _: &str) -> Step<Charged> {
            self.1.lock().expect("nobody panics").push(format!("charge {}", charge.attempt));
            self.0.clone()
        }

        async fn refund(&self, _: OrderId, charge_id: &str, _: &str) -> Step<()> {
            self.1.lock().expect("nobody panics").push(format!("refund {charge_id}"));
            Ok(())
        }
    }

    fn charge(attempt: u32) -> Due {
        Due::Charge { attempt, user_id: "u".parse().expect("it is a user"), lines: Vec::new() }
    }

    fn captured() -> Charged {
        Charged::Captured { charge_id: "ch_1".to_owned() }
    }

    async fn settled(records: Noted, charged: Step<Charged>, attempt: Option<u32>) -> (Step<&'static str>, String) {
        let said = records.said.clone();
        let payment = Payment::new(records, Till(charged, said.clone()));
        let cause = Cause { request_id: "r1".to_owned(), traceparent: None };
        let word = payment.settle(uuid::Uuid::nil().into(), attempt, &cause).await;
        let said = said.lock().expect("nobody panics").join("; ");
        (word, said)
    }

    #[tokio::test]
    async fn a_charge_is_stored() {
        let records = Noted { due: vec![charge(1)].into(), ..Noted::default() };
        let (word, said) = settled(records, Ok(captured()), Some(1)).await;
        assert_eq!(word, Ok("PaymentCaptured"));
        assert_eq!(said, "due Some(1); charge 1; captured ch_1");
    }

    #[tokio::test]
    async fn an_order_that_was_cancelled_meanwhile_is_given_back() {
        let refund = Due::Refund { charge_id: "ch_1".to_owned() };
        let records = Noted { due: vec![charge(1), refund].into(), to_refund: true, ..Noted::default() };
        let (word, said) = settled(records, Ok(captured()), Some(1)).await;
        assert_eq!(word, Ok("PaymentRefunded"));
        assert_eq!(said, "due Some(1); charge 1; captured ch_1; due Some(1); refund ch_1; refunded");
    }

    #[tokio::test]
    async fn a_refusal_is_stored_with_the_attempt() {
        let records = Noted { due: vec![charge(2)].into(), ..Noted::default() };
        let declined = Ok(Charged::Declined { code: "card-declined".to_owned(), again: true });
        let (word, said) = settled(records, declined, Some(2)).await;
        assert_eq!(word, Ok("PaymentDeclined"));
        assert_eq!(said, "due Some(2); charge 2; declined (2, true) card-declined");
    }

    #[tokio::test]
    async fn without_an_answer_nothing_is_stored() {
        let records = Noted { due: vec![charge(1)].into(), ..Noted::default() };
        let (word, said) = settled(records, Err(Outcome::outage("no")), Some(1)).await;
        assert_eq!(word, Err(Outcome::outage("no")));
        assert_eq!(said, "due Some(1); charge 1");
    }

    #[tokio::test]
    async fn a_cancelled_order_without_a_charge_needs_nothing() {
        let (word, said) = settled(Noted::default(), Ok(captured()), None).await;
        assert_eq!((word, said.as_str()), (Ok("NothingDue"), "due None"));
    }
}
