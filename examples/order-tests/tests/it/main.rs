//! That the harness is what the tests of the order service and the worker take it for.

#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod contract;
mod emulator;
mod gateway;
mod issuer;
mod orphans;
mod otlp;
mod postgres;
mod programs;
mod providers;
mod store;
mod topics;
