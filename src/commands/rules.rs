//! `infra rules`: the rules as a table.

use anyhow::bail;
use clap::ValueEnum;

use crate::cli::Exit;
use crate::diag::{Severity, suggest};
use crate::output;
use crate::rules::{Rule, all};

/// List the rules that `infra check` applies.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// Only rules of this service, the first part of their ids.
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
    /// Only rules of this severity.
    #[arg(long, value_name = "SEVERITY")]
    severity: Option<Weight>,
}

/// How to print.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// For documents.
    Markdown,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Weight {
    /// The run fails.
    Error,
    /// The user should look.
    Warning,
    /// A suggestion.
    Advice,
}

impl From<Weight> for Severity {
    fn from(weight: Weight) -> Self {
        match weight {
            Weight::Error => Self::Error,
            Weight::Warning => Self::Warning,
            Weight::Advice => Self::Advice,
        }
    }
}

/// Prints the rules.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    if let Some(service) = &args.service
        && !all().any(|rule| rule.service() == service)
    {
        match suggest(service, all().map(Rule::service)) {
            Some(near) => bail!("no rule is about `{service}`; did you mean `{near}`?"),
            None => bail!("no rule is about `{service}`; `infra rules` lists all rules"),
        }
    }
    let wanted = |rule: &&Rule| {
        args.service.as_ref().is_none_or(|service| rule.service() == service)
            && args.severity.is_none_or(|weight| rule.severity == Severity::from(weight))
    };
    let rules: Vec<&Rule> = all().filter(wanted).collect();
    output::result(&match args.format {
        Format::Human => output::rules::table(&rules),
        Format::Json => output::rules::json(&rules),
        Format::Markdown => output::rules::markdown(&rules, |_| None),
    })?;
    Ok(Exit::Done)
}
