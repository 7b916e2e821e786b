//! Orders, their events and stock, in PostgreSQL.
//!
//! Every change of an order takes the lock of its row first and writes its events into the outbox in the same
//! transaction, so that events stand there in the order of the changes. Each change may be asked for again, by a message
//! that is delivered twice or late: it then finds the state that it would make, and does nothing.

mod outbox;
mod payment;
mod stock;

use jiff::Timestamp;
use order_events::{Change, Event, Line, OrderId, Submission, UserId};
use serde::{Deserialize, Serialize};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool, Row as _};
use uuid::Uuid;

pub use outbox::{Batch, Written};
pub use payment::{Captured, Due};
pub use stock::Reserved;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The store.
#[derive(Clone, Debug)]
pub struct Store {
    pool: PgPool,
}

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database does not answer, or not now. Nothing is known of what was asked; asking again is safe.
    #[error("the database does not answer: {0}")]
    Unavailable(sqlx::Error),
    /// It answered, and refused: a mistake of ours.
    #[error("the database refused: {0}")]
    Refused(sqlx::Error),
    /// There is no such order.
    #[error("there is no order {0}")]
    NoOrder(OrderId),
}

impl Error {
    /// Whether asking again later may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Refused(_) | Self::NoOrder(_) => false,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        // Classes of PostgreSQL: 08 connection, 53 resources, 57 operator, 58 system, 40 rollback (deadlock, conflict).
        let transient = match &error {
            sqlx::Error::Database(said) => said
                .code()
                .is_some_and(|code| ["08", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class))),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => true,
            _ => false,
        };
        if transient { Self::Unavailable(error) } else { Self::Refused(error) }
    }
}

/// What became of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It is a new order.
    New,
    /// It was stored before, and asked for the same.
    Before,
    /// Something else was ordered under its key.
    Conflict,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Payment or stock are not settled yet.
    Pending,
    /// It is paid, and its goods are reserved.
    Confirmed,
    /// It will not be delivered.
    Cancelled,
}

/// An order, as its user sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The id.
    pub order_id: OrderId,
    /// Where it stands.
    pub status: Status,
    /// Why it is cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is ordered.
    pub lines: Vec<Line>,
    /// The request that placed it.
    pub request_id: String,
    /// When it was placed. Unit: microseconds are kept.
    pub placed_at: Timestamp,
}

/// Where a page of orders ended: the next one starts after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    /// When that order was placed.
    pub placed_at: Timestamp,
    /// Its id.
    pub order_id: OrderId,
}

/// What led to a change: it is written into the events.
#[derive(Clone, Debug)]
pub struct Cause {
    /// The request at the beginning of it all.
    pub request_id: String,
    /// Where the change belongs in a trace.
    pub traceparent: Option<String>,
}

const COLUMNS: &str =
    "id, status, reason, lines, request_id, (extract(epoch FROM placed_at) * 1000000)::bigint AS placed";

impl Store {
    /// Uses a pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Returns the pool.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Makes the tables, or changes them to what this version expects. Programs that start together wait for each other. A
    /// database that a newer version has changed is used as it is: versions that run side by side must be able to.
    ///
    /// # Errors
    ///
    /// The database does not answer.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        match MIGRATIONS.run(&self.pool).await {
            Err(MigrateError::VersionMissing(version)) => {
                tracing::warn!(version, "the database is that of a newer version");
                Ok(())
            }
            other => other,
        }
    }

    /// Stores an order and that it was placed, in one statement and so in one transaction. However often it is asked for
    /// and by whom, there is one order and one event.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn place(&self, submission: &Submission) -> Result<Placed, Error> {
        let event = Event {
            id: Uuid::now_v7(),
            order_id: submission.order_id,
            user_id: submission.user_id.clone(),
            request_id: submission.request_id.clone(),
            traceparent: submission.traceparent.clone(),
            created_at: submission.placed_at,
            change: Change::OrderCreated { lines: submission.lines.clone() },
        };
        let fingerprint = submission.fingerprint();
        let placed: bool = sqlx::query_scalar(
            "WITH placed AS (
                INSERT INTO orders (id, user_id, idempotency_key, fingerprint, request_id, lines, placed_at)
                VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7 / 1000000.0))
                ON CONFLICT (id) DO NOTHING RETURNING id
            ), event AS (
                INSERT INTO outbox (event_id, order_id, event_type, event_version, request_id, traceparent, body)
                SELECT $8, id, $9, $10, $5, $11, $12 FROM placed
            )
            SELECT EXISTS (SELECT FROM placed)",
        )
        .bind(submission.order_id.as_uuid())
        .bind(submission.user_id.as_str())
        .bind(&submission.idempotency_key)
        .bind(&fingerprint[..])
        .bind(&submission.request_id)
        .bind(Json(&submission.lines))
        .bind(submission.placed_at.as_microsecond())
        .bind(event.id)
        .bind(event.kind().as_str())
        .bind(version(&event))
        .bind(&submission.traceparent)
        .bind(event.text())
        .fetch_one(&self.pool)
        .await?;
        if placed {
            return Ok(Placed::New);
        }
        let stored: Vec<u8> = sqlx::query_scalar("SELECT fingerprint FROM orders WHERE id = $1")
            .bind(submission.order_id.as_uuid())
            .fetch_one(&self.pool)
            .await?;
        Ok(if stored == fingerprint { Placed::Before } else { Placed::Conflict })
    }

    /// Returns an order of a user; nothing for one of somebody else.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn order(&self, user: &UserId, id: OrderId) -> Result<Option<Order>, Error> {
        let row =
            sqlx::query(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM orders WHERE id = $1 AND user_id = $2")))
                .bind(id.as_uuid())
                .bind(user.as_str())
                .fetch_optional(&self.pool)
                .await?;
        row.map(|row| order(&row)).transpose()
    }

    /// Returns orders of a user, the newest first: at most `limit`, those after `after`.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn orders(&self, user: &UserId, after: Option<After>, limit: u32) -> Result<Vec<Order>, Error> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM orders
             WHERE user_id = $1 AND ($2::bigint IS NULL OR (placed_at, id) < (to_timestamp($2 / 1000000.0), $3))
             ORDER BY placed_at DESC, id DESC LIMIT $4",
        )))
        .bind(user.as_str())
        .bind(after.map(|after| after.placed_at.as_microsecond()))
        .bind(after.map(|after| after.order_id.as_uuid()))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(order).collect()
    }
}

/// What of an order the saga looks at, with its row locked.
struct Locked {
    id: OrderId,
    user_id: UserId,
    status: String,
    payment: String,
    attempt: u32,
    charge_id: Option<String>,
    stock: String,
    lines: Vec<Line>,
}

impl Locked {
    async fn take(tx: &mut PgConnection, id: OrderId) -> Result<Self, Error> {
        let row = sqlx::query(
            "SELECT user_id, status, payment, attempt, charge_id, stock, lines FROM orders WHERE id = $1 FOR UPDATE",
        )
        .bind(id.as_uuid())
        .fetch_optional(tx)
        .await?
        .ok_or(Error::NoOrder(id))?;
        let Json(lines) = row.try_get("lines")?;
        Ok(Self {
            id,
            user_id: user(row.try_get("user_id")?)?,
            status: row.try_get("status")?,
            payment: row.try_get("payment")?,
            attempt: u32::try_from(row.try_get::<i32, _>("attempt")?).unwrap_or(1),
            charge_id: row.try_get("charge_id")?,
            stock: row.try_get("stock")?,
            lines,
        })
    }

    fn is(&self, status: &str) -> bool {
        self.status == status
    }

    /// Writes that something happened to it.
    async fn happened(&self, tx: &mut PgConnection, change: Change, cause: &Cause) -> Result<(), Error> {
        let event = Event {
            id: Uuid::now_v7(),
            order_id: self.id,
            user_id: self.user_id.clone(),
            request_id: cause.request_id.clone(),
            traceparent: cause.traceparent.clone(),
            created_at: Timestamp::now(),
            change,
        };
        sqlx::query(
            "INSERT INTO outbox (event_id, order_id, event_type, event_version, request_id, traceparent, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(event.id)
        .bind(self.id.as_uuid())
        .bind(event.kind().as_str())
        .bind(version(&event))
        .bind(&event.request_id)
        .bind(&event.traceparent)
        .bind(event.text())
        .execute(tx)
        .await?;
        Ok(())
    }

    /// Sets the status, and writes it.
    async fn confirm(&self, tx: &mut PgConnection, cause: &Cause) -> Result<(), Error> {
        sqlx::query("UPDATE orders SET status = 'CONFIRMED', changed_at = now() WHERE id = $1")
            .bind(self.id.as_uuid())
            .execute(&mut *tx)
            .await?;
        self.happened(tx, Change::OrderConfirmed, cause).await
    }

    /// Sets the status, and writes it.
    async fn cancel(&self, tx: &mut PgConnection, reason: &str, cause: &Cause) -> Result<(), Error> {
        sqlx::query("UPDATE orders SET status = 'CANCELLED', reason = $2, changed_at = now() WHERE id = $1")
            .bind(self.id.as_uuid())
            .bind(reason)
            .execute(&mut *tx)
            .await?;
        self.happened(tx, Change::OrderCancelled { reason: reason.to_owned() }, cause).await
    }
}

fn order(row: &PgRow) -> Result<Order, Error> {
    let Json(lines) = row.try_get("lines")?;
    let status: String = row.try_get("status")?;
    Ok(Order {
        order_id: row.try_get::<Uuid, _>("id")?.into(),
        status: match status.as_str() {
            "CONFIRMED" => Status::Confirmed,
            "CANCELLED" => Status::Cancelled,
            _ => Status::Pending,
        },
        reason: row.try_get("reason")?,
        lines,
        request_id: row.try_get("request_id")?,
        placed_at: Timestamp::from_microsecond(row.try_get("placed")?).map_err(|error| decode(error.into()))?,
    })
}

fn user(text: String) -> Result<UserId, Error> {
    text.parse().map_err(|error: order_events::Invalid| decode(error.into()))
}

fn decode(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::Refused(sqlx::Error::Decode(error))
}

fn version(event: &Event) -> i32 {
    i32::try_from(event.kind().version()).unwrap_or(i32::MAX)
}
