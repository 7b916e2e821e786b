//! The relay: events on their way from the outbox to the topic.
//!
//! It runs in every replica. Each takes events that no other has, at most one of an order at a time, and forgets those
//! that the topic has taken; so none is lost, and those of an order keep their order. After a crash in between, an event
//! is published again, with the same id.

mod publish;

use std::sync::Arc;
use std::time::Duration;

use order_runtime::breaker::Breaker;
use order_runtime::store::{Backlog, Error, Fate, Most, Store};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::metrics::Metrics;

pub use publish::Publisher;

/// Most events that are taken at once. Long ones have up to a megabyte each.
const TAKEN: Most = Most { short: 100, long: 8, held: 8 };
/// Longest that the database may take.
const DATABASE: Duration = Duration::from_secs(3);
/// Pause if there is nothing, unless an order is stored here: events of other programs are found by looking. Unit:
/// milliseconds.
const IDLE: std::ops::Range<u64> = 200..700;
/// Pauses after failures grow from the first to the second.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// How often it is counted what waits.
const COUNT: Duration = Duration::from_secs(5);

/// The relay.
#[derive(Debug)]
pub struct Relay {
    /// Where events are taken from.
    pub store: Store,
    /// Guards the database.
    pub database: Arc<Breaker>,
    /// Where they go.
    pub publisher: Publisher,
    /// Hears of every order that is stored.
    pub written: Arc<Notify>,
    /// What is counted.
    pub metrics: Metrics,
    /// Hears what waits, now and then.
    pub counted: watch::Sender<Option<Backlog>>,
}

/// What one round came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Round {
    taken: usize,
    /// How many are not in the way any more: they are published, or held.
    gone: usize,
}

impl Relay {
    /// Publishes until it is to stop, and then what is left, for as long as that goes well. Whoever does not want to wait
    /// drops it: nothing is lost.
    pub async fn run(&self, stop: watch::Receiver<bool>) {
        let mut counted: Option<Instant> = None;
        let mut pause = BACK_OFF.0;
        loop {
            if counted.is_none_or(|when| when.elapsed() >= COUNT) {
                self.count().await;
                counted = Some(Instant::now());
            }
            let stopping = *stop.borrow();
            match self.round().await {
                Ok(Round { taken: 0, .. }) if stopping => return,
                Ok(Round { taken: 0, .. }) => {
                    pause = BACK_OFF.0;
                    self.wait(Duration::from_millis(rand::random_range(IDLE)), stop.clone()).await;
                }
                Ok(round) if round.gone > 0 => pause = BACK_OFF.0,
                failed @ (Ok(_) | Err(_)) => {
                    if let Err(error) = failed {
                        tracing::warn!(cause = %error, "events could not be taken from the outbox");
                    }
                    if stopping {
                        return;
                    }
                    // Replicas that failed together must not come back together.
                    tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
                    pause = (pause * 2).min(BACK_OFF.1);
                }
            }
        }
    }

    async fn round(&self) -> Result<Round, order_runtime::breaker::Broken<Error>> {
        let take = || self.store.take_events(TAKEN);
        let mut batch = self.store.ask(&self.database, DATABASE, take).await?;
        let events = std::mem::take(&mut batch.events);
        let taken = events.len();
        if taken == 0 {
            return Ok(Round { taken, gone: 0 });
        }
        let fates = Box::pin(self.publisher.publish(events)).await;
        let number = |is: fn(&Fate) -> bool| fates.values().filter(|fate| is(fate)).count();
        let (published, waits) = (number(|fate| *fate == Fate::Published), number(|fate| *fate == Fate::Waits));
        self.metrics.published.inc_by(u64::try_from(published).unwrap_or(u64::MAX));
        self.metrics.failed.inc_by(u64::try_from(taken.saturating_sub(published)).unwrap_or(u64::MAX));
        let gone = fates.len().saturating_sub(waits);
        if gone > 0 {
            let stored = async {
                let stored = tokio::time::timeout(DATABASE, batch.settle(&fates)).await;
                stored.unwrap_or(Err(Error::Slow(DATABASE)))
            };
            for event in self.database.call(stored, Error::is_transient).await? {
                tracing::error!(eventId = %event, "the topic refused an event too often; it is parked");
            }
        }
        Ok(Round { taken, gone })
    }

    async fn wait(&self, longest: Duration, stop: watch::Receiver<bool>) {
        tokio::select! {
            () = self.written.notified() => {}
            () = tokio::time::sleep(longest) => {}
            () = order_runtime::health::stopped(stop) => {}
        }
    }

    async fn count(&self) {
        let backlog = || self.store.backlog();
        if let Ok(backlog) = self.store.ask(&self.database, DATABASE, backlog).await {
            self.metrics.backlog(&backlog);
            // Whoever reports may be gone.
            self.counted.send_replace(Some(backlog));
        }
    }
}
