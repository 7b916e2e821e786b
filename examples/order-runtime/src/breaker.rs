//! Circuit breakers: a call is not made while the other side does not answer.

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// Guards the calls to one other side.
///
/// After `threshold` failures in a row it is open: calls fail at once. After `pause` it lets one call through; if that
/// succeeds it is closed again, else it stays open for another pause.
#[derive(Debug)]
pub struct Breaker {
    name: &'static str,
    threshold: u32,
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One call is on its way, and may fail to come back until then.
    Probing {
        until: Instant,
    },
}

/// What a call came to.
#[derive(Debug)]
pub enum Broken<E> {
    /// It was not made: the other side has not answered lately.
    Open(&'static str),
    /// It was made and failed.
    Failed(E),
}

impl<E: fmt::Display> fmt::Display for Broken<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(name) => write!(f, "{name} has not answered lately and is not asked for now"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for Broken<E> {}

impl Breaker {
    /// Guards calls to what has this name.
    pub fn new(name: &'static str, threshold: u32, pause: Duration) -> Self {
        Self { name, threshold, pause, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// Makes a call, if the other side answers. `counts` says which errors mean that it does not: one about the request
    /// is an answer.
    ///
    /// # Errors
    ///
    /// [`Broken::Open`] if the call was not made, [`Broken::Failed`] with its own error otherwise.
    pub async fn call<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        counts: impl FnOnce(&E) -> bool,
    ) -> Result<T, Broken<E>> {
        if !self.admits() {
            return Err(Broken::Open(self.name));
        }
        match call.await {
            Ok(value) => {
                self.set(State::Closed { failures: 0 });
                Ok(value)
            }
            Err(error) => {
                if counts(&error) {
                    self.failed();
                } else {
                    self.set(State::Closed { failures: 0 });
                }
                Err(Broken::Failed(error))
            }
        }
    }

    /// Returns the name of the other side.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether calls are made now.
    pub fn is_closed(&self) -> bool {
        matches!(*self.lock(), State::Closed { .. })
    }

    fn admits(&self) -> bool {
        let mut state = self.lock();
        let now = Instant::now();
        match *state {
            State::Closed { .. } => true,
            State::Open { until } | State::Probing { until } if until > now => false,
            State::Open { .. } | State::Probing { .. } => {
                *state = State::Probing { until: now + self.pause };
                true
            }
        }
    }

    fn failed(&self) {
        let mut state = self.lock();
        let failures = match *state {
            State::Closed { failures } => failures.saturating_add(1),
            State::Open { .. } | State::Probing { .. } => self.threshold,
        };
        *state = if failures < self.threshold {
            State::Closed { failures }
        } else {
            State::Open { until: Instant::now() + self.pause }
        };
    }

    fn set(&self, to: State) {
        *self.lock() = to;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fails(breaker: &Breaker) -> bool {
        matches!(breaker.call(async { Err::<(), _>("no") }, |_| true).await, Err(Broken::Failed("no")))
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_in_a_row_and_closes_after_one_success() {
        let breaker = Breaker::new("the topic", 3, Duration::from_secs(5));
        assert!(fails(&breaker).await && fails(&breaker).await);
        breaker.call(async { Ok::<_, &str>(()) }, |_| true).await.expect("it is called");
        assert!(fails(&breaker).await && fails(&breaker).await && fails(&breaker).await);
        let not_called = breaker.call(async { Ok::<_, &str>(()) }, |_| true).await.expect_err("it is open");
        assert_eq!(not_called.to_string(), "the topic has not answered lately and is not asked for now");
        tokio::time::advance(Duration::from_secs(5)).await;
        assert!(fails(&breaker).await, "one call is let through");
        assert!(!fails(&breaker).await, "and no other");
        tokio::time::advance(Duration::from_secs(5)).await;
        breaker.call(async { Ok::<_, &str>(()) }, |_| true).await.expect("one call is let through");
        assert!(breaker.is_closed());
    }

    #[tokio::test]
    async fn an_error_about_the_request_is_an_answer() {
        let breaker = Breaker::new("the topic", 1, Duration::from_secs(5));
        let _ = breaker.call(async { Err::<(), _>("bad request") }, |_| false).await;
        assert!(breaker.is_closed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_never_comes_back_does_not_keep_it_open_for_ever() {
        let breaker = Breaker::new("the topic", 1, Duration::from_secs(5));
        assert!(fails(&breaker).await);
        tokio::time::advance(Duration::from_secs(5)).await;
        let probe = breaker.call(std::future::pending::<Result<(), &str>>(), |_| true);
        assert!(tokio::time::timeout(Duration::from_secs(1), probe).await.is_err());
        assert!(!fails(&breaker).await);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert!(fails(&breaker).await);
    }
}
