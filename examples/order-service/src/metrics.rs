//! What is counted.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use order_runtime::breaker::Breaker;
use order_runtime::store::Backlog;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Where durations are told apart. The last is the time-out. Unit: seconds.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0];

/// The counters.
#[derive(Clone, Debug)]
pub struct Metrics {
    requests: Family<Request, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
    orders: Family<Order, Counter>,
    /// Events that the topic has.
    pub published: Counter,
    /// Events that the topic did not take; they are tried again.
    pub failed: Counter,
    waiting: Gauge,
    parked: Gauge,
    oldest: Gauge<f64, AtomicU64>,
    pending: Gauge<f64, AtomicU64>,
    unsettled: Gauge<f64, AtomicU64>,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is stored.
    Stored,
    /// It was stored before.
    Before,
    /// Something else was ordered under its key.
    Conflict,
    /// It waits in the queue.
    Queued,
    /// It was none, or could not be taken.
    Refused,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Before => "before",
            Self::Conflict => "conflict",
            Self::Queued => "queued",
            Self::Refused => "refused",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Order {
    outcome: &'static str,
}

impl Metrics {
    /// Makes them and adds them to a registry.
    pub fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            orders: Family::default(),
            published: Counter::default(),
            failed: Counter::default(),
            waiting: Gauge::default(),
            parked: Gauge::default(),
            oldest: Gauge::default(),
            pending: Gauge::default(),
            unsettled: Gauge::default(),
        };
        registry.register("http_requests", "Requests that were answered", metrics.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "How long answers took",
            Unit::Seconds,
            metrics.durations.clone(),
        );
        registry.register("orders", "Orders by what became of them", metrics.orders.clone());
        registry.register("outbox_published", "Events that the topic has", metrics.published.clone());
        registry.register("outbox_failed", "Events that the topic did not take", metrics.failed.clone());
        registry.register("outbox_waiting", "Events that are not published", metrics.waiting.clone());
        registry.register("outbox_parked", "Events that the topic refused too often", metrics.parked.clone());
        for (name, help, age) in [
            ("outbox_oldest", "How long the oldest event has waited", &metrics.oldest),
            ("orders_oldest_pending", "How long the oldest order has been pending", &metrics.pending),
            ("payments_oldest_unsettled", "How long nobody knows where money is", &metrics.unsettled),
        ] {
            registry.register_with_unit(name, help, Unit::Seconds, age.clone());
        }
        metrics
    }

    /// Counts an answer.
    pub fn answered(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        self.durations.get_or_create(&Route { method, route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&Request { method, route, status: status.into() }).inc();
    }

    /// Shows what is not where it should be.
    pub fn backlog(&self, backlog: &Backlog) {
        self.waiting.set(backlog.waiting);
        self.parked.set(backlog.parked);
        self.oldest.set(backlog.oldest);
        self.pending.set(backlog.pending);
        self.unsettled.set(backlog.unsettled);
    }

    /// Counts an order.
    pub fn order(&self, outcome: Outcome) {
        self.orders.get_or_create(&Order { outcome: outcome.as_str() }).inc();
    }
}

/// Shows whether breakers are closed, when somebody looks.
#[derive(Debug)]
pub struct Breakers(pub Vec<(&'static str, Arc<Breaker>)>);

impl Collector for Breakers {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let help = "1 while calls to the other side are made, 0 while they are not";
        let mut all = encoder.encode_descriptor("breaker_closed", help, None, MetricType::Gauge)?;
        for (name, breaker) in &self.0 {
            let value = ConstGauge::new(i64::from(breaker.is_closed()));
            value.encode(all.encode_family(&[("breaker", *name)])?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_shown() {
        let mut registry = Registry::default();
        let metrics = Metrics::new(&mut registry);
        let breaker = Arc::new(Breaker::new("the topic", 1, Duration::from_secs(1)));
        registry.register_collector(Box::new(Breakers(vec![("sns", breaker)])));
        metrics.answered("POST", "/v1/orders", 202, Duration::from_millis(3));
        metrics.order(Outcome::Queued);
        metrics.backlog(&Backlog { waiting: 3, oldest: 1.5, parked: 2, pending: 7.0, unsettled: 0.0 });
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).expect("it is text");
        for line in [
            r#"http_requests_total{method="POST",route="/v1/orders",status="202"} 1"#,
            r#"http_request_duration_seconds_bucket{le="0.005",method="POST",route="/v1/orders"} 1"#,
            r#"orders_total{outcome="queued"} 1"#,
            "outbox_waiting 3",
            "outbox_parked 2",
            "outbox_oldest_seconds 1.5",
            "orders_oldest_pending_seconds 7.0",
            "payments_oldest_unsettled_seconds 0.0",
            r#"breaker_closed{breaker="sns"} 1"#,
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}
