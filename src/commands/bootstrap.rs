//! `infra bootstrap`: makes the bucket for templates that are too long for a request.

use super::apply::{self, Consent, Manner};
use super::live::{self, Live, Which};
use crate::cli::{Exit, Global};
use crate::output;

/// Make the bucket through which templates over 51,200 bytes go: a stack of its own, shown and asked about as any other.
///
/// The bucket is private, encrypted and versioned, takes TLS only, forgets templates after 30 days, and stays when the
/// stack goes. Where it is there already, nothing changes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    pub(crate) manner: Manner,
}

/// Plans, asks, executes, and says what to write into `infra.yaml`.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    let project = match live::open(global, args.which.env.as_deref())? {
        Ok(live) => live,
        Err(exit) => return Ok(exit),
    };
    let bucket = project.bucket();
    let name = project.desired.environment.clone();
    let named = project.environment.template_bucket.is_some();
    let live = Live { desired: project.desired.bootstrap(&bucket), ..project };
    let exit = live::runtime()?.block_on(async {
        let cloud = live.connect().await?;
        let compared = live.compare(&cloud, &[]).await?;
        let plan = super::diff::plan(&live, &compared);
        apply::show(&live, &plan, &args.manner)?;
        apply::agree(&live, &plan, &args.consent, false)?;
        apply::execute(live, cloud, (plan, None), compared.deployed, &args.manner).await
    })?;
    if exit == Exit::Done && !named {
        output::note(&format!("\nWrite this into infra.yaml, below environment {name}:\n"))?;
        output::result(&format!("    template-bucket: {bucket}\n"))?;
    }
    Ok(exit)
}
