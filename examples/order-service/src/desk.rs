//! Where an order goes: into the database, or into the queue while the database is down.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use order_events::{OrderId, Submission, UserId};
use order_runtime::breaker::{Breaker, Broken};
use order_runtime::store::{After, Error, Order, Page, Placed, Store};
use tokio::sync::Notify;

use crate::problem::Failure;
use crate::queue::Queue;

/// Longest that the database may take to store an order; what is left of the request's time is for the queue.
const STORE: Duration = Duration::from_millis(2_500);
/// Longest that it may take to find orders.
const FIND: Duration = Duration::from_secs(3);

/// What is answered if an order cannot be taken.
const NOT_NOW: &str = "Orders cannot be taken now; with the same idempotency key it is safe to ask again.";

/// Takes orders and finds them.
#[derive(Debug)]
pub struct Desk {
    store: Store,
    database: Arc<Breaker>,
    replay: Queue,
    intake: Queue,
    /// Whether the tables are there.
    open: AtomicBool,
    written: Arc<Notify>,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The database has it.
    Stored(Placed),
    /// The queue has it.
    Queued,
}

impl Desk {
    /// Takes orders for a database, which is not used before [`Desk::open`], for the queue `replay` while that is down, and
    /// for the queue `intake`. `written` hears of every order that was stored.
    pub fn new(store: Store, database: Arc<Breaker>, (replay, intake): (Queue, Queue), written: Arc<Notify>) -> Self {
        Self { store, database, replay, intake, open: AtomicBool::new(false), written }
    }

    /// The tables are there: the database is used from now on.
    pub fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }

    /// Takes an order.
    ///
    /// # Errors
    ///
    /// 503 if neither the database nor the queue can have it.
    pub async fn take(&self, submission: &Submission) -> Result<Taken, Failure> {
        let down = match self.place(submission).await {
            Ok(placed) => {
                self.written.notify_one();
                return Ok(Taken::Stored(placed));
            }
            Err(Broken::Failed(error)) if !error.is_transient() => return Err(Failure::internal(error)),
            Err(down) => down,
        };
        tracing::warn!(cause = %down, "the database is down, the order goes to the queue");
        match self.replay.send(submission).await {
            Ok(()) => Ok(Taken::Queued),
            Err(cause) => Err(Failure::unavailable(NOT_NOW, format!("{down}; {cause}"))),
        }
    }

    /// Takes an order that is stored later, whether the database answers or not.
    ///
    /// # Errors
    ///
    /// 503 if the queue cannot have it.
    pub async fn take_later(&self, submission: &Submission) -> Result<(), Failure> {
        let sent = self.intake.send(submission).await;
        sent.map_err(|cause| Failure::unavailable(NOT_NOW, cause))
    }

    /// Finds an order of a user.
    ///
    /// # Errors
    ///
    /// 503 if the database is down.
    pub async fn order(&self, user: &UserId, id: OrderId) -> Result<Option<Order>, Failure> {
        self.find(|| self.store.order(user, id)).await
    }

    /// Finds orders of a user, as [`Store::orders`] does.
    ///
    /// # Errors
    ///
    /// 503 if the database is down.
    pub async fn orders(&self, user: &UserId, after: Option<After>, limit: (u32, u32)) -> Result<Page, Failure> {
        self.find(|| self.store.orders(user, after, limit)).await
    }

    async fn place(&self, submission: &Submission) -> Result<Placed, Broken<Error>> {
        self.ask(|| self.store.place(submission), STORE).await
    }

    async fn find<T, F: Future<Output = Result<T, Error>>>(&self, found: impl Fn() -> F) -> Result<T, Failure> {
        self.ask(found, FIND).await.map_err(|error| match error {
            Broken::Failed(error) if !error.is_transient() => Failure::internal(error),
            down => Failure::unavailable("Orders cannot be looked at now; new ones are taken.", down),
        })
    }

    async fn ask<T, F>(&self, asked: impl Fn() -> F, within: Duration) -> Result<T, Broken<Error>>
    where
        F: Future<Output = Result<T, Error>>,
    {
        if !self.open.load(Ordering::SeqCst) {
            return Err(Broken::Open("the database"));
        }
        self.store.ask(&self.database, within, asked).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_time_for_the_database_and_then_the_queue() {
        assert!(STORE + Duration::from_millis(2_200) < crate::observe::TIMEOUT);
        assert!(FIND < crate::observe::TIMEOUT);
    }
}
