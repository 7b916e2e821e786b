//! Everything that is printed: results to stdout, the rest to stderr.

pub mod changes;
pub(crate) mod fields;
pub mod github;
pub mod human;
pub mod json;
pub mod junit;
pub(crate) mod keys;
pub mod markdown;
pub(crate) mod progress;
pub mod report;
pub mod rules;
pub mod sarif;
pub mod table;
#[cfg(test)]
mod testing;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::Color;
use crate::diag::Diagnostic;
use crate::source::Sources;

/// Columns of a report when no terminal tells.
const DEFAULT_WIDTH: usize = 120;
/// Lines of a screen when no terminal tells.
const DEFAULT_HEIGHT: usize = 24;

/// Chooses when to colour for the rest of the run.
pub(crate) fn set_color(color: Color) {
    let choice = match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Whether people want to know what is done.
static VERBOSE: AtomicBool = AtomicBool::new(false);

/// Chooses whether to say what is done, for the rest of the run.
pub(crate) fn set_verbose(verbose: bool) {
    VERBOSE.store(verbose, Ordering::Relaxed);
}

/// Says on a line of its own what is done, if somebody wants to know.
pub(crate) fn trace(what: impl FnOnce() -> String) {
    if VERBOSE.load(Ordering::Relaxed) {
        // Nobody may be left to read.
        drop(to_stderr(&format!("infra: {}\n", what())));
    }
}

/// Text in which nothing acts on a terminal but the styles that we write: control characters, those of the second set
/// and marks that turn the direction of text are spelled out, as `\\u001b`.
fn clean(text: &str) -> Cow<'_, str> {
    let acts = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        // The end of a line of Windows, as in the patch of a file that has them.
        if let Some(after) = rest.strip_prefix("\r\n") {
            out.push_str("\r\n");
            rest = after;
            continue;
        }
        let style = style(rest);
        let taken = style.map_or(c.len_utf8(), str::len);
        match style {
            Some(style) => out.push_str(style),
            None if acts(c) => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            None => out.push(c),
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    Cow::Owned(out)
}

/// The style that a text begins with: a colour, bold, faint or underlined, or the end of it; not hidden text.
fn style(text: &str) -> Option<&str> {
    let codes = text.strip_prefix("\x1b[")?;
    let end = codes.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    let (codes, rest) = codes.split_at_checked(end)?;
    let shows = |code: &str| code.parse::<u8>().is_ok_and(|code| !matches!(code, 5..=8)) || code.is_empty();
    // Of a colour by its number, the numbers that follow are none of these codes.
    let coloured = ["38;5;", "48;5;", "38;2;", "48;2;"].iter().any(|start| codes.starts_with(start));
    let shows = rest.starts_with('m') && (coloured || codes.split(';').all(shows));
    shows.then(|| text.get(..codes.len() + 3)).flatten()
}

/// Prints the result of a command; a reader that went away is no failure.
pub(crate) fn result(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(clean(text).as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::from(error).context("cannot write what there is to say"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Prints the result of a command with styles, which are left out where nobody sees them.
pub(crate) fn styled(text: &str) -> anyhow::Result<()> {
    let mut stdout = anstream::AutoStream::auto(std::io::stdout());
    match stdout.write_all(clean(text).as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::from(error).context("cannot write what there is to say"))
        }
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
    match stderr.write_all(clean(text).as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::from(error).context("cannot write what there is to say"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn terminal_width() -> Option<usize> {
    terminal().map(|size| usize::from(size.ws_col)).filter(|width| *width > 0)
}

/// Lines of a screen.
pub(crate) fn height() -> usize {
    terminal().map(|size| usize::from(size.ws_row)).filter(|height| *height > 0).unwrap_or(DEFAULT_HEIGHT)
}

fn terminal() -> Option<rustix::termios::Winsize> {
    if !std::io::stderr().is_terminal() {
        return None;
    }
    rustix::termios::tcgetwinsize(std::io::stderr()).ok()
}

/// Prints why a command could not do its work at all.
pub(crate) fn failure(error: &anyhow::Error) {
    let mut stderr = anstream::AutoStream::auto(std::io::stderr());
    let red = anstyle::AnsiColor::Red.on_default().bold();
    let _ = writeln!(stderr, "{red}error{red:#}: {}", clean(&format!("{error:#}")));
}

/// A program that reads standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// An object an event, one a line.
    Events,
    /// One document.
    Report,
}

impl Program {
    /// Why there is no other answer, as the program reads it; people read the same on standard error.
    pub(crate) fn problem(self, problem: &crate::run::Problem) -> String {
        match self {
            Self::Events => {
                let at = jiff::Timestamp::now().to_string();
                format!("{}\n", serde_json::json!({ "event": "failed", "at": at, "problem": problem }))
            }
            Self::Report => format!("{:#}\n", serde_json::json!({ "version": 1, "problem": problem })),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_spelled_out() {
        assert_eq!(clean("plain \u{1f600} text\n\tof two"), "plain \u{1f600} text\n\tof two");
        assert_eq!(
            clean("\x1b]0;title\x07 \x1b[2J \x1b[8mhidden"),
            "\\u001b]0;title\\u0007 \\u001b[2J \\u001b[8mhidden"
        );
        assert_eq!(clean("a\u{9b}31m b\u{202e}c \r"), "a\\u009b31m b\\u202ec \\u000d");
        assert_eq!(clean("a\r\nb\x07\r\n"), "a\r\nb\\u0007\r\n", "lines of Windows end as they did");
        let styled = "\x1b[1m\x1b[38;5;9merror\x1b[0m: \x1b[31m";
        assert_eq!(clean(styled), styled);
    }
}
