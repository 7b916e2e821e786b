//! The program: everything that runs, from the start to the drain.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use order_runtime::breaker::Breaker;
use order_runtime::health::{Health, stopped};
use order_runtime::numbers::Numbers;
use order_runtime::store::{Backlog, Store};
use order_runtime::{aws, ready};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot, watch};

use crate::api::{self, App};
use crate::auth::Tokens;
use crate::desk::Desk;
use crate::limit::Limits;
use crate::metrics::{Breakers, Metrics};
use crate::queue::{Kind, Queue};
use crate::relay::{Publisher, Relay};
use crate::report;
use crate::server;
use crate::settings::Settings;

/// How long requests may take that were there at the stop.
pub const DRAIN_REQUESTS: Duration = Duration::from_secs(15);
/// How long events are published after that.
pub const DRAIN_EVENTS: Duration = Duration::from_secs(8);
/// How long traces are exported after that, as the exporter has it.
pub const DRAIN_TRACES: Duration = Duration::from_secs(5);
/// How long connections of the database and threads take to end.
pub const DRAIN_REST: Duration = Duration::from_secs(2);

/// Failures in a row after which the other side is not asked for a while.
const THRESHOLD: u32 = 5;
/// How long it is not asked.
const PAUSE: Duration = Duration::from_secs(2);

/// The other sides.
struct Guards {
    database: Arc<Breaker>,
    sns: Arc<Breaker>,
    sqs: Arc<Breaker>,
    s3: Arc<Breaker>,
}

impl Guards {
    fn new() -> Self {
        let guard = |name| Arc::new(Breaker::new(name, THRESHOLD, PAUSE));
        Self {
            database: guard("the database"),
            sns: guard("the topic"),
            sqs: guard("the queue"),
            s3: guard("the bucket"),
        }
    }

    /// All of them, by the names that metrics have.
    fn named(&self) -> [(&'static str, Arc<Breaker>); 4] {
        let all = [("database", &self.database), ("sns", &self.sns), ("sqs", &self.sqs), ("s3", &self.s3)];
        all.map(|(name, breaker)| (name, Arc::clone(breaker)))
    }
}

/// Serves until it is to stop; then answers what was asked and publishes what is left, for a bounded time.
///
/// # Errors
///
/// A port is taken, or there can be no client for tokens.
pub async fn run(settings: Settings, stop: watch::Receiver<bool>) -> std::io::Result<()> {
    let config = aws::config(settings.region.clone()).await;
    let mut registry = Registry::default();
    let guards = Guards::new();
    registry.register_collector(Box::new(Breakers(guards.named().to_vec())));
    let metrics = Metrics::new(&mut registry);
    let health = Health::new(registry);
    for (_, breaker) in guards.named() {
        health.depends_on(breaker.name(), move || breaker.is_closed());
    }
    let store = Store::new(settings.database.connections(settings.telemetry.service()));
    let written = Arc::new(Notify::new());
    let app = app(&settings, &config, &guards, (store.clone(), metrics.clone(), Arc::clone(&written)))?;
    let (counted, is_counted) = watch::channel(None);
    let relay = relay(&settings, &config, &guards, (store.clone(), metrics, written, counted));
    if let Some(namespace) = &settings.metrics_namespace {
        let numbers = Numbers::new(&config, namespace.clone()).map_err(std::io::Error::other)?;
        tokio::spawn(report::run(numbers, is_counted));
    }

    let public = listener(settings.port).await?;
    let mut router = api::router(app.clone());
    let apart = settings.health_port != settings.port;
    let (over, is_over) = oneshot::channel::<()>();
    if apart {
        // Probes are answered to the very end.
        let probes = listener(settings.health_port).await?;
        let over = async { drop(is_over.await) };
        tokio::spawn(server::serve(probes, health.routes(), over, Duration::ZERO));
    } else {
        router = router.merge(health.routes());
    }
    let forget = app.clone();
    tokio::spawn(async move { forget.limits.forget().await });
    let fresh = app.clone();
    tokio::spawn(async move { fresh.tokens.keep_fresh().await });
    let closing = store.clone();
    let (stop_relay, relay_stop) = watch::channel(false);
    let starting = health.clone();
    let mut relaying = tokio::spawn(async move {
        tokio::select! {
            // It can take orders without the database, and better with it.
            () = ready::with_tables(&store, &starting) => {}
            // Without tables there is nothing to publish.
            () = stopped(relay_stop.clone()) => return,
        }
        app.desk.open();
        relay.run(relay_stop).await;
    });

    tracing::info!(port = public.local_addr()?.port(), "listening");
    let stopping = async {
        stopped(stop).await;
        health.stopping();
        tracing::info!("stopping");
    };
    server::serve(public, router, stopping, DRAIN_REQUESTS).await;
    // The relay may have ended already.
    let _ = stop_relay.send(true);
    if tokio::time::timeout(DRAIN_EVENTS, &mut relaying).await.is_err() {
        relaying.abort();
        tracing::warn!("events are left for other replicas");
    }
    // A connection that does not end must not keep the process.
    let _ = tokio::time::timeout(DRAIN_REST / 2, closing.close()).await;
    drop(over);
    tracing::info!("stopped");
    Ok(())
}

fn app(
    settings: &Settings,
    config: &SdkConfig,
    guards: &Guards,
    (store, metrics, written): (Store, Metrics, Arc<Notify>),
) -> std::io::Result<App> {
    let queue = |url: &String, kind| Queue::new(config, (url.clone(), kind), Arc::clone(&guards.sqs));
    let replay = queue(&settings.replay_queue_url, Kind::Fifo);
    let intake = queue(&settings.intake_queue_url, Kind::Standard);
    Ok(App::new(api::Parts {
        tokens: Tokens::new(&settings.tokens).map_err(std::io::Error::other)?,
        limits: Limits::new(settings.rate_limit),
        desk: Desk::new(store, Arc::clone(&guards.database), (replay, intake), written),
        answer: settings.answer,
        metrics,
    }))
}

fn relay(
    settings: &Settings,
    config: &SdkConfig,
    guards: &Guards,
    (store, metrics, written, counted): (Store, Metrics, Arc<Notify>, watch::Sender<Option<Backlog>>),
) -> Relay {
    let (topic, bucket) = (settings.topic_arn.clone(), settings.payloads_bucket.clone());
    let publisher = Publisher::new(config, topic, bucket, (Arc::clone(&guards.sns), Arc::clone(&guards.s3)));
    Relay { store, database: Arc::clone(&guards.database), publisher, written, metrics, counted }
}

async fn listener(port: u16) -> std::io::Result<TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    TcpListener::bind(address)
        .await
        .map_err(|error| std::io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))
}
