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

/// The database.
#[derive(Debug)]
pub struct Database {
    store: Store,
    breaker: Breaker,
    /// It did not answer when it was last asked, or was never asked.
    doubted: AtomicBool,
    migrated: OnceCell<()>,
}

/// Longest that making its tables may take.
const MIGRATION: Duration = Duration::from_secs(30);
/// So many connections of the pool may be those of a database that was restarted.
const BROKEN: u32 = 5;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Silent {
    #[error(transparent)]
    Store(Error),
    #[error("the database took longer than {} s", LONGEST.as_secs())]
    Slow,
}

impl Silent {
    fn is_outage(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Slow => true,
        }
    }
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

    /// Asks for something. It must be safe to ask for it again.
    ///
    /// # Errors
    ///
    /// The message has to come back.
    pub fn ask<'a, T, F>(&'a self, call: impl Fn() -> F + 'a) -> impl Future<Output = Step<T>>
    where
        F: Future<Output = Result<T, Error>> + 'a,
        T: 'a,
    {
        // What asks the store is large, and stands in every future above.
        self.limited(move || Box::pin(call()))
    }

    async fn limited<T, F: Future<Output = Result<T, Error>>>(&self, call: impl Fn() -> F) -> Step<T> {
        let limited = async {
            match tokio::time::timeout(LONGEST, at_once(call)).await {
                Ok(answer) => answer.map_err(Silent::Store),
                Err(_) => Err(Silent::Slow),
            }
        };
        let broken = match self.breaker.call(limited, Silent::is_outage).await {
            Ok(value) => return Ok(value),
            Err(broken) => broken,
        };
        let (outage, refused) = match &broken {
            Broken::Open(_) => (true, false),
            Broken::Failed(error) => (error.is_outage(), matches!(error, Silent::Store(Error::Refused(_)))),
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

    /// Whether it answers. It is asked only if it did not answer when it was last asked; the first time, its tables are
    /// made.
    pub async fn answers(&self) -> bool {
        if !self.doubted.load(Ordering::Relaxed) {
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
        let one = async || {
            sqlx::query("SELECT 1").execute(self.store.pool()).await?;
            Ok(())
        };
        let answers = self.ask(one).await.is_ok();
        if answers {
            self.doubted.store(false, Ordering::Relaxed);
        }
        answers
    }
}

/// Asks again at once while connections turn out to be broken: after a restart of the database all of a pool are, and
/// messages should not come back for that. When nothing answers, the pool itself says so after a while.
async fn at_once<T, F: Future<Output = Result<T, Error>>>(call: impl Fn() -> F) -> Result<T, Error> {
    for _ in 1..BROKEN {
        match call().await {
            Err(Error::Unavailable(error)) if is_broken(&error) => {}
            other => return other,
        }
    }
    call().await
}

/// Whether a connection is broken. The last words of a database that stops are `admin_shutdown` and `crash_shutdown`.
fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(said) => said.code().is_some_and(|code| ["57P01", "57P02"].contains(&code.as_ref())),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    fn broken() -> Error {
        Error::Unavailable(sqlx::Error::Io(std::io::ErrorKind::BrokenPipe.into()))
    }

    #[tokio::test]
    async fn broken_connections_are_left_behind() {
        let calls = AtomicU32::new(0);
        let call = async || if calls.fetch_add(1, Ordering::Relaxed) < 3 { Err(broken()) } else { Ok(7) };
        assert!(matches!(at_once(call).await, Ok(7)));
        let calls = AtomicU32::new(0);
        let call = async || {
            calls.fetch_add(1, Ordering::Relaxed);
            Err::<(), _>(broken())
        };
        assert!(at_once(call).await.is_err());
        assert_eq!(calls.load(Ordering::Relaxed), BROKEN);
    }
}
