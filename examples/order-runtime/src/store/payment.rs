//! The payment of an order.
//!
//! The provider is another system, so that no transaction spans both. Before it is asked, `CHARGING` is stored; whoever
//! finds that looks at the provider what became of it before it asks again. An order that was cancelled meanwhile is never
//! charged again, and what was charged for it is given back: if no message asks for that, because it failed too often,
//! [`Store::unsettled`] finds it.

use std::time::Duration;

use order_events::{Change, Line, OrderId, UserId};
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::{Cause, Error, Locked, Store};

/// Most attempts of a payment that the provider wants to be tried again.
const MOST_ATTEMPTS: u32 = 3;
/// How much longer the next attempt waits than the one before.
const LONGER: u32 = 4;
/// Most orders whose money is looked for at a time.
const MOST_UNSETTLED: i64 = 20;

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
        /// Whether it was asked before, and nobody knows what became of that: look for the charge first.
        asked: bool,
    },
    /// Look at the provider whether it has charged, and do not ask it to: the order is cancelled, or somebody else asks.
    Look {
        /// The last attempt.
        attempt: u32,
    },
    /// Give back what was charged.
    Refund {
        /// The provider's name of the charge.
        charge_id: String,
    },
    /// Nothing before this time is over: the provider wants to be asked later.
    Later(Duration),
    /// Nothing.
    Nothing,
}

/// An order of whose money nobody knows where it is, or that it is where it should not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsettled {
    /// The order.
    pub order_id: OrderId,
    /// The request that placed it.
    pub request_id: String,
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
    /// Says what is to be done about a payment, if this is attempt `attempt`; `None` asks for no charge.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn payment_due(&self, id: OrderId, attempt: Option<u32>) -> Result<Due, Error> {
        let mut tx = self.begin().await?;
        let order = Locked::take(&mut tx, id).await?;
        let current = attempt == Some(order.attempt) && order.is("PENDING");
        let due = match order.payment.as_str() {
            "OPEN" if current => match order.retry_in {
                Some(left) => Due::Later(left),
                None => charge(&mut tx, order, false).await?,
            },
            "CHARGING" if current => charge(&mut tx, order, true).await?,
            // Somebody asks for an attempt that is over.
            "CHARGING" if order.is("PENDING") && attempt.is_some() => Due::Nothing,
            "CHARGING" => Due::Look { attempt: order.attempt },
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

    /// Stores that the provider knows of no charge. If the order is cancelled and the provider was last asked so long ago
    /// that no question can still be on its way, nothing was charged; else nothing is known. Returns whether it is settled.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn payment_missing(&self, id: OrderId, attempt: u32, since: Duration) -> Result<bool, Error> {
        let settled = sqlx::query(
            "UPDATE orders SET payment = 'OPEN', changed_at = now()
             WHERE id = $1 AND attempt = $2 AND status = 'CANCELLED' AND payment = 'CHARGING'
             AND coalesce(asked_at, changed_at) <= now() - make_interval(secs => $3)",
        )
        .bind(id.as_uuid())
        .bind(i32::try_from(attempt).unwrap_or(i32::MAX))
        .bind(since.as_secs_f64())
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(settled.rows_affected() > 0)
    }

    /// Returns orders whose payment has not changed for so long although it should: the provider was asked, and nobody
    /// knows what became of it; or it has charged what is cancelled. No other caller gets the same ones for as long again.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn unsettled(&self, since: Duration) -> Result<Vec<Unsettled>, Error> {
        let rows = sqlx::query(
            "UPDATE orders SET looked_at = now() WHERE id IN (
                SELECT id FROM orders
                WHERE (payment = 'CHARGING' OR (payment = 'CAPTURED' AND status = 'CANCELLED'))
                AND changed_at <= now() - make_interval(secs => $1)
                AND (asked_at IS NULL OR asked_at <= now() - make_interval(secs => $1))
                AND (looked_at IS NULL OR looked_at <= now() - make_interval(secs => $1))
                ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED
             ) RETURNING id, request_id",
        )
        .bind(since.as_secs_f64())
        .bind(MOST_UNSETTLED)
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let unsettled = rows.iter().map(|row| {
            let order_id = row.try_get::<Uuid, _>("id")?.into();
            Ok(Unsettled { order_id, request_id: row.try_get("request_id")? })
        });
        unsettled.collect()
    }

    /// Stores that the provider refused. If it wants to be asked again and was not asked too often, that is written; else
    /// the order is cancelled. The second attempt is made after `pause`, the next one after a longer one.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn payment_declined(
        &self,
        id: OrderId,
        (attempt, again, pause): (u32, bool, Duration),
        reason: &str,
        cause: &Cause,
    ) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        let order = Locked::take(&mut tx, id).await?;
        if order.payment == "CHARGING" && order.attempt == attempt {
            if again && attempt < MOST_ATTEMPTS && order.is("PENDING") {
                let next = attempt.saturating_add(1);
                let pause = pause.saturating_mul(LONGER.saturating_pow(attempt.saturating_sub(1)));
                sqlx::query(
                    "UPDATE orders SET payment = 'OPEN', attempt = attempt + 1, changed_at = now(),
                     retry_at = now() + make_interval(secs => $2) WHERE id = $1",
                )
                .bind(id.as_uuid())
                .bind(pause.as_secs_f64())
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

/// Stores that the provider is asked now.
async fn charge(tx: &mut PgConnection, order: Locked, asked: bool) -> Result<Due, Error> {
    sqlx::query(
        "UPDATE orders SET payment = 'CHARGING', asked_at = now(),
         changed_at = CASE WHEN payment = 'CHARGING' THEN changed_at ELSE now() END WHERE id = $1",
    )
    .bind(order.id.as_uuid())
    .execute(tx)
    .await?;
    Ok(Due::Charge { attempt: order.attempt, user_id: order.user_id, lines: order.lines, asked })
}

async fn set(tx: &mut PgConnection, id: OrderId, payment: &str) -> Result<(), Error> {
    sqlx::query("UPDATE orders SET payment = $2, changed_at = now() WHERE id = $1")
        .bind(id.as_uuid())
        .bind(payment)
        .execute(tx)
        .await?;
    Ok(())
}
