//! Writes to the customer.

use order_events::{Change, Event, Kind};
use order_runtime::store::Cause;

use super::Effect;
use crate::outcome::Step;
use crate::provider::{Mail, Mailer};

/// Tells customers what became of their orders.
pub struct Email<M> {
    mailer: M,
}

impl<M: Mailer> Email<M> {
    /// Sends with a provider.
    pub fn new(mailer: M) -> Self {
        Self { mailer }
    }
}

/// The mail that an event asks for.
fn mail(event: &Event) -> Option<Mail> {
    let (template, reason) = match &event.change {
        Change::OrderConfirmed => ("order-confirmed", None),
        Change::OrderCancelled { reason } => ("order-cancelled", Some(reason.clone())),
        Change::OrderCreated { .. } | Change::PaymentRetryRequested { .. } => return None,
    };
    let (user_id, order_id) = (event.user_id.clone(), event.order_id);
    Some(Mail { key: event.id.to_string(), user_id, order_id, template, reason })
}

impl<M: Mailer> Effect for Email<M> {
    fn wants(kind: Kind) -> bool {
        match kind {
            Kind::OrderConfirmed | Kind::OrderCancelled => true,
            Kind::OrderCreated | Kind::PaymentRetryRequested => false,
        }
    }

    async fn apply(&self, event: &Event, cause: &Cause) -> Step<&'static str> {
        let Some(mail) = mail(event) else { return Ok("Ignored") };
        self.mailer.send(&mail, &cause.request_id).await?;
        Ok("MailSent")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::events::tests::event;

    #[test]
    fn an_event_is_a_mail_if_it_is_wanted() {
        let all = [
            Change::OrderCreated { lines: Vec::new() },
            Change::PaymentRetryRequested { attempt: 2, lines: Vec::new() },
            Change::OrderConfirmed,
            Change::OrderCancelled { reason: "out-of-stock".to_owned() },
        ];
        for change in all {
            let event = event(change);
            assert_eq!(mail(&event).is_some(), Email::<crate::provider::Provider>::wants(event.kind()));
        }
        let cancelled = mail(&event(Change::OrderCancelled { reason: "out-of-stock".to_owned() })).expect("it is one");
        assert_eq!((cancelled.template, cancelled.reason.as_deref()), ("order-cancelled", Some("out-of-stock")));
        assert_eq!(cancelled.key, uuid::Uuid::from_u128(7).to_string());
    }
}
