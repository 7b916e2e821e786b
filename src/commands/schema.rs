//! `infra schema`: JSON Schemas of the input files and of reports.

use clap::ValueEnum;

use crate::cli::Exit;
use crate::{output, schema};

/// Print the JSON Schema of an input file or a report, for editors and validators.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which file.
    #[arg(default_value = "stack")]
    file: File,
}

/// An input file or a report.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum File {
    /// `infra.yaml`.
    Project,
    /// `stacks/*.yaml`.
    Stack,
    /// The overlays that environments name.
    Overlay,
    /// What `infra check --format json` prints.
    Check,
    /// What `infra diff --format json` prints.
    Diff,
}

/// Prints the schema.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let schema = match args.file {
        File::Project => schema::project(),
        File::Stack => schema::stack(),
        File::Overlay => schema::overlay(),
        File::Check => output::json::schema(),
        File::Diff => output::changes::json::schema(),
    };
    output::result(&format!("{schema:#}\n"))?;
    Ok(Exit::Done)
}
