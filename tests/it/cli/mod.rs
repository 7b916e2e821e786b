//! The commands, one module each, and the mistakes that every command reports.

mod check;
mod documents;
mod explain;
mod flags;
mod init;
mod list;
mod mistakes;
mod rules;
mod schema;
mod synth;
