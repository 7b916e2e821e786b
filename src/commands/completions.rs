//! `infra completions`: what a shell needs to complete commands, options and their values.

use clap_complete::Shell;

use crate::cli::{self, Exit};
use crate::output;

/// Print completions for a shell.
///
/// For bash: `infra completions bash > ~/.local/share/bash-completion/completions/infra`; for zsh, a file `_infra` in a
/// folder of `fpath`; for fish, `~/.config/fish/completions/infra.fish`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

/// Prints.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut cli::command(), "infra", &mut text);
    output::result(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}
