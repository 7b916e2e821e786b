//! `infra explain`: what a finding means, or a field of a Kubernetes object, without a network.

use anyhow::bail;

use crate::catalogue;
use crate::cli::Exit;
use crate::output;
use crate::output::fields::Explained;
use crate::rules::{Rule, all};

/// Explain a rule or finding: why it is one, with its source, what is bad and what is good, how to accept it.
///
/// Explains a field of a Kubernetes object too: `deployment.spec.template.spec.containers.resources`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Id or code, as in `ACM-001`, or a kind of Kubernetes with the way to a field; letter case does not count.
    rule: String,
}

/// Prints the explanation.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let rules: Vec<&Rule> = all().collect();
    let Some(topic) = catalogue::find(&rules, &args.rule) else {
        match output::fields::explain(&args.rule) {
            Explained::Field(text) => {
                output::result(&text)?;
                return Ok(Exit::Done);
            }
            Explained::NoField(why) => bail!("{why}"),
            Explained::NoKind => {}
        }
        match catalogue::nearest(&rules, &args.rule) {
            Some(near) => bail!("there is no rule or finding `{}`; did you mean `{near}`?", args.rule),
            None => bail!("there is no rule or finding `{}`; `infra rules` lists the rules", args.rule),
        }
    };
    output::result(&output::rules::explain(topic))?;
    Ok(Exit::Done)
}
