//! The order service: takes orders over HTTP, stores them with their events, and publishes the events.
//!
//! - [`api`]: the routes, and the `OpenAPI` document that follows from them.
//! - [`auth`] and [`limit`]: who calls, and how often.
//! - [`observe`]: what happens around every request, as its id, its span, its time-out and its log line.
//! - [`problem`]: everything that can be answered instead of what was asked for.
//! - [`desk`] and [`queue`]: where an order goes, also while the database is down.
//! - [`relay`]: events on their way from the outbox to the topic; [`outbox`]: what an operator does about them.
//! - [`migrate`]: the tables, and the users of the programs.
//! - [`run`], [`server`], [`settings`], [`contract`], [`metrics`] and [`report`]: the program around it.

pub mod api;
pub mod auth;
pub mod contract;
pub mod desk;
pub mod limit;
pub mod metrics;
pub mod migrate;
pub mod observe;
pub mod outbox;
pub mod problem;
pub mod queue;
pub mod relay;
pub mod report;
pub mod run;
pub mod server;
pub mod settings;
