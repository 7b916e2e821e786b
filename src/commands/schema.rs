//! `infra schema`: JSON Schemas of the input files.

use clap::ValueEnum;

use crate::cli::Exit;
use crate::{output, schema};

/// Print the JSON Schema of an input file, for editors and validators.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which file.
    #[arg(default_value = "stack")]
    file: File,
}

/// An input file.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum File {
    /// `infra.yaml`.
    Project,
    /// `stacks/*.yaml`.
    Stack,
    /// The overlays that environments name.
    Overlay,
}

/// Prints the schema.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let schema = match args.file {
        File::Project => schema::project(),
        File::Stack => schema::stack(),
        File::Overlay => schema::overlay(),
    };
    output::result(&format!("{schema:#}\n"))?;
    Ok(Exit::Done)
}
