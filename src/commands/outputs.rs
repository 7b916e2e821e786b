//! `infra outputs`: what the stacks of an environment give out.

use std::fmt::Write as _;

use anyhow::bail;
use clap::ValueEnum;
use serde_json::{Map, Value};

use super::live::{self, Which};
use crate::cli::{Exit, Global};
use crate::cloud::Extent;
use crate::output;
use crate::state::{Deployed, Document, OutputRef, fill, placeholders};

/// Print the outputs of the stacks of an environment, or the documents that are made of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "env")]
    format: Format,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// `ORDERS_DEV_API_CERTIFICATE_REF='…'`, for a shell.
    Env,
    /// An object of objects, by stack and output.
    Json,
    /// The runtime configuration of the web sites, with every value filled in, by path.
    Config,
}

/// Reads and prints.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    live::with(global, args.which.env.as_deref(), async |live, cloud| {
        let deployed = live.read(&cloud, Extent::Outputs).await?;
        output::result(&match args.format {
            Format::Env => env(&deployed),
            Format::Json => format!("{:#}\n", json(&deployed)),
            Format::Config => format!("{:#}\n", config(&live.desired.documents, &deployed)?),
        })?;
        Ok(Exit::Done)
    })
}

fn env(deployed: &Deployed) -> String {
    let mut text = String::new();
    for (key, stack) in &deployed.stacks {
        for (output, value) in &stack.outputs {
            // Text always takes what is written to it.
            let _ = writeln!(text, "{}_{}='{}'", variable(&key.name), variable(output), value.replace('\'', "'\\''"));
        }
    }
    text
}

/// Spells a name as shells take it: `zoneMainRef` is `ZONE_MAIN_REF`.
fn variable(name: &str) -> String {
    let mut text = String::new();
    let mut before = '_';
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            text.push('_');
        }
        text.push(if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' });
        before = letter;
    }
    text
}

fn json(deployed: &Deployed) -> Value {
    let stack = |(key, stack): (&crate::state::StackKey, &crate::state::DeployedStack)| {
        let outputs = stack.outputs.iter().map(|(output, value)| (output.clone(), value.clone().into()));
        (key.to_string(), Value::Object(outputs.collect::<Map<_, _>>()))
    };
    Value::Object(deployed.stacks.iter().map(stack).collect())
}

fn config(documents: &[Document], deployed: &Deployed) -> anyhow::Result<Value> {
    let mut filled = Map::new();
    for document in documents {
        let content = fill(&document.content, &|output: &OutputRef| deployed.output(output).map(str::to_owned));
        let mut unknown = Vec::new();
        placeholders(&content, &mut |output| unknown.push(output.to_string()));
        if let Some(first) = unknown.first() {
            bail!("{} needs {first}, which is not deployed yet", document.path);
        }
        filled.insert(document.path.clone(), content);
    }
    Ok(Value::Object(filled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_shells_take_them() {
        assert_eq!(variable("orders-dev-api"), "ORDERS_DEV_API");
        assert_eq!(variable("ZoneMainNameServers"), "ZONE_MAIN_NAME_SERVERS");
        assert_eq!(variable("Subnet1Ref"), "SUBNET1_REF");
    }
}
