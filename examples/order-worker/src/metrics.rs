//! What a worker counts.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::outcome::Outcome;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Became {
    Done,
    Later,
    Rejected,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    outcome: Became,
}

/// The metrics of a worker.
#[derive(Clone, Debug)]
pub struct Metrics {
    messages: Family<Labels, Counter>,
    seconds: Histogram,
    in_flight: Gauge,
    last_receive: Gauge,
}

impl Metrics {
    /// Makes them, and lists them.
    pub fn new(registry: &mut Registry) -> Self {
        let all = Self {
            messages: Family::default(),
            seconds: Histogram::new(exponential_buckets(0.005, 2.5, 12)),
            in_flight: Gauge::default(),
            last_receive: Gauge::default(),
        };
        registry.register("worker_messages", "Messages, by what became of them", all.messages.clone());
        let seconds = "How long messages were worked on";
        registry.register_with_unit("worker_processing", seconds, Unit::Seconds, all.seconds.clone());
        registry.register("worker_in_flight", "Messages that are worked on", all.in_flight.clone());
        let last = "When the queue last answered, in seconds since 1970";
        registry.register("worker_last_receive_time", last, all.last_receive.clone());
        all
    }

    /// A message is begun.
    pub fn begun(&self) {
        self.in_flight.inc();
    }

    /// A message is finished, whatever became of it.
    pub fn finished(&self) {
        self.in_flight.dec();
    }

    /// Notes what became of a message, and how long that took.
    pub fn became(&self, outcome: &Outcome, time: Duration) {
        let outcome = match outcome {
            Outcome::Done(_) => Became::Done,
            Outcome::Later(_) => Became::Later,
            Outcome::Reject(_) => Became::Rejected,
        };
        self.messages.get_or_create(&Labels { outcome }).inc();
        self.seconds.observe(time.as_secs_f64());
    }

    /// The queue answered.
    pub fn received(&self) {
        self.last_receive.set(jiff::Timestamp::now().as_second());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_by_what_became_of_them() {
        let mut registry = Registry::default();
        let metrics = Metrics::new(&mut registry);
        metrics.begun();
        metrics.became(&Outcome::Done("MailSent"), Duration::from_millis(20));
        metrics.became(&Outcome::Reject("no".to_owned()), Duration::ZERO);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).expect("it is written");
        for line in [
            "worker_messages_total{outcome=\"Done\"} 1",
            "worker_messages_total{outcome=\"Rejected\"} 1",
            "worker_processing_seconds_count 2",
            "worker_in_flight 1",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }
}
