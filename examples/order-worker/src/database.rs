//! The database, as the worker asks it: with a time limit and a breaker, and not at all while it does not answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use order_runtime::breaker::{Breaker, Broken};
use order_runtime::store::{Error, Store};
use tokio::sync::OnceCell;

use crate::outcome::{Outcome, Step};

/// Longest that anything may take that is asked of the database.
const LONGEST: Duration = Duration::from_secs(5);
/// So many failures in a row, and it is not asked for a while.
const THRESHOLD: u32 = 3;
/// How long it is not asked then.
const PAUSE: Duration = Duration::from_secs(2);
/// Longest that making its tables may take.
const MIGRATION: Duration = Duration::from_secs(30);

/// The database.
#[derive(Debug)]
pub struct Database {
    store: Store,
    breaker: Breaker,
    /// It did not answer when it was last asked, or was never asked.
    doubted: AtomicBool,
    migrated: OnceCell<()>,
}

impl Database {
    /// Uses a store.
    pub fn new(store: Store) -> Self {
        let breaker = Breaker::new("the database", THRESHOLD, PAUSE);
        Self { store, breaker, doubted: AtomicBool::new(true), migrated: OnceCell::new() }
    }

    /// Returns the store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Whether it answered when it was last asked.
    pub fn has_answered(&self) -> bool {
        !self.doubted.load(Ordering::Relaxed)
    }

    /// Asks for something. It must be safe to ask for it again.
    ///
    /// # Errors
    ///
    /// The message has to come back.
    pub async fn ask<'a, T, F>(&'a self, call: impl Fn() -> F + 'a) -> Step<T>
    where
        F: Future<Output = Result<T, Error>> + 'a,
        T: 'a,
    {
        let broken = match self.store.ask(&self.breaker, LONGEST, call).await {
            Ok(value) => return Ok(value),
            Err(broken) => broken,
        };
        let (outage, refused) = match &broken {
            Broken::Open(_) => (true, false),
            Broken::Failed(error) => (error.is_transient(), matches!(error, Error::Refused(_))),
        };
        if refused {
            tracing::error!(error = %broken, "the database refused what the worker asked for");
        }
        if outage {
            self.doubted.store(true, Ordering::Relaxed);
            return Err(Outcome::outage(broken.to_string()));
        }
        Err(Outcome::later(broken.to_string()))
    }

    /// Whether it answers, and takes changes. It is asked only if it did not answer when it was last asked; the first time, its tables are
    /// made.
    pub async fn answers(&self) -> bool {
        if self.has_answered() {
            return true;
        }
        let migrated = tokio::time::timeout(MIGRATION, self.migrated.get_or_try_init(|| self.store.migrate())).await;
        match migrated {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = %error, "the tables of the database cannot be made now");
                return false;
            }
            Err(_) => return false,
        }
        let answers = self.ask(|| self.store.takes_changes()).await.is_ok();
        if answers {
            self.doubted.store(false, Ordering::Relaxed);
        }
        answers
    }
}
