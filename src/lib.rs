//! The tool around `infra-core`: reads files, runs commands, prints.

pub mod output;
