//! The pure half of `infra`: a typed model of AWS infrastructure and the pipe that compiles it.
//!
//! `load -> resolve -> lower -> assemble`, each a pure function that returns its value and diagnostics.
//! Nothing here reads a file, a clock, an environment variable or a random source; `clippy.toml` fences that.

#[macro_use]
pub mod artifacts;
pub mod diag;
pub mod facts;
pub mod names;
pub mod source;
