//! Says in plain words what the YAML parser did not understand.
//!
//! The parser's messages speak of tokens and contexts; a user wants to know about tabs, quotes and colons.

use super::Span;
use super::text::Text;
use crate::diag::{At, Diagnostic};

/// What a message of the parser means to who wrote the file.
struct Explanation {
    /// Parts of the parser's messages that say this.
    messages: &'static [&'static str],
    title: &'static str,
    label: &'static str,
    help: &'static str,
}

/// The messages of saphyr-parser 0.3 that deserve better words; the first that fits counts.
const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        messages: &["scanning a quoted scalar, found unexpected", "invalid indentation in quoted scalar"],
        title: "quote is never closed",
        label: "the string that starts here has no end",
        help: "close the string with the same quote, and indent its further lines",
    },
    Explanation {
        messages: &["quoted scalar, found unknown escape"],
        title: "unknown escape in a double-quoted string",
        label: "the string starts here",
        help: "write a backslash as `\\\\`, or use single quotes",
    },
    Explanation {
        messages: &["unknown anchor"],
        title: "alias has no anchor",
        label: "no value before this one has this anchor",
        help: "write the anchor before the alias, or quote the text if it is to start with `*`",
    },
    Explanation {
        messages: &["mapping values are not allowed"],
        title: "`:` in a place where no key can stand",
        label: "not expected here",
        help: "indent the keys of a mapping alike, and quote a text that contains `: `",
    },
    Explanation {
        messages: &["unexpected character: `@'", "unexpected character: ``'", "unexpected character: `%'"],
        title: "text cannot start with this character",
        label: "reserved by YAML",
        help: "put the text in quotes",
    },
    Explanation {
        messages: &["did not find expected key", "block collection", "simple key expect", "invalid indentation"],
        title: "line does not fit the ones before it",
        label: "no key or item is understood here",
        help: "indent it like the keys or items it belongs to, and end every key with `:`",
    },
    Explanation {
        messages: &[
            "illegal placement of ':'",
            "flow mapping",
            "flow sequence",
            "flow construct",
            "bracket",
            "unexpected eof",
        ],
        title: "`[…]` or `{…}` is not well formed",
        label: "not expected here",
        help: "separate items with `,` and close every `[` with `]` and every `{` with `}`",
    },
    Explanation {
        messages: &["recursion limit"],
        title: "values are nested too deeply",
        label: "too many `[` or `{`",
        help: "flatten the value, or write it as a JSON string",
    },
    Explanation {
        messages: &["unprintable"],
        title: "character cannot be printed",
        label: "not allowed in YAML",
        help: "remove it, or write it as an escape in a double-quoted string",
    },
    Explanation {
        messages: &[""],
        title: "text is not valid YAML",
        label: "not understood here",
        help: "check indentation, quotes and colons around this place",
    },
];

/// Explains an error of the parser at a byte of the text.
pub(super) fn explain(text: &Text<'_>, at: usize, info: &str) -> Diagnostic {
    let at = at.min(text.body.len());
    if let Some(tab) = find_tab(text, at) {
        return tab_as_indentation(text.span(tab, tab + 1));
    }
    if text.body.get(..at).is_some_and(|before| before.ends_with('\t')) {
        return tab_as_space(text.span(at - 1, at));
    }
    if info.contains("handle wasn't declared") {
        return tag(text.span(at, word_end(text, at)), word(text, at));
    }
    let end = if info.contains("unknown anchor") { word_end(text, at) } else { end_of_character(text, at) };
    let diagnostic = |explanation: &Explanation| {
        Diagnostic::error("source/syntax", explanation.title)
            .at(At::Span(text.span(at, end)), explanation.label)
            .note(format!("the YAML parser says: {info}"))
            .help(explanation.help)
    };
    let fits = |explanation: &&Explanation| explanation.messages.iter().any(|message| info.contains(message));
    EXPLANATIONS.iter().find(fits).map_or_else(|| Diagnostic::error("source/syntax", info), diagnostic)
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
