//! What the order service and the worker do alike.
//!
//! - [`settings`]: environment variables and the files they name, with everything that is wrong at once.
//! - [`log`] and [`telemetry`]: JSON lines with the id of the request, and traces by OpenTelemetry.
//! - [`health`]: `/livez`, `/readyz` and `/metrics`, and how a program stops.
//! - [`breaker`]: calls that are not made while the other side does not answer.
//! - [`database`] and [`store`]: orders, their events and stock in PostgreSQL; [`scram`]: the passwords of its users;
//!   [`ready`]: a program that waits for its tables.
//! - [`aws`], [`payloads`] and [`numbers`]: clients with time-outs, the bucket of large events, and numbers for alarms.

pub mod aws;
pub mod breaker;
pub mod contract;
pub mod database;
pub mod health;
pub mod log;
pub mod numbers;
pub mod payloads;
pub mod ready;
pub mod scram;
pub mod settings;
pub mod store;
pub mod telemetry;
