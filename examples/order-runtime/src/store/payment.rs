//! The payment of an order.
//!
//! The provider is another system, so that no transaction spans both. Before it is asked, `CHARGING` is stored; after a
//! crash the same question with the same key tells what became of it, also when the order was cancelled meanwhile.

use order_events::{Change, Line, OrderId, UserId};
use sqlx::PgConnection;

use super::{Cause, Error, Locked, Store};

/// Most attempts of a payment that the provider wants to be tried again.
const MOST_ATTEMPTS: u32 = 3;

/// What is to be done about a payment now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Ask the provider to charge. It is stored that it will be asked.
    Charge {
        /// Which attempt; with the order it is the provider's idempotency key. From 1.
        attempt: u32,
        /// Who pays.
        user_id: UserId,
        /// What for.
        lines: Vec<Line>,
    },
    /// Give back what was charged.
    Refund {
        /// The provider's name of the charge.
        charge_id: String,
    },
    /// Nothing.
    Nothing,
}

/// What follows from a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Captured {
    /// It stays.
    Kept,
    /// The order was cancelled meanwhile: give it back.
    ToRefund,
}

impl Store {
    /// Says what is to be done about a payment, if this is attempt `attempt`; `None` looks for refunds only.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn payment_due(&self, id: OrderId, attempt: Option<u32>) -> Result<Due, Error> {
        let mut tx = self.begin().await?;
        let order = Locked::take(&mut tx, id).await?;
        let current = attempt == Some(order.attempt);
        let due = match order.payment.as_str() {
            "OPEN" if current && order.is("PENDING") => {
                set(&mut tx, id, "CHARGING").await?;
                charge(order)
            }
            "CHARGING" if current => charge(order),
            "CAPTURED" if order.is("CANCELLED") => match order.charge_id {
                Some(charge_id) => Due::Refund { charge_id },
                None => Due::Nothing,
            },
            _ => Due::Nothing,
        };
        tx.commit().await?;
        Ok(due)
    }

    /// Stores that the provider charged. The order is confirmed if its goods are reserved.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn payment_captured(&self, id: OrderId, charge_id: &str, cause: &Cause) -> Result<Captured, Error> {
        let mut tx = self.begin().await?;
        let order = Locked::take(&mut tx, id).await?;
        if order.payment == "CHARGING" {
            sqlx::query("UPDATE orders SET payment = 'CAPTURED', charge_id = $2, changed_at = now() WHERE id = $1")
                .bind(id.as_uuid())
                .bind(charge_id)
                .execute(&mut *tx)
                .await?;
            if order.is("PENDING") && order.stock == "RESERVED" {
                order.confirm(&mut tx, cause).await?;
            }
        }
        tx.commit().await?;
        let owed = order.is("CANCELLED") && order.payment != "REFUNDED";
        Ok(if owed { Captured::ToRefund } else { Captured::Kept })
    }

    /// Stores that the provider refused. If it wants to be asked again and was not asked too often, that is written; else
    /// the order is cancelled.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn payment_declined(
        &self,
        id: OrderId,
        (attempt, again): (u32, bool),
        reason: &str,
        cause: &Cause,
    ) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        let order = Locked::take(&mut tx, id).await?;
        if order.payment == "CHARGING" && order.attempt == attempt {
            if again && attempt < MOST_ATTEMPTS && order.is("PENDING") {
                let next = attempt.saturating_add(1);
                sqlx::query(
                    "UPDATE orders SET payment = 'OPEN', attempt = attempt + 1, changed_at = now() WHERE id = $1",
                )
                .bind(id.as_uuid())
                .execute(&mut *tx)
                .await?;
                let change = Change::PaymentRetryRequested { attempt: next, lines: order.lines.clone() };
                order.happened(&mut tx, change, cause).await?;
            } else {
                set(&mut tx, id, "DECLINED").await?;
                if order.is("PENDING") {
                    order.cancel(&mut tx, reason, cause).await?;
                }
            }
        }
        Ok(tx.commit().await?)
    }

    /// Stores that the provider gave the money back.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn payment_refunded(&self, id: OrderId) -> Result<(), Error> {
        sqlx::query(
            "UPDATE orders SET payment = 'REFUNDED', changed_at = now() WHERE id = $1 AND payment = 'CAPTURED' AND status = 'CANCELLED'",
        )
        .bind(id.as_uuid())
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(())
    }
}

fn charge(order: Locked) -> Due {
    Due::Charge { attempt: order.attempt, user_id: order.user_id, lines: order.lines }
}

async fn set(tx: &mut PgConnection, id: OrderId, payment: &str) -> Result<(), Error> {
    sqlx::query("UPDATE orders SET payment = $2, changed_at = now() WHERE id = $1")
        .bind(id.as_uuid())
        .bind(payment)
        .execute(tx)
        .await?;
    Ok(())
}
