//! Everything that is printed: results to stdout, the rest to stderr.

pub mod changes;
pub(crate) mod fields;
pub mod github;
pub mod human;
pub mod json;
pub mod junit;
pub mod markdown;
pub(crate) mod progress;
pub mod report;
pub mod rules;
pub mod sarif;
pub mod table;
#[cfg(test)]
mod testing;

use std::io::{IsTerminal, Write};

use crate::cli::Color;
use crate::diag::Diagnostic;
use crate::source::Sources;

/// Columns of a report when no terminal tells.
const DEFAULT_WIDTH: usize = 120;

/// Chooses when to colour for the rest of the run.
pub(crate) fn set_color(color: Color) {
    let choice = match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Prints the result of a command; a reader that went away is no failure.
pub(crate) fn result(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Prints the result of a command with styles, which are left out where nobody sees them.
pub(crate) fn styled(text: &str) -> anyhow::Result<()> {
    let mut stdout = anstream::AutoStream::auto(std::io::stdout());
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Whether somebody can be asked.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks, and returns the line that is answered; nothing if the input ends.
pub(crate) fn ask(question: &str) -> anyhow::Result<String> {
    to_stderr(question)?;
    std::io::stderr().flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// Columns of a result.
pub(crate) fn width() -> usize {
    terminal_width().unwrap_or(DEFAULT_WIDTH)
}

/// Prints findings for people.
pub(crate) fn diagnostics(sources: &Sources, list: &[Diagnostic]) -> anyhow::Result<()> {
    if list.is_empty() {
        return Ok(());
    }
    let width = terminal_width().unwrap_or(DEFAULT_WIDTH);
    to_stderr(&human::diagnostics(sources, list, true, width))
}

/// Prints findings for people, without counting them.
pub(crate) fn findings(sources: &Sources, list: &[Diagnostic]) -> anyhow::Result<()> {
    to_stderr(&human::findings(sources, list, true, terminal_width().unwrap_or(DEFAULT_WIDTH)))
}

/// Prints findings that are the result of a command.
pub(crate) fn result_findings(sources: &Sources, list: &[Diagnostic]) -> anyhow::Result<()> {
    styled(&human::findings(sources, list, true, terminal_width().unwrap_or(DEFAULT_WIDTH)))
}

/// Prints a word beside the result.
pub(crate) fn note(text: &str) -> anyhow::Result<()> {
    to_stderr(text)
}

fn to_stderr(text: &str) -> anyhow::Result<()> {
    let mut stderr = anstream::AutoStream::auto(std::io::stderr());
    match stderr.write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn terminal_width() -> Option<usize> {
    if !std::io::stderr().is_terminal() {
        return None;
    }
    rustix::termios::tcgetwinsize(std::io::stderr())
        .ok()
        .map(|size| usize::from(size.ws_col))
        .filter(|width| *width > 0)
}

/// Prints why a command could not do its work at all.
pub(crate) fn failure(error: &anyhow::Error) {
    let mut stderr = anstream::AutoStream::auto(std::io::stderr());
    let red = anstyle::AnsiColor::Red.on_default().bold();
    let _ = writeln!(stderr, "{red}error{red:#}: {error:#}");
}

/// Prints that `infra` itself is wrong.
pub(crate) fn bug(panic: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(
        stderr,
        "internal error: {panic}\nThis is a bug in infra; please report it with the input that shows it."
    );
}

/// Spells a number of things: "1 file", "2 files".
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = match (number, noun.ends_with('y')) {
        (1, _) => return format!("1 {noun}"),
        (_, true) => format!("{}ies", noun.trim_end_matches('y')),
        (_, false) => format!("{noun}s"),
    };
    format!("{number} {plural}")
}

/// Spells the way from one version of a file to another as a unified diff.
pub(crate) fn patch(path: &str, old: Option<&Vec<u8>>, new: Option<&Vec<u8>>) -> String {
    let text = |bytes: Option<&Vec<u8>>| String::from_utf8_lossy(bytes.map_or(&[], Vec::as_slice)).into_owned();
    let name = |side: &str, bytes: Option<&Vec<u8>>| {
        bytes.map_or_else(|| "/dev/null".to_owned(), |_| format!("{side}/{path}"))
    };
    similar::TextDiff::from_lines(&text(old), &text(new))
        .unified_diff()
        .header(&name("a", old), &name("b", new))
        .to_string()
}
