//! Orders, their events and stock, in PostgreSQL.
//!
//! Every change of an order takes the lock of its row first and writes its events into the outbox in the same
//! transaction, so that events stand there in the order of the changes. Each change may be asked for again, by a message
//! that is delivered twice or late: it then finds the state that it would make, and does nothing.

mod outbox;
mod payment;
mod schema;
mod stock;

use std::time::Duration;

use jiff::Timestamp;
use order_events::{Change, Event, Line, OrderId, Submission, UserId};
use serde::{Deserialize, Serialize};
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, PgTransaction, Postgres, Row as _};
use uuid::Uuid;

use crate::breaker::{Breaker, Broken};
use crate::database::{Connections, is_class};

pub use outbox::{Backlog, Batch, Fate, Held, Most, Written};
pub use payment::{Captured, Due, Unsettled};
pub use schema::{Tables, User};
pub use stock::Reserved;

/// How often something is asked for at most, if that goes wrong because of the connection. As many of a pool may be those
/// of a database that was restarted.
const TRIES: u32 = 5;
/// Pause before it is asked again after a conflict with somebody else, at most. Unit: milliseconds.
const CONFLICT: std::ops::Range<u64> = 10..60;

/// The store.
#[derive(Clone, Debug)]
pub struct Store {
    connections: Connections,
}

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database does not answer, or not now: it does not know us, it does not take changes, it has no room. Nothing
    /// is known of what was asked; asking again is safe.
    #[error("the database does not answer: {0}")]
    Unavailable(sqlx::Error),
    /// It did not answer in time.
    #[error("the database took longer than {0:?}")]
    Slow(Duration),
    /// It answers, and takes no changes: what we are connected to is not the writer any more.
    #[error("the database takes no changes")]
    ReadOnly,
    /// It answered, and refused: a mistake of ours.
    #[error("the database refused: {0}")]
    Refused(sqlx::Error),
    /// There is no such order.
    #[error("there is no order {0}")]
    NoOrder(OrderId),
}

/// What an error says of the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Another connection may do.
    Reconnect,
    /// No connection that there is will do: they lead to a server that takes no changes.
    Retire,
    /// Two changes were in each other's way, and one of them is over.
    Conflict,
    /// Not now.
    Later,
}

/// Codes of PostgreSQL that say "not now", by how they begin: connection, authorization (a password that was rotated and
/// is not known here yet), a server that takes no changes (the writer before a failover, or a volume that is full),
/// conflicts, resources, operators, the system.
///
/// Source: <https://www.postgresql.org/docs/current/errcodes-appendix.html> (read 2026-11-30).
const OUTAGES: [&str; 7] = ["08", "28", "25006", "40", "53", "57", "58"];

impl Error {
    /// Whether asking again later may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Slow(_) | Self::ReadOnly => true,
            Self::Refused(_) | Self::NoOrder(_) => false,
        }
    }

    fn next(&self) -> Next {
        match self {
            Self::Unavailable(sqlx::Error::Io(_) | sqlx::Error::Protocol(_)) => Next::Reconnect,
            // The last words to a connection whose server stops, or was stopped.
            Self::Unavailable(error) if is_class(error, "57P01") || is_class(error, "57P02") => Next::Reconnect,
            Self::Unavailable(error) if is_class(error, "25006") => Next::Retire,
            Self::ReadOnly => Next::Retire,
            Self::Unavailable(error) if is_class(error, "40") => Next::Conflict,
            Self::Unavailable(_) | Self::Slow(_) | Self::Refused(_) | Self::NoOrder(_) => Next::Later,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let transient = match &error {
            sqlx::Error::Database(_) => OUTAGES.iter().any(|class| is_class(&error, class)),
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

/// Orders of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The orders, the newest first.
    pub orders: Vec<Order>,
    /// Whether there are others after them.
    pub more: bool,
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

/// What an order has beside its lines as JSON, at most. Unit: bytes.
const OVERHEAD: u32 = 1024;

const COLUMNS: &str =
    "id, status, reason, lines, request_id, (extract(epoch FROM placed_at) * 1000000)::bigint AS placed";

impl Store {
    /// Uses connections.
    pub fn new(connections: impl Into<Connections>) -> Self {
        Self { connections: connections.into() }
    }

    /// Takes a connection, for what is no business of orders.
    ///
    /// # Errors
    ///
    /// There is none.
    pub async fn connection(&self) -> sqlx::Result<PoolConnection<Postgres>> {
        self.connections.acquire().await
    }

    async fn begin(&self) -> sqlx::Result<PgTransaction<'static>> {
        self.connections.begin().await
    }

    /// Closes all connections, and waits for those that somebody uses.
    pub async fn close(&self) {
        self.connections.close().await;
    }

    /// Asks for something that may be asked for twice, unless the database is known not to answer, for so long at most.
    /// It is asked for again at once where that helps: on another connection, when one turns out to be broken (after a
    /// restart of the database all of a pool are) or to lead to a server that takes no changes (after a failover the one
    /// that was the writer); and after a conflict.
    ///
    /// # Errors
    ///
    /// The store's, or that it was not asked.
    pub fn ask<'a, T, F>(
        &'a self,
        breaker: &'a Breaker,
        within: Duration,
        call: impl Fn() -> F + 'a,
    ) -> impl Future<Output = Result<T, Broken<Error>>>
    where
        F: Future<Output = Result<T, Error>> + 'a,
        T: 'a,
    {
        // What asks the store is large, and stands in every future above.
        let tried = self.tried(move || Box::pin(call()));
        let asked = async move { tokio::time::timeout(within, tried).await.unwrap_or(Err(Error::Slow(within))) };
        breaker.call(asked, Error::is_transient)
    }

    async fn tried<T, F: Future<Output = Result<T, Error>>>(&self, call: impl Fn() -> F) -> Result<T, Error> {
        for _ in 1..TRIES {
            let error = match call().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            match error.next() {
                Next::Reconnect => {}
                Next::Retire => self.connections.retire(),
                Next::Conflict => tokio::time::sleep(Duration::from_millis(rand::random_range(CONFLICT))).await,
                Next::Later => return Err(error),
            }
        }
        call().await
    }

    /// Looks whether the database takes changes. One that answers need not: after a failover, connections may lead to the
    /// server that was the writer.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn takes_changes(&self) -> Result<(), Error> {
        let read_only: bool = sqlx::query_scalar("SELECT current_setting('transaction_read_only')::bool")
            .fetch_one(&mut *self.connection().await?)
            .await?;
        if read_only { Err(Error::ReadOnly) } else { Ok(()) }
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
        let bytes = serde_json::to_vec(&submission.lines).map_err(|error| decode(error.into()))?.len();
        let bytes = i32::try_from(bytes).unwrap_or(i32::MAX);
        let mut connection = self.connection().await?;
        let placed: bool = sqlx::query_scalar(
            "WITH placed AS (
                INSERT INTO orders (id, user_id, idempotency_key, fingerprint, request_id, lines, placed_at, bytes)
                VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7 / 1000000.0), $13)
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
        .bind(bytes)
        .fetch_one(&mut *connection)
        .await?;
        if placed {
            return Ok(Placed::New);
        }
        let stored: Vec<u8> = sqlx::query_scalar("SELECT fingerprint FROM orders WHERE id = $1")
            .bind(submission.order_id.as_uuid())
            .fetch_one(&mut *connection)
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
                .fetch_optional(&mut *self.connection().await?)
                .await?;
        row.map(|row| order(&row)).transpose()
    }

    /// Returns orders of a user, the newest first, those after `after`: at most `limit`, and no more than fit into
    /// `most_bytes` as JSON; the first one fits always. What does not fit is not read.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn orders(
        &self,
        user: &UserId,
        after: Option<After>,
        (limit, most_bytes): (u32, u32),
    ) -> Result<Page, Error> {
        // One more than the limit shows whether there is another page.
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "WITH found AS MATERIALIZED (
                SELECT id, placed_at AS at, {OVERHEAD} + coalesce(bytes, octet_length(lines::text)) AS bytes FROM orders
                WHERE user_id = $1 AND ($2::bigint IS NULL OR (placed_at, id) < (to_timestamp($2 / 1000000.0), $3))
                ORDER BY placed_at DESC, id DESC LIMIT $4 + 1
            ), measured AS (
                SELECT id, row_number() OVER page AS number, sum(bytes) OVER page AS total, count(*) OVER () AS found
                FROM found WINDOW page AS (ORDER BY at DESC, id DESC)
            )
            SELECT {COLUMNS}, found FROM measured JOIN orders USING (id)
            WHERE number = 1 OR (number <= $4 AND total <= $5)
            ORDER BY placed_at DESC, id DESC",
        )))
        .bind(user.as_str())
        .bind(after.map(|after| after.placed_at.as_microsecond()))
        .bind(after.map(|after| after.order_id.as_uuid()))
        .bind(i64::from(limit))
        .bind(i64::from(most_bytes))
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let found: i64 = rows.first().map_or(Ok(0), |row| row.try_get("found"))?;
        let orders: Vec<Order> = rows.iter().map(order).collect::<Result<_, _>>()?;
        Ok(Page { more: usize::try_from(found).is_ok_and(|found| found > orders.len()), orders })
    }
}

/// What of an order the saga looks at, with its row locked.
struct Locked {
    id: OrderId,
    user_id: UserId,
    status: String,
    payment: String,
    attempt: u32,
    /// How long the provider must not be asked again, if it wants that.
    retry_in: Option<Duration>,
    charge_id: Option<String>,
    stock: String,
    lines: Vec<Line>,
}

impl Locked {
    async fn take(tx: &mut PgConnection, id: OrderId) -> Result<Self, Error> {
        let row = sqlx::query(
            "SELECT user_id, status, payment, attempt, charge_id, stock, lines,
             extract(epoch FROM retry_at - now())::float8 AS retry_in FROM orders WHERE id = $1 FOR UPDATE",
        )
        .bind(id.as_uuid())
        .fetch_optional(tx)
        .await?
        .ok_or(Error::NoOrder(id))?;
        let Json(lines) = row.try_get("lines")?;
        let retry_in: Option<f64> = row.try_get("retry_in")?;
        Ok(Self {
            id,
            user_id: user(row.try_get("user_id")?)?,
            status: row.try_get("status")?,
            payment: row.try_get("payment")?,
            attempt: u32::try_from(row.try_get::<i32, _>("attempt")?).unwrap_or(1),
            retry_in: retry_in.filter(|left| *left > 0.0).and_then(|left| Duration::try_from_secs_f64(left).ok()),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What the database says when it refuses with a code.
    #[derive(Debug)]
    struct Said(&'static str);

    impl std::fmt::Display for Said {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }

    impl std::error::Error for Said {}

    impl sqlx::error::DatabaseError for Said {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
            Some(self.0.into())
        }

        fn kind(&self) -> sqlx::error::ErrorKind {
            sqlx::error::ErrorKind::Other
        }

        fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
            self
        }
    }

    #[test]
    fn a_code_says_whether_to_ask_again_and_how() {
        for (code, next) in [
            ("08006", Next::Later),
            ("28P01", Next::Later),
            ("28000", Next::Later),
            ("25006", Next::Retire),
            ("40001", Next::Conflict),
            ("40P01", Next::Conflict),
            ("53300", Next::Later),
            ("53100", Next::Later),
            ("57P01", Next::Reconnect),
            ("57P02", Next::Reconnect),
            ("57P03", Next::Later),
            ("57014", Next::Later),
            ("58030", Next::Later),
        ] {
            let error = Error::from(sqlx::Error::Database(Box::new(Said(code))));
            assert!(error.is_transient(), "{code}");
            assert_eq!(error.next(), next, "{code}");
        }
        for code in ["23505", "25001", "42501", "42P01", "22P02", "XX000"] {
            let error = Error::from(sqlx::Error::Database(Box::new(Said(code))));
            assert!(!error.is_transient(), "{code}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_connection_spoiled_is_asked_for_again_at_once_and_not_for_ever() {
        let store =
            Store::new(sqlx::postgres::PgPoolOptions::new().connect_lazy("postgres://nobody@localhost").expect("lazy"));
        let breaker = Breaker::new("the database", 9, Duration::from_secs(1));
        let calls = std::cell::Cell::new(0);
        let fails = |times: u32, error: fn() -> Error| {
            calls.set(0);
            let calls = &calls;
            move || {
                calls.set(calls.get() + 1);
                let fails = calls.get() <= times;
                async move { if fails { Err(error()) } else { Ok(7) } }
            }
        };
        let broken = || Error::Unavailable(sqlx::Error::Io(std::io::ErrorKind::BrokenPipe.into()));
        let moved = || Error::from(sqlx::Error::Database(Box::new(Said("25006"))));
        let within = Duration::from_secs(3);
        for error in [broken as fn() -> Error, moved] {
            assert_eq!(store.ask(&breaker, within, fails(3, error)).await.expect("an answer"), 7);
            store.ask(&breaker, within, fails(9, error)).await.expect_err("it is never well");
            assert_eq!(calls.get(), TRIES);
        }
        store.ask(&breaker, within, fails(1, || Error::Refused(sqlx::Error::RowNotFound))).await.expect_err("at once");
        assert_eq!(calls.get(), 1);
        let slow = store.ask(&breaker, within, std::future::pending::<Result<(), Error>>).await;
        assert_eq!(slow.expect_err("too slow").to_string(), "the database took longer than 3s");
    }
}
