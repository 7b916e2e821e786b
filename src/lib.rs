//! The tool around `infra-core`: reads files, runs commands, prints.
//!
//! `infra_core` is re-exported as the library that Rust definitions are written with.

pub mod cli;
mod cloud;
mod cluster;
mod commands;
pub mod files;
mod fix;
pub mod output;
mod resolver;
mod run;

pub use infra_core::*;

/// Compiles a definition written in Rust to `infra.out/<environment>`, as `infra synth` does with YAML: with the same rules
/// and what entries `allow`, and nothing is written if any finding is an error.
pub fn run(definition: Result<model::Definition, model::build::BuildError>) -> std::process::ExitCode {
    match definition
        .map_err(anyhow::Error::from)
        .and_then(|it| commands::synth::definition(it, std::path::Path::new("infra.out")))
    {
        Ok(exit) => exit.into(),
        Err(error) => {
            output::failure(&error);
            commands::live::Halt::exit(&error).into()
        }
    }
}
