//! `infra man`: the pages of the manual, made from the command line itself.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap_mangen::Man;

use crate::cli::{self, Exit};
use crate::diag::suggest;
use crate::files::{Unwritten, replace_file, shown};
use crate::output;

/// Print a page of the manual, or write all of them to a folder.
///
/// `infra man --out ~/.local/share/man/man1` lets `man infra` and `man infra-diff` find them; `infra man diff | man -l -`
/// shows one.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The command whose page is printed; that of `infra` itself if none is named.
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    command: Option<String>,
    /// Folder to write every page to.
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints or writes.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let pages = pages()?;
    if let Some(folder) = &args.out {
        fs::create_dir_all(folder).map_err(|error| Unwritten::new(folder, error))?;
        for (name, page) in &pages {
            replace_file(&folder.join(format!("{name}.1")), page)?;
        }
        output::result(&format!("{} written to {}\n", output::count(pages.len(), "page"), shown(folder)))?;
        return Ok(Exit::Done);
    }
    let wanted = args.command.as_ref().map_or_else(|| "infra".to_owned(), |command| format!("infra-{command}"));
    let Some((_, page)) = pages.iter().find(|(name, _)| *name == wanted) else {
        let command = args.command.as_deref().unwrap_or_default();
        match suggest(command, pages.iter().filter_map(|(name, _)| name.strip_prefix("infra-"))) {
            Some(near) => bail!("there is no command `{command}`; did you mean `{near}`?"),
            None => bail!("there is no command `{command}`; `infra --help` lists them"),
        }
    };
    output::result(&String::from_utf8_lossy(page))?;
    Ok(Exit::Done)
}

/// The pages by name: of `infra` and of each of its commands, with those that a command has below it.
fn pages() -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut root = cli::command().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    let mut commands = vec![("infra".to_owned(), root)];
    while let Some((name, command)) = commands.pop() {
        let below = command.get_subcommands().filter(|it| it.get_name() != "help" && !it.is_hide_set());
        commands.extend(below.map(|it| (format!("{name}-{}", it.get_name()), it.clone())));
        let mut page = Vec::new();
        // The name of a static life is what clap wants; the title of the page is ours.
        let man = Man::new(command.display_name(name.clone())).title(name.clone());
        man.render(&mut page).context("cannot make the page of the manual")?;
        pages.push((name, page));
    }
    pages.sort();
    Ok(pages)
}
