//! The integration tests of the tool, in one binary.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "test helpers")]

mod builder;
mod cli;
mod deploy;
mod determinism;
mod generated;
mod golden;
mod project;
mod schema;
