//! `infra id`: gives the project the id by which what it made is told from what others made.

use anyhow::{Context, bail};

use crate::cli::{Exit, Global};
use crate::files::Project;
use crate::names::ProjectId;
use crate::output;

/// Give the project an id, in infra.yaml: what it makes carries it, so that another project of the same name never takes
/// it for its own, and what was made under an old name is found. Prints the id that is there, if there is one.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Make another id in the place of the one that is there: for a copy of a project that is to be one of its own. What
    /// was made under the old id is then somebody else's.
    #[arg(long)]
    new: bool,
}

/// Prints the id, or makes one and writes it down.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    let project = Project::open(global.project.as_deref())?;
    if let Some(id) = project.id().filter(|_| !args.new) {
        output::result(&format!("{id}\n"))?;
        return Ok(Exit::Done);
    }
    let id = random()?;
    let path = project.write_id(&id).with_context(|| format!("write `id: {id}` into infra.yaml, beside `project`"))?;
    output::note(&format!("{path} has an id now; commit it, and change it never again\n"))?;
    output::result(&format!("{id}\n"))?;
    Ok(Exit::Done)
}

/// An id that no other project has.
pub(super) fn random() -> anyhow::Result<ProjectId> {
    let mut bytes = [0; 16];
    if let Err(error) = getrandom::fill(&mut bytes) {
        bail!("the system gives no random number: {error}");
    }
    Ok(ProjectId::of(bytes))
}
