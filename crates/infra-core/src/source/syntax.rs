//! Says in plain words what the YAML parser did not understand.
//!
//! The parser's messages speak of tokens and contexts; a user wants to know about tabs, quotes and colons.

use super::Span;
use super::yaml::Text;
use crate::diag::{At, Diagnostic};

/// Explains an error of the parser at a byte of the text.
pub(super) fn explain(text: &Text<'_>, at: usize, info: &str) -> Diagnostic {
    let at = at.min(text.body.len());
    if let Some(tab) = find_tab(text, at) {
        return tab_as_indentation(text.span(tab, tab + 1));
    }
    if text.body.get(..at).is_some_and(|before| before.ends_with('\t')) {
        return tab_as_space(text.span(at - 1, at));
    }
    let place = At::Span(text.span(at, end_of_character(text, at)));
    let (at, title, label, help) = match info {
        _ if info.contains("scanning a quoted scalar, found unexpected")
            || info.contains("invalid indentation in quoted scalar") =>
        {
            (
                place,
                "quote is never closed",
                "the string that starts here has no end",
                "close the string with the same quote, and indent its further lines",
            )
        }
        _ if info.contains("quoted scalar, found unknown escape") => (
            place,
            "unknown escape in a double-quoted string",
            "the string starts here",
            "write a backslash as `\\\\`, or use single quotes",
        ),
        _ if info.contains("handle wasn't declared") => {
            return tag(text.span(at, word_end(text, at)), word(text, at));
        }
        _ if info.contains("unknown anchor") => (
            At::Span(text.span(at, word_end(text, at))),
            "alias has no anchor",
            "no value before this one has this anchor",
            "write the anchor before the alias, or quote the text if it is to start with `*`",
        ),
        _ if info.contains("mapping values are not allowed") => (
            place,
            "`:` in a place where no key can stand",
            "not expected here",
            "indent the keys of a mapping alike, and quote a text that contains `: `",
        ),
        _ if info.contains("unexpected character: `@'")
            || info.contains("unexpected character: ``'")
            || info.contains("unexpected character: `%'") =>
        {
            (place, "text cannot start with this character", "reserved by YAML", "put the text in quotes")
        }
        _ if info.contains("did not find expected key")
            || info.contains("block collection")
            || info.contains("simple key expect")
            || info.contains("invalid indentation") =>
        {
            (
                place,
                "line does not fit the ones before it",
                "no key or item is understood here",
                "indent it like the keys or items it belongs to, and end every key with `:`",
            )
        }
        _ if info.contains("illegal placement of ':'")
            || info.contains("flow mapping")
            || info.contains("flow sequence")
            || info.contains("flow construct")
            || info.contains("bracket")
            || info.contains("unexpected eof") =>
        {
            (
                place,
                "`[…]` or `{…}` is not well formed",
                "not expected here",
                "separate items with `,` and close every `[` with `]` and every `{` with `}`",
            )
        }
        _ if info.contains("recursion limit") => (
            place,
            "values are nested too deeply",
            "too many `[` or `{`",
            "flatten the value, or write it as a JSON string",
        ),
        _ if info.contains("unprintable") => (
            place,
            "character cannot be printed",
            "not allowed in YAML",
            "remove it, or write it as an escape in a double-quoted string",
        ),
        _ => (
            place,
            "text is not valid YAML",
            "not understood here",
            "check indentation, quotes and colons around this place",
        ),
    };
    Diagnostic::error("source/syntax", title).at(at, label).note(format!("the YAML parser says: {info}")).help(help)
}

/// Refuses a tag.
pub(super) fn tag(span: Span, tag: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error("source/tag", format!("tag `{tag}` is not supported"))
        .at(At::Span(span), "a tag")
        .note("tags change the meaning of a value in ways that other tools do not see");
    match tag.strip_prefix('!') {
        Some(name @ ("Ref" | "Condition")) => diagnostic.help(format!("write `{name}: …` in full")),
        Some(name) if is_intrinsic(name) => diagnostic.help(format!("write `Fn::{name}: …` in full")),
        Some("!str") => diagnostic.help("put the value in quotes"),
        Some(_) | None => diagnostic.help("remove the tag"),
    }
}

/// Short forms of CloudFormation's functions.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html> (read 2026-11-22).
fn is_intrinsic(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn tab_as_indentation(span: Span) -> Diagnostic {
    Diagnostic::error("source/tab", "tab used as indentation")
        .at(At::Span(span), "a tab")
        .note("YAML counts the spaces before a key; how many a tab stands for is anyone's guess, so tabs are not allowed there")
        .help("replace the tab with spaces, and set your editor to insert spaces in YAML files")
}

fn tab_as_space(span: Span) -> Diagnostic {
    Diagnostic::error("source/tab", "tab used in place of a space")
        .at(At::Span(span), "a tab")
        .note("not every YAML tool takes a tab after a `:` or `-`")
        .help("replace the tab with a space")
}

/// Returns the tab that is to blame for an error: in the indentation of its line, of the one before or of the one after
/// (where a text of several lines is to blame, the parser names its first).
fn find_tab(text: &Text<'_>, at: usize) -> Option<usize> {
    let line = line_start(text, at);
    let previous = line.checked_sub(1).map(|end| line_start(text, end));
    let in_indentation = |start: usize| {
        let rest = text.from(start);
        let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        rest.get(..blank)?.find('\t').map(|tab| start + tab)
    };
    let next = text.from(at).find('\n').map(|newline| at + newline + 1);
    in_indentation(line).or_else(|| previous.and_then(in_indentation)).or_else(|| next.and_then(in_indentation))
}

fn line_start(text: &Text<'_>, at: usize) -> usize {
    text.body.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

fn end_of_character(text: &Text<'_>, at: usize) -> usize {
    text.from(at).chars().next().filter(|c| *c != '\n').map_or(at, |c| at + c.len_utf8())
}

fn word<'a>(text: &Text<'a>, at: usize) -> &'a str {
    text.from(at).split(char::is_whitespace).next().unwrap_or_default()
}

fn word_end(text: &Text<'_>, at: usize) -> usize {
    at + word(text, at).len()
}
