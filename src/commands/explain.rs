//! `infra explain`: what a finding means, without a network.

use anyhow::bail;

use crate::catalogue;
use crate::cli::Exit;
use crate::output;
use crate::rules::{Rule, all};

/// Explain a rule or finding: why it is one, with its source, what is bad and what is good, how to accept it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Id or code, as in `ACM-001`; letter case does not count.
    rule: String,
}

/// Prints the explanation.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let rules: Vec<&Rule> = all().collect();
    let Some(topic) = catalogue::find(&rules, &args.rule) else {
        match catalogue::nearest(&rules, &args.rule) {
            Some(near) => bail!("there is no rule or finding `{}`; did you mean `{near}`?", args.rule),
            None => bail!("there is no rule or finding `{}`; `infra rules` lists the rules", args.rule),
        }
    };
    output::result(&output::rules::explain(topic))?;
    Ok(Exit::Done)
}
