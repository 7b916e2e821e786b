//! The integration tests of the tool, in one binary.
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "test helpers")]
#![expect(clippy::format_push_string, clippy::format_collect, reason = "short texts in tests")]

mod builder;
mod cli;
mod cost;
mod deploy;
mod determinism;
mod documents;
mod generated;
mod golden;
mod live;
mod project;
mod schema;
