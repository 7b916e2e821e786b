//! The worker: does what orders ask for.
//!
//! One program, five roles; each works off one queue.
//!
//! | role | takes | does |
//! |---|---|---|
//! | `payment` | events | charges, and gives back what a cancelled order was charged |
//! | `inventory` | events | reserves goods, and gives them back |
//! | `email` | events | writes to the customer |
//! | `intake` | bodies that the API put into a queue | stores the orders |
//! | `replay` | orders that could not be stored while the database was down | stores them, each customer's in order |
//!
//! Queues deliver at least once, so everything here may happen again. What is visible outside happens once: the
//! [`ledger`] knows the events that are done, and what is behind it is safe to repeat, because providers are asked with
//! an idempotency key and the store is a state machine.
//!
//! - [`role`], [`settings`] and [`contract`]: what the worker is and needs.
//! - [`message`], [`queue`] and [`consumer`]: how messages are taken, held, finished and given back.
//! - [`outcome`]: what may become of a message.
//! - [`handler`]: what a message asks for. [`database`], [`ledger`] and [`provider`] are what that needs.
//! - [`run`] puts it together; [`cli`] is the command line, with [`dlq`] and [`stock`] for operators.

pub mod cli;
pub mod consumer;
pub mod contract;
pub mod database;
pub mod dlq;
pub mod handler;
pub mod ledger;
pub mod message;
pub mod metrics;
pub mod outcome;
pub mod provider;
pub mod queue;
pub mod role;
pub mod run;
pub mod settings;
pub mod stock;
