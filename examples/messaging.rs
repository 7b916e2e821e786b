//! The definition of `examples/messaging/stacks/messaging.yaml`, written in Rust.
//!
//! `cargo run --example messaging` compiles it to `infra.out/dev`. A topic here takes only queues of its own order:
//! subscribing `payment` to `ledger` does not compile.

use infra::kinds::queue::Encryption;
use infra::kinds::{Queue, Topic};
use infra::model::build::BuildError;
use infra::model::{Definition, Environment};
use infra::names::Seconds;

/// Builds the definition.
///
/// # Errors
/// If a name is not one.
pub(crate) fn definition() -> Result<Definition, BuildError> {
    let environment = Environment::new("dev", "111122223333", "eu-west-1", "dev.example.com")?;
    let environment = environment.with_project_id("x7gq2mfh9bkr5vtw")?;
    let mut definition = Definition::new("shop", environment)?;
    let mut messaging = definition.stack("messaging")?;
    messaging.describe("Order events to one queue per consumer");

    let payment = messaging.add("payment", Queue::standard().with(|q| q.visibility_timeout = Seconds::new(180)))?;
    let audit = messaging.add("audit", Queue::standard().with(|q| q.encryption = Encryption::Kms))?;
    let bookings = messaging.add("bookings", Queue::fifo().with(|q| q.high_throughput = true))?;

    let events = Topic::standard()
        .subscribe("payment", &payment, |s| {
            s.filter.insert("eventType".to_owned(), vec!["OrderCreated"].into());
        })?
        .subscribe("audit", &audit, |_| {})?;
    messaging.add("order-events", events)?;
    let ledger =
        Topic::fifo().with(|t| t.content_based_deduplication = true).subscribe("bookings", &bookings, |_| {})?;
    messaging.add("ledger", ledger)?;
    Ok(definition)
}

#[cfg(not(test))]
fn main() -> std::process::ExitCode {
    infra::run(definition())
}
