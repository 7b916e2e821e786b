//! That the harness is what the tests of the order service and the worker take it for, and those tests.

#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod chaos;
mod contract;
mod customers;
mod emulator;
mod ends;
mod gateway;
mod issuer;
mod lists;
mod money;
mod openapi;
mod orders;
mod orphans;
mod otlp;
mod outages;
mod outbox;
mod postgres;
mod programs;
mod providers;
mod rejected;
mod rotation;
mod shop;
mod store;
mod topics;
mod users;
