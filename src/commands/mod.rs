//! The subcommands: one file each.

pub(crate) mod schema;
pub(crate) mod synth;
