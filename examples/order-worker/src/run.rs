//! A worker, from its start to its end.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use aws_config::SdkConfig;
use order_runtime::health::{self, Health};
use order_runtime::payloads::Payloads;
use order_runtime::store::Store;
use order_runtime::{aws, ready, telemetry};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;

use crate::consumer::{Consumer, Limits};
use crate::database::Database;
use crate::handler::{Effect, Email, Events, Inventory, Orders, Payment, RoleHandler, Work};
use crate::ledger::{self, Ledger};
use crate::metrics::Metrics;
use crate::provider::Provider;
use crate::queue::Sqs;
use crate::role::Role;
use crate::settings::{self, Settings};

/// Works off the queue of the settings until the process is told to stop, and what was begun is finished.
///
/// # Errors
///
/// It could not begin.
pub fn run(settings: &Settings) -> Result<()> {
    let telemetry = telemetry::start(&settings.telemetry).map_err(|error| anyhow!(error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(work(settings));
    if let Err(error) = &ended {
        tracing::error!(error = format!("{error:#}"), "the worker cannot work");
    }
    // Tasks that still wait for somebody are not waited for.
    runtime.shutdown_background();
    telemetry.shut_down();
    ended
}

async fn work(settings: &Settings) -> Result<()> {
    let stop = health::stop_signal().context("the system gives no signals")?;
    let mut registry = Registry::default();
    let metrics = Metrics::new(&mut registry);
    let health = Health::new(registry);
    let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, settings.health_port));
    let listener = TcpListener::bind(address).await.with_context(|| format!("nothing can listen on {address}"))?;
    let port = listener.local_addr()?.port();
    let routes = health.routes();
    let probes = tokio::spawn(async move { axum::serve(listener, routes).await });

    let config = aws::config(settings.region.clone()).await;
    let queue = Sqs::open(&config, &settings.queue, settings.role.visibility()).await;
    let visibility = queue.visibility();
    let handler = handler(settings, &config, visibility)?;
    let starting = health.clone();
    if let Some(database) = handler.database() {
        let asked = database.clone();
        health.depends_on("the database", move || asked.has_answered());
        tokio::spawn(async move { ready::with_tables(database.store(), &starting).await });
    } else {
        starting.ready();
    }
    let limits = Limits { concurrency: settings.concurrency, processing: settings.role.processing(), visibility };
    let consumer = Consumer::new((queue, handler), limits, metrics, stop.clone());
    tracing::info!(role = settings.role.as_str(), port, concurrency = settings.concurrency, "started");
    let stopping = tokio::spawn({
        let health = health.clone();
        async move {
            health::stopped(stop).await;
            health.stopping();
        }
    });
    consumer.run().await;
    tracing::info!("stopped");
    stopping.abort();
    probes.abort();
    Ok(())
}

/// Makes what the role's work needs.
fn handler(settings: &Settings, config: &SdkConfig, visibility: Duration) -> Result<RoleHandler> {
    let database = settings.database.as_ref().map(|database| {
        let connections = database.connections(&format!("order-worker/{}", settings.role));
        Arc::new(Database::new(Store::new(connections)))
    });
    let needed = || database.clone().ok_or_else(|| missing("database"));
    let work = match settings.role {
        Role::Payment => {
            let pauses = settings.payment.ok_or_else(|| missing("payments"))?;
            let payment = Payment::new(needed()?, provider(settings, "the payment provider")?, pauses);
            Work::Payment(events((settings, visibility), config, database.as_ref(), payment)?)
        }
        Role::Inventory => {
            Work::Inventory(events((settings, visibility), config, database.as_ref(), Inventory::new(needed()?))?)
        }
        Role::Email => {
            let email = Email::new(provider(settings, "the mail provider")?);
            Work::Email(events((settings, visibility), config, database.as_ref(), email)?)
        }
        Role::Intake | Role::Replay => Work::Orders(Orders::new(needed()?)),
    };
    Ok(RoleHandler::new(work, database))
}

fn provider(settings: &Settings, name: &'static str) -> Result<Provider> {
    let provider = settings.provider.as_ref().ok_or_else(|| missing("provider"))?;
    Provider::new(name, provider).context("the client of a provider cannot be made")
}

fn events<E: Effect>(
    (settings, visibility): (&Settings, Duration),
    config: &SdkConfig,
    database: Option<&Arc<Database>>,
    effect: E,
) -> Result<Events<E>> {
    let events = settings.events.as_ref().ok_or_else(|| missing("events"))?;
    let ledger: Arc<dyn Ledger> = match &events.ledger {
        settings::Ledger::DynamoDb { table } => Arc::new(ledger::DynamoDb::new(config, table.clone())),
        settings::Ledger::PostgreSql => {
            let database = database.cloned().ok_or_else(|| missing("database"))?;
            Arc::new(ledger::PostgreSql::new(database))
        }
    };
    let payloads = Payloads::new(config, events.payloads.clone());
    Ok(Events::new((settings.role, effect), ledger, payloads, visibility))
}

fn missing(what: &str) -> anyhow::Error {
    anyhow!("internal error: the role has no settings of its {what}")
}
