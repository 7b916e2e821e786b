//! `infra completions`: what a shell needs to complete commands, options and their values.

use clap::ValueEnum;
use clap_complete::generate;

use crate::cli::{self, Exit};
use crate::output;

/// Print completions for a shell.
///
/// For bash: `infra completions bash > ~/.local/share/bash-completion/completions/infra`; for zsh, a file `_infra` in a
/// folder of `fpath`; for fish, `~/.config/fish/completions/infra.fish`; for nushell, a file that `config.nu` names with `use`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

/// The shells that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    Nushell,
    Powershell,
    Zsh,
}

/// Prints.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    let mut command = cli::command();
    match args.shell {
        Shell::Bash => generate(clap_complete::Shell::Bash, &mut command, "infra", &mut text),
        Shell::Elvish => generate(clap_complete::Shell::Elvish, &mut command, "infra", &mut text),
        Shell::Fish => generate(clap_complete::Shell::Fish, &mut command, "infra", &mut text),
        Shell::Nushell => generate(clap_complete_nushell::Nushell, &mut command, "infra", &mut text),
        Shell::Powershell => generate(clap_complete::Shell::PowerShell, &mut command, "infra", &mut text),
        Shell::Zsh => generate(clap_complete::Shell::Zsh, &mut command, "infra", &mut text),
    }
    output::result(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}
