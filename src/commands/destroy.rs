//! `infra destroy`: takes an environment away, as a plan like any other.

use super::apply::{self, Consent, Manner};
use super::live::{self, Halt, Live, Scope, Which};
use crate::cli::{Exit, Global};
use crate::cluster::Depth;
use crate::model::ApprovalRule;
use crate::output;
use crate::plan::{self, Kind, Plan, Terms};

/// Take an environment away: records and Kubernetes objects first, then the stacks in reverse order.
///
/// What templates retain stays. Stacks with termination protection, and data that nothing keeps, are refused unless
/// that was agreed to.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    scope: Scope,
    /// The environment's name again, where nobody can be asked for it.
    #[arg(long, value_name = "ENV")]
    confirm: Option<String>,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    pub(crate) manner: Manner,
}

/// Plans, asks, executes.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    live::with(global, args.which.env.as_deref(), async |live, cloud| {
        let live = Live { scope: args.scope, ..live };
        let deployed = live.read_all(&cloud, Depth::Going).await?;
        let changes = plan::destruction(&live.desired, &deployed);
        let terms = Terms {
            kind: Kind::Destroy,
            created: live::now(),
            expires: live::hence(1),
            selected: std::collections::BTreeSet::new(),
        };
        let plan = Plan::new(changes, &live.desired, &deployed, terms);
        apply::show(&live, &plan, &args.manner)?;
        apply::refuse_blocked(&plan)?;
        if plan.is_empty() {
            return Ok(Exit::Done);
        }
        let mut missing = apply::missing(&live, &plan, &args.consent.approve)?;
        // Whoever types the name agrees that the stacks and objects of the environment go, and not that others' do.
        let takes_others = plan.changes.objects.iter().any(|object| !object.takes.is_empty());
        missing.retain(|requirement| match requirement.rule {
            ApprovalRule::StackDeletion => false,
            ApprovalRule::ObjectDeletion => takes_others,
            _ => true,
        });
        let asks = output::can_ask() && args.confirm.is_none();
        if !missing.is_empty() && !asks {
            return Err(Halt::blocked(apply::not_agreed(&missing, true)).into());
        }
        let agree = if missing.is_empty() { "" } else { " and agree to all of this" };
        apply::confirm(&live.desired.environment, args.confirm.as_deref(), &format!("to take it away{agree}"))?;
        apply::execute(live, cloud, (plan, None), deployed, &args.manner).await
    })
}
