//! The tool around `infra-core`: reads files, runs commands, prints.
//!
//! `infra_core` is re-exported as the library that Rust definitions are written with.

pub mod cli;
mod commands;
pub mod files;
pub mod output;

pub use infra_core::*;
