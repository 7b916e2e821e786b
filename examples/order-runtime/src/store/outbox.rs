//! Events on their way to the topic.
//!
//! The table `outbox` has what nobody tried to publish yet, and only the topic can make it wait. An event that fails for a
//! reason of its own, because it is large and the bucket does not take it or because the topic refuses what it says, is
//! held in a table apart, with the later events of its order, and tried again after growing pauses; one that was refused
//! too often is parked until somebody puts it back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use order_events::OrderId;
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::{PgTransaction, Row as _};
use uuid::Uuid;

use super::{Error, Store, decode};

/// So many of the oldest events are looked at; the first event of an order among them is its first of all. It is more than
/// all relays together have at once, and needs no index by order, which every order would pay for.
const WINDOW: i64 = 2_000;
/// What is longer than this is taken in smaller numbers, so that a batch is never large. Unit: bytes.
const LONG: i32 = 32 * 1024;
/// So often may the topic refuse what an event says before it is parked; with the pauses in between that takes a quarter
/// of an hour.
const MOST_REFUSALS: i32 = 10;
/// Longest pause between two attempts; the first one is a second, and each next one twice as long. Unit: seconds.
const LONGEST_PAUSE: i32 = 300;

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
    /// Whether it failed before.
    pub held: bool,
}

/// How many events are taken at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    /// Of those that are short.
    pub short: u32,
    /// Of those that are long.
    pub long: u32,
    /// Of those that failed before.
    pub held: u32,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The topic has it.
    Published,
    /// The topic takes nothing now: it stays where it is.
    Waits,
    /// It could not be published, and others can: it is tried again later.
    Fails(String),
    /// The topic refuses what it says: it is tried again later, and parked if that goes on.
    Refused(String),
}

/// Events that nobody else publishes while this exists. If it is dropped, they are as before.
#[derive(Debug)]
pub struct Batch {
    transaction: PgTransaction<'static>,
    /// The first event of each of several orders.
    pub events: Vec<Written>,
}

/// What is not where it should be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Backlog {
    /// Events that are not published; without those that are parked.
    pub waiting: i64,
    /// How long the oldest of them has waited. Unit: seconds.
    pub oldest: f64,
    /// Events that are parked.
    pub parked: i64,
    /// How long the oldest order has been pending. Unit: seconds.
    pub pending: f64,
    /// For how long money has been asked for, or been charged for what is cancelled, and nobody settled it. Unit: seconds.
    pub unsettled: f64,
}

/// An event that failed, for people.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// Its id.
    pub event_id: Uuid,
    /// Its kind.
    pub event_type: String,
    /// Whose order.
    pub order_id: OrderId,
    /// The request that led to it.
    pub request_id: String,
    /// Its length. Unit: bytes.
    pub bytes: i32,
    /// When it was written.
    pub written_at: Timestamp,
    /// How often it was tried.
    pub attempts: i32,
    /// Why that failed the last time.
    pub reason: String,
    /// When it is tried again; never if it is parked.
    pub due_at: Option<Timestamp>,
}

impl Store {
    /// Takes the first event of each of several orders, those that no other relay has: the oldest ones that are short, the
    /// oldest ones that are long, and those that failed and are due. As an order's next event is only seen when the one
    /// before is gone, no two of an order are ever on their way.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn take_events(&self, most: Most) -> Result<Batch, Error> {
        let mut transaction = self.begin().await?;
        let firsts = sqlx::query(
            "WITH oldest AS (SELECT seq, order_id, octet_length(body) AS bytes FROM outbox ORDER BY seq LIMIT $1)
             SELECT DISTINCT ON (order_id) seq, bytes,
             order_id IN (SELECT order_id FROM outbox_held) AS behind
             FROM oldest ORDER BY order_id, seq",
        )
        .bind(WINDOW)
        .fetch_all(&mut *transaction)
        .await?;
        let (mut behind, mut short, mut long) = (Vec::new(), Vec::new(), Vec::new());
        for row in &firsts {
            let seq: i64 = row.try_get("seq")?;
            match (row.try_get("behind")?, row.try_get::<i32, _>("bytes")? > LONG) {
                (true, _) => behind.push(seq),
                (false, false) => short.push(seq),
                (false, true) => long.push(seq),
            }
        }
        follow(&mut transaction, &behind).await?;
        let mut events = take(&mut transaction, &short, most.short).await?;
        events.extend(take(&mut transaction, &long, most.long).await?);
        events.extend(take_held(&mut transaction, most.held).await?);
        Ok(Batch { transaction, events })
    }

    /// Says what is not where it should be.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn backlog(&self) -> Result<Backlog, Error> {
        let row = sqlx::query(
            "WITH waiting AS (
                SELECT written_at FROM outbox
                UNION ALL SELECT written_at FROM outbox_held WHERE parked_at IS NULL
             )
             SELECT (SELECT count(*) FROM waiting) AS waiting,
             (SELECT extract(epoch FROM now() - min(written_at))::float8 FROM waiting) AS oldest,
             (SELECT count(*) FROM outbox_held WHERE parked_at IS NOT NULL) AS parked,
             (SELECT extract(epoch FROM now() - min(placed_at))::float8 FROM orders WHERE status = 'PENDING') AS pending,
             (SELECT extract(epoch FROM now() - min(changed_at))::float8 FROM orders
              WHERE payment = 'CHARGING' OR (payment = 'CAPTURED' AND status = 'CANCELLED')) AS unsettled",
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        // What was placed by another clock may be in the future.
        let age = |column| Ok::<_, sqlx::Error>(row.try_get::<Option<f64>, _>(column)?.unwrap_or(0.0).max(0.0));
        Ok(Backlog {
            waiting: row.try_get("waiting")?,
            oldest: age("oldest")?,
            parked: row.try_get("parked")?,
            pending: age("pending")?,
            unsettled: age("unsettled")?,
        })
    }

    /// Returns events that failed, the oldest first; parked ones only, or all.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn held_events(&self, parked: bool, limit: u32) -> Result<Vec<Held>, Error> {
        let rows = sqlx::query(
            "SELECT event_id, event_type, order_id, request_id, octet_length(body) AS bytes, attempts, reason,
             (extract(epoch FROM written_at) * 1000000)::bigint AS written,
             CASE WHEN parked_at IS NULL THEN (extract(epoch FROM due_at) * 1000000)::bigint END AS due
             FROM outbox_held WHERE parked_at IS NOT NULL OR NOT $1 ORDER BY seq LIMIT $2",
        )
        .bind(parked)
        .bind(i64::from(limit))
        .fetch_all(&mut *self.connection().await?)
        .await?;
        rows.iter().map(held).collect()
    }

    /// Lets events be published again that are parked, or all of them if none is named. Returns how many there were.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn put_back(&self, ids: Option<&[Uuid]>) -> Result<u64, Error> {
        let back = sqlx::query(
            "UPDATE outbox_held SET parked_at = NULL, refusals = 0, attempts = 0, due_at = now()
             WHERE parked_at IS NOT NULL AND ($1::uuid[] IS NULL OR event_id = ANY($1))",
        )
        .bind(ids)
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(back.rows_affected())
    }
}

impl Batch {
    /// Stores what became of events. If this fails, those that the topic has are published once more. Returns those that
    /// are parked now.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn settle(mut self, fates: &BTreeMap<i64, Fate>) -> Result<Vec<Uuid>, Error> {
        let (mut published, mut failed) = (Vec::new(), (Vec::new(), Vec::new(), Vec::new()));
        for (seq, fate) in fates {
            let (reason, refusals) = match fate {
                Fate::Published => {
                    published.push(*seq);
                    continue;
                }
                Fate::Waits => continue,
                Fate::Fails(reason) => (reason, 0),
                Fate::Refused(reason) => (reason, 1),
            };
            failed.0.push(*seq);
            failed.1.push(reason.as_str());
            failed.2.push(refusals);
        }
        let transaction = &mut *self.transaction;
        for forget in ["DELETE FROM outbox WHERE seq = ANY($1)", "DELETE FROM outbox_held WHERE seq = ANY($1)"] {
            if !published.is_empty() {
                sqlx::query(forget).bind(&published).execute(&mut *transaction).await?;
            }
        }
        let mut parked = Vec::new();
        if !failed.0.is_empty() {
            hold(transaction, &failed.0).await?;
            let rows = sqlx::query(
                "UPDATE outbox_held SET attempts = attempts + 1, refusals = refusals + f.refused, reason = f.why,
                 due_at = now() + make_interval(secs => least($4, 2 ^ least(attempts, 20)) * (0.5 + random() / 2)),
                 parked_at = CASE WHEN refusals + f.refused >= $5 THEN now() END
                 FROM unnest($1::bigint[], $2::text[], $3::int[]) AS f (id, why, refused) WHERE seq = f.id
                 RETURNING event_id, parked_at IS NOT NULL AS parked",
            )
            .bind(&failed.0)
            .bind(&failed.1)
            .bind(&failed.2)
            .bind(LONGEST_PAUSE)
            .bind(MOST_REFUSALS)
            .fetch_all(&mut *transaction)
            .await?;
            for row in &rows {
                if row.try_get("parked")? {
                    parked.push(row.try_get("event_id")?);
                }
            }
        }
        self.transaction.commit().await?;
        Ok(parked)
    }
}

const COLUMNS: &str = "seq, event_id, order_id, event_type, event_version, request_id, traceparent, body";

/// Takes the oldest of these that nobody else has.
async fn take(transaction: &mut PgTransaction<'static>, seqs: &[i64], most: u32) -> Result<Vec<Written>, Error> {
    if seqs.is_empty() {
        return Ok(Vec::new());
    }
    let query = format!(
        "SELECT {COLUMNS}, false AS held FROM outbox WHERE seq = ANY($1) ORDER BY seq LIMIT $2 FOR UPDATE SKIP LOCKED"
    );
    let taken = sqlx::query(sqlx::AssertSqlSafe(query)).bind(seqs).bind(i64::from(most));
    taken.fetch_all(&mut **transaction).await?.iter().map(written).collect()
}

/// Takes events that failed and are due; one is never taken before an earlier one of its order.
async fn take_held(transaction: &mut PgTransaction<'static>, most: u32) -> Result<Vec<Written>, Error> {
    let query = format!(
        "SELECT {COLUMNS}, true AS held FROM outbox_held AS h WHERE parked_at IS NULL AND due_at <= now()
         AND NOT EXISTS (SELECT FROM outbox_held AS b WHERE b.order_id = h.order_id AND b.seq < h.seq)
         ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED"
    );
    let taken = sqlx::query(sqlx::AssertSqlSafe(query)).bind(i64::from(most));
    taken.fetch_all(&mut **transaction).await?.iter().map(written).collect()
}

/// Holds events whose orders have earlier ones that are held: they would only be looked at in vain.
async fn follow(transaction: &mut PgTransaction<'static>, seqs: &[i64]) -> Result<(), Error> {
    if seqs.is_empty() { Ok(()) } else { hold(transaction, seqs).await }
}

/// Moves events to those that are held, if they are not there yet.
async fn hold(transaction: &mut sqlx::PgConnection, seqs: &[i64]) -> Result<(), Error> {
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "WITH ours AS (SELECT seq FROM outbox WHERE seq = ANY($1) FOR UPDATE SKIP LOCKED),
         moved AS (DELETE FROM outbox WHERE seq IN (SELECT seq FROM ours) RETURNING {COLUMNS}, written_at)
         INSERT INTO outbox_held ({COLUMNS}, written_at, reason, due_at)
         SELECT {COLUMNS}, written_at, 'an earlier event of the order is not published', now() FROM moved"
    )))
    .bind(seqs)
    .execute(transaction)
    .await?;
    Ok(())
}

fn written(row: &PgRow) -> Result<Written, Error> {
    Ok(Written {
        seq: row.try_get("seq")?,
        event_id: row.try_get("event_id")?,
        order_id: row.try_get::<Uuid, _>("order_id")?.into(),
        event_type: row.try_get("event_type")?,
        event_version: row.try_get("event_version")?,
        request_id: row.try_get("request_id")?,
        traceparent: row.try_get("traceparent")?,
        body: row.try_get("body")?,
        held: row.try_get("held")?,
    })
}

fn held(row: &PgRow) -> Result<Held, Error> {
    let time = |micros: i64| Timestamp::from_microsecond(micros).map_err(|error| decode(error.into()));
    Ok(Held {
        event_id: row.try_get("event_id")?,
        event_type: row.try_get("event_type")?,
        order_id: row.try_get::<Uuid, _>("order_id")?.into(),
        request_id: row.try_get("request_id")?,
        bytes: row.try_get("bytes")?,
        written_at: time(row.try_get("written")?)?,
        attempts: row.try_get("attempts")?,
        reason: row.try_get("reason")?,
        due_at: row.try_get::<Option<i64>, _>("due")?.map(time).transpose()?,
    })
}
