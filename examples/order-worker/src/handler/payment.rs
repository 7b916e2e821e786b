//! Charges, and gives back what a cancelled order was charged.

use std::sync::Arc;
use std::time::Duration;

use order_events::{Change, Event, Kind, OrderId};
use order_runtime::store::{Captured, Cause, Due, Unsettled};

use tracing::Instrument as _;
use tracing::field::Empty;

use super::Effect;
use crate::database::Database;
use crate::outcome::{Outcome, Step, jitter};
use crate::provider::{Charge, Charged, Payments};

/// Most steps of one event: a charge, its refund, and the look that finds nothing left.
const MOST_STEPS: u32 = 4;
/// Money is looked for that has not moved for so many times the pause between two looks.
const FORGOTTEN: u32 = 2;
/// After so many pauses since the provider was last asked, a charge that it does not know will never be made.
const NEVER: u32 = 20;

/// How long things take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pauses {
    /// Between the attempts of a payment that the provider declines for now: the first one, and each next one is longer.
    pub retry: Duration,
    /// Between two looks for money that is not where it should be.
    pub look: Duration,
}

/// What is known of payments.
pub trait Records: Send + Sync + 'static {
    /// Says what is to be done now.
    fn due(&self, id: OrderId, attempt: Option<u32>) -> impl Future<Output = Step<Due>> + Send;
    /// Stores that it was charged.
    fn captured(&self, id: OrderId, charge_id: &str, cause: &Cause) -> impl Future<Output = Step<Captured>> + Send;
    /// Stores that the provider knows of no charge, and last was asked before this time. Returns whether that settles it.
    fn missing(&self, id: OrderId, attempt: u32, since: Duration) -> impl Future<Output = Step<bool>> + Send;
    /// Returns orders whose money has not moved for so long and should.
    fn unsettled(&self, since: Duration) -> impl Future<Output = Step<Vec<Unsettled>>> + Send;
    /// Stores that it was refused: in which attempt, whether it may be tried again and after how long, and why.
    fn declined(
        &self,
        id: OrderId,
        attempt: (u32, bool, Duration),
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

    async fn missing(&self, id: OrderId, attempt: u32, since: Duration) -> Step<bool> {
        self.ask(|| self.store().payment_missing(id, attempt, since)).await
    }

    async fn unsettled(&self, since: Duration) -> Step<Vec<Unsettled>> {
        // Before it has answered, there may be no tables.
        if !self.answers().await {
            return Ok(Vec::new());
        }
        self.ask(|| self.store().unsettled(since)).await
    }

    async fn declined(&self, id: OrderId, attempt: (u32, bool, Duration), reason: &str, cause: &Cause) -> Step<()> {
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
    pauses: Pauses,
}

impl<R: Records, P: Payments> Payment<R, P> {
    /// With these records, at this provider.
    pub fn new(records: R, provider: P, pauses: Pauses) -> Self {
        Self { records, provider, pauses }
    }

    /// Does what is due until nothing is. Each step is asked for with a key of its own and stored before the next one, so
    /// that it can be begun again anywhere.
    async fn settle(&self, id: OrderId, attempt: Option<u32>, cause: &Cause) -> Step<&'static str> {
        let mut word = "NothingDue";
        for _ in 0..MOST_STEPS {
            let charge_id = match self.records.due(id, attempt).await? {
                Due::Charge { attempt, user_id, lines, asked } => {
                    let charge = Charge { order_id: id, user_id, attempt, lines };
                    match self.charged(&charge, asked, cause).await? {
                        Charged::Captured { charge_id } => charge_id,
                        Charged::Declined { code, again } => {
                            tracing::info!(code = code.as_str(), again, attempt, "the provider declined");
                            let attempt = (attempt, again, self.pauses.retry);
                            self.records.declined(id, attempt, &code, cause).await?;
                            return Ok("PaymentDeclined");
                        }
                    }
                }
                Due::Look { attempt } => {
                    let Some(charge_id) = self.provider.look(id, &cause.request_id).await? else {
                        let never = self.pauses.look.saturating_mul(NEVER);
                        let settled = self.records.missing(id, attempt, never).await?;
                        return Ok(if settled { "NothingCharged" } else { "PaymentOpen" });
                    };
                    charge_id
                }
                Due::Refund { charge_id } => {
                    self.provider.refund(id, &charge_id, &cause.request_id).await?;
                    self.records.refunded(id).await?;
                    return Ok("PaymentRefunded");
                }
                Due::Later(left) => return Err(Outcome::after("the provider wants to be asked later", left)),
                Due::Nothing => return Ok(word),
            };
            word = "PaymentCaptured";
            match self.records.captured(id, &charge_id, cause).await? {
                Captured::Kept => return Ok(word),
                Captured::ToRefund => tracing::info!("the order was cancelled while it was charged"),
            }
        }
        Err(Outcome::later("internal error: a payment does not come to an end"))
    }

    /// Charges, unless it turns out to be done.
    async fn charged(&self, charge: &Charge, asked: bool, cause: &Cause) -> Step<Charged> {
        if asked && let Some(charge_id) = self.provider.look(charge.order_id, &cause.request_id).await? {
            return Ok(Charged::Captured { charge_id });
        }
        self.provider.charge(charge, &cause.request_id).await
    }

    /// Looks for money that is not where it should be, whatever became of the messages about it: what was charged and is
    /// not known to be, and what was charged for an order that is cancelled.
    async fn reconcile(&self) -> Step<()> {
        let since = self.pauses.look.saturating_mul(FORGOTTEN);
        for Unsettled { order_id, request_id } in self.records.unsettled(since).await? {
            let span = tracing::info_span!("reconcile", requestId = request_id, traceId = Empty, orderId = %order_id);
            let cause = Cause { request_id, traceparent: None };
            let settled = self.settle(order_id, None, &cause).instrument(span.clone()).await;
            let _in = span.enter();
            match settled {
                Ok(word) => tracing::info!("{word}"),
                Err(Outcome::Later(later)) => {
                    tracing::warn!(reason = later.why.as_str(), "the money of an order could not be looked for");
                    if later.outage {
                        break;
                    }
                }
                Err(Outcome::Done(_) | Outcome::Reject(_)) => {}
            }
        }
        Ok(())
    }

    /// Looks for money again and again.
    pub async fn watch(&self) {
        loop {
            tokio::time::sleep(jitter(self.pauses.look)).await;
            if let Err(Outcome::Later(later)) = self.reconcile().await {
                tracing::warn!(reason = later.why.as_str(), "nobody knows which orders are not settled");
            }
        }
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
        settled: bool,
        said: Arc<Mutex<Vec<String>>>,
    }

    impl Noted {
        fn note(&self, text: String) {
            self.said.lock().expect("nobody panics").push(text);
        }
    }

    const PAUSES: Pauses = Pauses { retry: Duration::from_secs(30), look: Duration::from_secs(30) };

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

        async fn missing(&self, _: OrderId, attempt: u32, since: Duration) -> Step<bool> {
            self.note(format!("missing {attempt} for {since:?}"));
            Ok(self.settled)
        }

        async fn unsettled(&self, since: Duration) -> Step<Vec<Unsettled>> {
            self.note(format!("unsettled for {since:?}"));
            let one = Unsettled { order_id: uuid::Uuid::nil().into(), request_id: "r1".to_owned() };
            Ok(vec![one.clone(), one])
        }

        async fn declined(
            &self,
            _: OrderId,
            (attempt, again, pause): (u32, bool, Duration),
            reason: &str,
            _: &Cause,
        ) -> Step<()> {
            self.note(format!("declined {attempt} {again} {pause:?} {reason}"));
            Ok(())
        }

        async fn refunded(&self, _: OrderId) -> Step<()> {
            self.note("refunded".to_owned());
            Ok(())
        }
    }

    /// Answers so when it is asked to charge and when it is looked at.
    struct Till(Step<Charged>, Step<Option<String>>, Arc<Mutex<Vec<String>>>);

    impl Payments for Till {
        async fn look(&self, _: OrderId, _: &str) -> Step<Option<String>> {
            self.2.lock().expect("nobody panics").push("look".to_owned());
            self.1.clone()
        }

        async fn charge(&self, charge: &Charge, _: &str) -> Step<Charged> {
            self.2.lock().expect("nobody panics").push(format!("charge {}", charge.attempt));
            self.0.clone()
        }

        async fn refund(&self, _: OrderId, charge_id: &str, _: &str) -> Step<()> {
            self.2.lock().expect("nobody panics").push(format!("refund {charge_id}"));
            Ok(())
        }
    }

    fn charge(attempt: u32) -> Due {
        Due::Charge { attempt, user_id: "u".parse().expect("it is a user"), lines: Vec::new(), asked: false }
    }

    fn again(attempt: u32) -> Due {
        Due::Charge { attempt, user_id: "u".parse().expect("it is a user"), lines: Vec::new(), asked: true }
    }

    fn captured() -> Charged {
        Charged::Captured { charge_id: "ch_1".to_owned() }
    }

    async fn settled(records: Noted, charged: Step<Charged>, attempt: Option<u32>) -> (Step<&'static str>, String) {
        looked(records, (charged, Ok(None)), attempt).await
    }

    async fn looked(
        records: Noted,
        (charged, found): (Step<Charged>, Step<Option<String>>),
        attempt: Option<u32>,
    ) -> (Step<&'static str>, String) {
        let said = records.said.clone();
        let payment = Payment::new(records, Till(charged, found, said.clone()), PAUSES);
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
        assert_eq!(said, "due Some(2); charge 2; declined 2 true 30s card-declined");
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

    #[tokio::test]
    async fn what_was_asked_before_is_looked_up_and_asked_again_only_if_it_is_not_there() {
        let found = (Ok(captured()), Ok(Some("ch_9".to_owned())));
        let (word, said) = looked(Noted { due: vec![again(1)].into(), ..Noted::default() }, found, Some(1)).await;
        assert_eq!((word, said.as_str()), (Ok("PaymentCaptured"), "due Some(1); look; captured ch_9"));
        let (word, said) =
            settled(Noted { due: vec![again(1)].into(), ..Noted::default() }, Ok(captured()), Some(1)).await;
        assert_eq!((word, said.as_str()), (Ok("PaymentCaptured"), "due Some(1); look; charge 1; captured ch_1"));
        let silent = (Ok(captured()), Err(Outcome::outage("no")));
        let (word, said) = looked(Noted { due: vec![again(1)].into(), ..Noted::default() }, silent, Some(1)).await;
        assert_eq!((word, said.as_str()), (Err(Outcome::outage("no")), "due Some(1); look"), "it is not asked blindly");
    }

    #[tokio::test]
    async fn a_cancelled_order_is_never_charged_and_what_was_charged_is_given_back() {
        let refund = Due::Refund { charge_id: "ch_9".to_owned() };
        let due = vec![Due::Look { attempt: 2 }, refund];
        let records = Noted { due: due.into(), to_refund: true, ..Noted::default() };
        let (word, said) = looked(records, (Ok(captured()), Ok(Some("ch_9".to_owned()))), None).await;
        assert_eq!(word, Ok("PaymentRefunded"));
        assert_eq!(said, "due None; look; captured ch_9; due None; refund ch_9; refunded");
        for (settles, word) in [(false, "PaymentOpen"), (true, "NothingCharged")] {
            let records = Noted { due: vec![Due::Look { attempt: 2 }].into(), settled: settles, ..Noted::default() };
            let (said_word, said) = settled(records, Ok(captured()), None).await;
            assert_eq!((said_word, said.as_str()), (Ok(word), "due None; look; missing 2 for 600s"));
        }
    }

    #[tokio::test]
    async fn a_payment_that_was_declined_for_now_is_not_tried_before_its_time() {
        let left = Duration::from_secs(29);
        let records = Noted { due: vec![Due::Later(left)].into(), ..Noted::default() };
        let (word, said) = settled(records, Ok(captured()), Some(2)).await;
        assert_eq!(word, Err(Outcome::after("the provider wants to be asked later", left)));
        assert_eq!(said, "due Some(2)");
    }

    #[tokio::test]
    async fn money_is_looked_for_order_by_order_until_the_provider_is_silent() {
        let due = || vec![Due::Look { attempt: 1 }, Due::Look { attempt: 1 }];
        let records = Noted { due: due().into(), ..Noted::default() };
        let said = records.said.clone();
        let payment = Payment::new(records, Till(Ok(captured()), Ok(None), said.clone()), PAUSES);
        assert_eq!(payment.reconcile().await, Ok(()));
        let each = "due None; look; missing 1 for 600s";
        assert_eq!(said.lock().expect("nobody panics").join("; "), format!("unsettled for 60s; {each}; {each}"));
        let records = Noted { due: due().into(), ..Noted::default() };
        let said = records.said.clone();
        let payment = Payment::new(records, Till(Ok(captured()), Err(Outcome::outage("no")), said.clone()), PAUSES);
        assert_eq!(payment.reconcile().await, Ok(()));
        assert_eq!(said.lock().expect("nobody panics").join("; "), "unsettled for 60s; due None; look");
    }
}
