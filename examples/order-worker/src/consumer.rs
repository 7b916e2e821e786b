//! Takes messages from a queue, holds them while they are worked on, and says to the queue what became of them.
//!
//! Each message is on its own: what becomes of one says nothing of those that came with it. Only messages of one group
//! are worked on one after the other, and when one has to come back, those behind it are given back untouched.
//!
//! A message that merely fails comes back until SQS puts it into the dead-letter queue; five receives are few when
//! something is down for an hour. So no message is taken while the database does not answer, and the more messages in a
//! row failed because something did not answer, the slower and the fewer at a time they are taken.

mod unit;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::handler::Handler;
use crate::metrics::Metrics;
use crate::outcome::{Later, Outcome, jitter};
use crate::queue::Queue;

/// Most messages that SQS gives at a time.
const BATCH: usize = 10;
/// What of the processing time is kept for telling the queue.
const MARGIN: Duration = Duration::from_secs(5);
/// So many outages in a row do not slow it down.
const PATIENCE: u32 = 2;
/// Longest that it waits before it takes another message. Unit: seconds.
const SLOWEST: u64 = 15;

/// How much and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many messages at a time.
    pub concurrency: u32,
    /// Longest that a message may take, with what is said to the queue.
    pub processing: Duration,
    /// How long a message stays hidden if that is not extended.
    pub visibility: Duration,
}

/// Works off a queue.
pub struct Consumer<Q, H> {
    queue: Q,
    handler: H,
    limits: Limits,
    metrics: Metrics,
    stop: watch::Receiver<bool>,
    /// How many messages in a row had to come back, and others with them.
    failures: AtomicU32,
    /// How many in a row because something did not answer.
    outages: AtomicU32,
}

impl<Q: Queue, H: Handler> Consumer<Q, H> {
    /// Works off a queue until it is to stop.
    pub fn new((queue, handler): (Q, H), limits: Limits, metrics: Metrics, stop: watch::Receiver<bool>) -> Arc<Self> {
        let (failures, outages) = (AtomicU32::new(0), AtomicU32::new(0));
        Arc::new(Self { queue, handler, limits, metrics, stop, failures, outages })
    }

    /// Works. Returns when it was to stop, and what it had begun is finished.
    pub async fn run(self: Arc<Self>) {
        let slots = Arc::new(Semaphore::new(usize::try_from(self.limits.concurrency).unwrap_or(1).max(1)));
        let mut tasks = JoinSet::new();
        let mut errors = 0_u32;
        let beside = tokio::spawn({
            let consumer = self.clone();
            async move { consumer.handler.watch().await }
        });
        while !self.is_stopping() {
            forget_ended(&mut tasks);
            let Some(free) = self.free(&slots).await else { break };
            // It is not cut short when the worker is to stop: what the queue is about to give would be hidden for nothing.
            match self.queue.receive(free).await {
                Ok(messages) => {
                    errors = 0;
                    self.metrics.received();
                    for unit in unit::units(messages) {
                        let Ok(slot) = slots.clone().acquire_owned().await else { break };
                        let consumer = self.clone();
                        tasks.spawn(async move {
                            consumer.work(unit).await;
                            drop(slot);
                        });
                    }
                }
                Err(error) => {
                    tracing::warn!(error = %error, "the queue gives no messages");
                    self.sleep(slowed(errors)).await;
                    errors = errors.saturating_add(1);
                }
            }
        }
        // It can be begun again anywhere.
        beside.abort();
        forget_ended(&mut tasks);
        tracing::info!(inFlight = tasks.len(), "no more messages are taken");
        let drained = async {
            while let Some(ended) = tasks.join_next().await {
                note(ended);
            }
        };
        if tokio::time::timeout(self.limits.processing, drained).await.is_err() {
            tracing::error!("some messages took too long, and come back");
        }
    }

    /// Waits until a message may be taken, and returns how many; nothing if it is to stop.
    async fn free(&self, slots: &Semaphore) -> Option<u32> {
        tokio::select! {
            slot = slots.acquire() => drop(slot.ok()?),
            () = self.stopped() => return None,
        }
        if self.is_careful() {
            // What became of those that are in flight says whether to go on like this.
            tokio::select! {
                slots = slots.acquire_many(self.limits.concurrency.max(1)) => drop(slots.ok()?),
                () = self.stopped() => return None,
            }
        }
        let mut waited = false;
        loop {
            let able = tokio::select! { able = self.handler.is_able() => able, () = self.stopped() => return None };
            if able {
                break;
            }
            if !waited {
                tracing::warn!("no messages are taken while the database does not answer");
                waited = true;
            }
            self.sleep(jitter(Duration::from_secs(1))).await;
        }
        let outages = self.outages.load(Ordering::Relaxed);
        if outages > PATIENCE {
            self.sleep(slowed(outages - PATIENCE)).await;
        }
        if self.is_stopping() {
            return None;
        }
        // Whatever made the last one fail should not use up the receives of ten others.
        let most = if self.is_careful() { 1 } else { slots.available_permits().min(BATCH) };
        u32::try_from(most).ok()
    }

    /// Whether messages are taken one at a time.
    fn is_careful(&self) -> bool {
        self.failures.load(Ordering::Relaxed) > 0
    }

    /// Learns from what became of a message, which may be one of a group: others of it can only wait behind.
    fn learn(&self, outcome: &Outcome, grouped: bool) {
        match outcome {
            Outcome::Done(_) | Outcome::Reject(_) => {
                self.failures.store(0, Ordering::Relaxed);
                self.outages.store(0, Ordering::Relaxed);
            }
            Outcome::Later(Later { outage, .. }) => {
                self.failures.fetch_add(u32::from(*outage || grouped), Ordering::Relaxed);
                self.outages.fetch_add(u32::from(*outage), Ordering::Relaxed);
            }
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    async fn stopped(&self) {
        order_runtime::health::stopped(self.stop.clone()).await;
    }

    /// Sleeps, but not past the signal to stop.
    async fn sleep(&self, time: Duration) {
        tokio::select! { () = tokio::time::sleep(time) => {}, () = self.stopped() => {} }
    }
}

/// How long to wait after so many failures in a row.
fn slowed(failures: u32) -> Duration {
    jitter(Duration::from_secs(2_u64.saturating_pow(failures).min(SLOWEST)))
}

fn forget_ended(tasks: &mut JoinSet<()>) {
    while let Some(ended) = tasks.try_join_next() {
        note(ended);
    }
}

/// A task that broke off has let its messages go, and they come back.
fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(error = %error, "internal error: a task broke off");
    }
}

#[cfg(test)]
mod tests;
