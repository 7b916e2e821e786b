//! Messages that are worked on one after the other, and how each is held.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use order_runtime::telemetry;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument as _, info_span};

use super::{Consumer, MARGIN};
use crate::handler::Handler;
use crate::message::Message;
use crate::metrics::Metrics;
use crate::outcome::{Outcome, pause};
use crate::queue::{Error, Queue};

/// How often the queue is told to delete a message before it has to come back.
const DELETES: u32 = 3;
/// Least time between two attempts to hold a message.
const LEAST: Duration = Duration::from_millis(500);

/// Sorts messages into what is worked on one after the other: those of one group, and every other on its own.
pub(super) fn units(messages: Vec<Message>) -> Vec<VecDeque<Message>> {
    let mut all: Vec<VecDeque<Message>> = Vec::new();
    let mut groups: HashMap<String, usize> = HashMap::new();
    for message in messages {
        let known = message.group.as_ref().and_then(|group| groups.get(group)).copied();
        if let Some(unit) = known.and_then(|index| all.get_mut(index)) {
            unit.push_back(message);
        } else {
            if let Some(group) = &message.group {
                groups.insert(group.clone(), all.len());
            }
            all.push(VecDeque::from([message]));
        }
    }
    all
}

/// A message that stays ours while this exists.
struct Held {
    message: Arc<Message>,
    lost: watch::Receiver<bool>,
    heart: JoinHandle<()>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.heart.abort();
    }
}

impl Held {
    /// Becomes ready when the message is not ours any more.
    async fn lost(&self) {
        let mut lost = self.lost.clone();
        if lost.wait_for(|lost| *lost).await.is_err() {
            // The task that holds it has broken off; the time limit is still there.
            std::future::pending::<()>().await;
        }
    }
}

/// In flight while this exists.
struct InFlight<'a>(&'a Metrics);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.finished();
    }
}

impl<Q: Queue, H: Handler> Consumer<Q, H> {
    /// Works on messages, one after the other. When one has to come back, or the worker is to stop, the others are given
    /// back as they are.
    pub(super) async fn work(self: Arc<Self>, unit: VecDeque<Message>) {
        let mut rest: VecDeque<Held> = unit.into_iter().map(|message| self.clone().hold(message)).collect();
        while !self.is_stopping() {
            let Some(held) = rest.pop_front() else { return };
            if !self.one(held).await {
                break;
            }
        }
        for held in rest {
            let message = held.message.clone();
            drop(held);
            if let Err(error) = self.queue.hide(&message, Duration::ZERO).await {
                tracing::warn!(messageId = message.id.as_str(), error = %error, "a message could not be given back");
            }
        }
    }

    /// Keeps a message hidden from others.
    fn hold(self: Arc<Self>, message: Message) -> Held {
        let (sender, lost) = watch::channel(false);
        let message = Arc::new(message);
        let held = message.clone();
        let heart = tokio::spawn(async move {
            self.beat(&held).await;
            // Whoever worked on it may be done.
            let _ = sender.send(true);
        });
        Held { message, lost, heart }
    }

    /// Hides a message again and again. Returns when it is lost.
    async fn beat(&self, message: &Message) {
        let visibility = self.limits.visibility;
        let mut hidden = Instant::now() + visibility;
        let mut wait = visibility / 3;
        loop {
            tokio::time::sleep(wait).await;
            let asked = Instant::now();
            match self.queue.hide(message, visibility).await {
                Ok(()) => {
                    hidden = asked + visibility;
                    wait = visibility / 3;
                }
                Err(Error::Lost) => return,
                Err(Error::Failed(_)) if Instant::now() >= hidden => return,
                Err(Error::Failed(error)) => {
                    tracing::warn!(messageId = message.id.as_str(), error, "a message could not be held; trying again");
                    wait = (visibility / 12).max(LEAST);
                }
            }
        }
    }

    /// Works on a message. Returns whether it is settled, so that the next one of its group may follow.
    async fn one(&self, held: Held) -> bool {
        let (request, carrier) = held.message.origin();
        let span = info_span!(
            "message",
            otel.kind = "consumer",
            messageId = held.message.id.as_str(),
            requestId = request,
            traceId = Empty,
            orderId = Empty,
            userId = Empty,
        );
        telemetry::adopt(&span, &carrier);
        self.settle(held).instrument(span).await
    }

    async fn settle(&self, held: Held) -> bool {
        let begun = Instant::now();
        self.metrics.begun();
        let in_flight = InFlight(&self.metrics);
        let limit = self.limits.processing.saturating_sub(MARGIN);
        let outcome = tokio::select! {
            biased;
            outcome = self.handler.handle(&held.message) => outcome,
            () = tokio::time::sleep(limit) => Outcome::outage(format!("it took longer than {} s", limit.as_secs())),
            () = held.lost() => {
                tracing::warn!("the message is not ours any more; what is left of it is not done here");
                return false;
            }
        };
        let message = held.message.clone();
        let outcome = self.tell(held, outcome).await;
        self.learn(&outcome, message.group.is_some());
        self.metrics.became(&outcome, begun.elapsed());
        drop(in_flight);
        log(&outcome, message.receives, begun);
        matches!(outcome, Outcome::Done(_) | Outcome::Reject(_))
    }

    /// Tells the queue what became of a message. If it cannot be told, the message comes back, and that is returned.
    async fn tell(&self, held: Held, mut outcome: Outcome) -> Outcome {
        let message = held.message.clone();
        if let Outcome::Reject(reason) = &outcome
            && let Err(error) = self.queue.bury(&message, reason).await
        {
            outcome = Outcome::outage(format!("it cannot be put into the dead-letter queue: {error} ({reason})"));
        }
        match &outcome {
            Outcome::Done(_) | Outcome::Reject(_) => self.delete(&message).await,
            Outcome::Later(later) => {
                // Otherwise the next beat would hide it for the whole time again.
                drop(held);
                let time = later.after.unwrap_or_else(|| pause(message.receives));
                if let Err(error) = self.queue.hide(&message, time).await {
                    tracing::debug!(error = %error, "the message comes back when its time is over");
                }
            }
        }
        outcome
    }

    /// What cannot be deleted comes back, and is then known to be done.
    async fn delete(&self, message: &Message) {
        for call in 1..=DELETES {
            match self.queue.delete(message).await {
                Ok(()) => return,
                Err(error) if call == DELETES => {
                    tracing::warn!(error = %error, "the message could not be deleted and comes back");
                }
                Err(_) => tokio::time::sleep(LEAST).await,
            }
        }
    }
}

fn log(outcome: &Outcome, receives: u32, begun: Instant) {
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    match outcome {
        Outcome::Done(word) => tracing::info!(durationMs = millis, receiveCount = receives, "{word}"),
        Outcome::Later(later) => {
            tracing::warn!(durationMs = millis, receiveCount = receives, reason = later.why.as_str(), "later");
        }
        Outcome::Reject(reason) => {
            tracing::error!(durationMs = millis, receiveCount = receives, reason = reason.as_str(), "rejected");
        }
    }
}
