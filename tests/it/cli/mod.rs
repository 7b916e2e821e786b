//! The commands, one module each, and the mistakes that every command reports.

mod mistakes;
mod schema;
mod synth;
