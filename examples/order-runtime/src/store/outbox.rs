//! Events on their way to the topic.

use order_events::OrderId;
use sqlx::{PgTransaction, Row as _};
use uuid::Uuid;

use super::{Error, Store};

/// So many of the oldest events are looked at; the first event of an order among them is its first of all. It is more than
/// all relays together have at once, and needs no index by order, which every order would pay for.
const WINDOW: i64 = 2_000;

/// An event that is written and not published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Grows with every event of an order.
    pub seq: i64,
    /// The event's id.
    pub event_id: Uuid,
    /// Whose order.
    pub order_id: OrderId,
    /// The attribute `eventType`.
    pub event_type: String,
    /// The attribute `eventVersion`.
    pub event_version: i32,
    /// The attribute `x-request-id`.
    pub request_id: String,
    /// The attribute `traceparent`.
    pub traceparent: Option<String>,
    /// The text.
    pub body: String,
}

/// Events that nobody else publishes while this exists. If it is dropped, they are as before.
#[derive(Debug)]
pub struct Batch {
    transaction: PgTransaction<'static>,
    /// The first event of each of several orders, the oldest first.
    pub events: Vec<Written>,
}

impl Store {
    /// Takes the first event of each of up to `limit` orders, those that no other relay has. As an order's next event is
    /// only seen when the one before is gone, no two of an order are ever on their way.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn take_events(&self, limit: u32) -> Result<Batch, Error> {
        let mut transaction = self.begin().await?;
        let rows = sqlx::query(
            "WITH oldest AS (SELECT seq, order_id FROM outbox ORDER BY seq LIMIT $2),
             firsts AS (SELECT min(seq) AS seq FROM oldest GROUP BY order_id)
             SELECT seq, event_id, order_id, event_type, event_version, request_id, traceparent, body
             FROM outbox WHERE seq IN (SELECT seq FROM firsts)
             ORDER BY seq LIMIT $1 FOR UPDATE SKIP LOCKED",
        )
        .bind(i64::from(limit))
        .bind(WINDOW)
        .fetch_all(&mut *transaction)
        .await?;
        let events = rows.iter().map(|row| {
            Ok(Written {
                seq: row.try_get("seq")?,
                event_id: row.try_get("event_id")?,
                order_id: row.try_get::<Uuid, _>("order_id")?.into(),
                event_type: row.try_get("event_type")?,
                event_version: row.try_get("event_version")?,
                request_id: row.try_get("request_id")?,
                traceparent: row.try_get("traceparent")?,
                body: row.try_get("body")?,
            })
        });
        let events = events.collect::<Result<_, sqlx::Error>>()?;
        Ok(Batch { transaction, events })
    }

    /// Returns how many events are not published, and the age of the oldest. Unit: seconds.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn waiting_events(&self) -> Result<(i64, f64), Error> {
        let row = sqlx::query(
            "SELECT count(*) AS number, coalesce(extract(epoch FROM now() - min(written_at)), 0)::float8 AS age FROM outbox",
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        Ok((row.try_get("number")?, row.try_get("age")?))
    }
}

impl Batch {
    /// Forgets the events that the topic has; the others are as before. If this fails, they are published once more.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn published(mut self, seqs: &[i64]) -> Result<(), Error> {
        sqlx::query("DELETE FROM outbox WHERE seq = ANY($1)").bind(seqs).execute(&mut *self.transaction).await?;
        Ok(self.transaction.commit().await?)
    }
}
