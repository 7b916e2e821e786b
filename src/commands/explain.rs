//! `infra explain`: what a finding means, a key of our files, a field of a Kubernetes object, or an approval, without a
//! network.

use anyhow::bail;

use crate::catalogue;
use crate::cli::Exit;
use crate::facts::kubernetes_types;
use crate::model::{ApprovalLevel, ApprovalRule};
use crate::output;
use crate::output::fields::Explained;
use crate::rules::{Rule, all};

/// Explain a rule or finding: why it is one, with its source, what is bad and what is good, how to accept it.
///
/// Explains a key of `infra.yaml` or a stack file too, as `queues.dead-letter.retention`; a field of a Kubernetes object,
/// as `deployment.spec.template.spec.containers.resources`; and what an approval is asked for, as `stack-adoption`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Id or code, as in `ACM-001`, the name of an approval, or the way to a key or field.
    rule: String,
}

/// Prints the explanation.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let rules: Vec<&Rule> = all().collect();
    let Some(topic) = catalogue::find(&rules, &args.rule) else {
        if let Ok(approval) = args.rule.parse::<ApprovalRule>() {
            let when = match approval.default_level() {
                ApprovalLevel::Required => "always",
                ApprovalLevel::Protected => "in protected environments",
                ApprovalLevel::Off => "never",
            };
            output::result(&format!(
                "{approval}: {}\n\nIt is asked for {when}, unless `approvals:` in infra.yaml says otherwise. \
                 `--approve {approval}` agrees to all of it, `--approve {approval}:NAME` for one stack, cluster or zone.\n",
                approval.description()
            ))?;
            return Ok(Exit::Done);
        }
        // `services` and `secrets` are sections of ours and kinds of Kubernetes.
        let (key, field) = (output::keys::explain(&args.rule), output::fields::explain(&args.rule));
        match (key, field) {
            (Explained::Field(text), _) | (_, Explained::Field(text)) => {
                output::result(&text)?;
                return Ok(Exit::Done);
            }
            (Explained::NoField(why), _) | (_, Explained::NoField(why)) => bail!("{why}"),
            (Explained::NoKind, Explained::NoKind) => {}
        }
        if let Some((first, rest)) = args.rule.split_once('.') {
            let sections = output::keys::sections();
            let kinds: Vec<String> = kubernetes_types::all().map(|kind| kind.kind().to_lowercase()).collect();
            let words = sections.iter().chain(&kinds).map(String::as_str);
            if let Some(near) = crate::diag::suggest(&first.to_lowercase(), words) {
                bail!("there is no section and no kind `{first}`; did you mean `{near}.{rest}`?");
            }
        }
        match catalogue::nearest(&rules, &args.rule) {
            Some(near) => bail!("there is no rule or finding `{}`; did you mean `{near}`?", args.rule),
            None => bail!("there is no rule or finding `{}`; `infra rules` lists the rules", args.rule),
        }
    };
    output::result(&output::rules::explain(topic))?;
    Ok(Exit::Done)
}
