//! Findings as text for people, in the form that `rustc` made familiar.
//!
//! Depends on `annotate-snippets`, which draws the lines; what is shown of a file is chosen here:
//! only the lines with labels, of a label over several lines the first, bytes that are not UTF-8 as `�`.

use std::borrow::Cow;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet, normalize_untrusted_str};
use infra_core::diag::{At, Diagnostic, Edit, Fix, Label, Severity};
use infra_core::source::{FileId, Sources, Span};

use super::report::{Report, counts, name};

/// Narrowest terminal that is drawn for.
///
/// Unit: columns. Below it nothing useful would be left of a line.
const MIN_WIDTH: usize = 40;

/// Width of a report that no terminal shows.
///
/// Unit: columns.
const PLAIN_WIDTH: usize = 120;

/// Returns the findings as text, with a line that counts them; nothing if there are none.
///
/// `width` is that of the terminal in columns. With `colour` the text has ANSI escapes.
pub fn diagnostics(sources: &Sources, list: &[Diagnostic], colour: bool, width: usize) -> String {
    let mut out = findings(sources, list, colour, width);
    if !list.is_empty() {
        out.push_str(&counts(list));
        out.push('\n');
    }
    out
}

/// Returns a report as plain text.
pub fn report(report: &Report<'_>) -> String {
    findings(report.sources, report.findings, false, PLAIN_WIDTH) + &report.summary() + "\n"
}

/// Returns the findings as text.
pub fn findings(sources: &Sources, list: &[Diagnostic], colour: bool, width: usize) -> String {
    let width = width.max(MIN_WIDTH);
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() }.term_width(width);
    let mut out = String::new();
    for diagnostic in list {
        let mut groups = vec![group(sources, diagnostic, width)];
        groups.extend(diagnostic.fix.as_ref().and_then(|fix| suggestion(sources, diagnostic, fix)));
        out.push_str(&renderer.render(&groups));
        out.push_str("\n\n");
    }
    out
}

/// Returns a place as `path:line:column`, or `path` where only the file is known.
pub fn position(sources: &Sources, at: &At) -> String {
    match at {
        At::Span(span) | At::Hidden(span) => {
            let (line, column) = sources.line_column(span.file, span.start);
            format!("{}:{line}:{column}", path(sources, span.file))
        }
        At::File(file) => path(sources, *file).to_owned(),
        At::Caller { file, line } => format!("{file}:{line}"),
    }
}

fn path(sources: &Sources, file: FileId) -> &str {
    sources.get(file).map_or("<unknown file>", |file| file.shown.as_str())
}

fn group<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic, width: usize) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Advice => Level::INFO.with_name("advice"),
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.title.as_str()).id(name(diagnostic)));
    for element in places(diagnostic) {
        group = match element {
            Place::Lines(file, labels) => lines(sources, file, &labels).into_iter().fold(group, Group::element),
            Place::Whole(label) => {
                let shown = group.element(origin(sources, &label.at));
                if label.text.is_empty() {
                    shown
                } else {
                    shown.element(Level::NOTE.message(message(&label.text, width)))
                }
            }
        };
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(message(note, width)));
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(message(help, width)));
    }
    let about = diagnostic.subject.iter().map(|subject| ("deployed as", subject.clone()));
    let found = (!diagnostic.environments.is_empty()).then(|| ("found in", diagnostic.environments.join(", ")));
    let see = diagnostic.url.iter().map(|url| ("see", (*url).to_owned()));
    for (word, text) in about.chain(found).chain(see) {
        group = group.element(Level::NOTE.with_name(word).message(message(&text, width)));
    }
    group
}

/// Returns what a fix would change; nothing where the lines hold something that must not be shown.
fn suggestion<'a>(sources: &'a Sources, diagnostic: &Diagnostic, fix: &'a Fix) -> Option<Group<'a>> {
    let labels = diagnostic.primary.iter().chain(&diagnostic.others);
    if labels.into_iter().any(|label| matches!(label.at, At::Hidden(_))) {
        return None;
    }
    let mut files: Vec<(FileId, Vec<&Edit>)> = Vec::new();
    for edit in &fix.edits {
        match files.iter_mut().find(|(file, _)| *file == edit.span.file) {
            Some((_, edits)) => edits.push(edit),
            None => files.push((edit.span.file, vec![edit])),
        }
    }
    let title = normalize_untrusted_str(&fix.title);
    let group = Group::with_title(Level::HELP.secondary_title(title));
    let snippets = files.iter().filter_map(|(file, edits)| patched(sources, *file, edits));
    let group = snippets.fold(group, Group::element);
    (!group.is_empty()).then_some(group)
}

/// Returns the lines of a file that edits change.
fn patched<'a>(sources: &'a Sources, file: FileId, edits: &[&'a Edit]) -> Option<Snippet<'a, Patch<'a>>> {
    let source = sources.get(file)?;
    let text = std::str::from_utf8(&source.bytes).ok()?;
    let at = |byte: u32| usize::try_from(byte).unwrap_or(usize::MAX);
    let first = edits.iter().map(|edit| at(edit.span.start)).min()?;
    let last = edits.iter().map(|edit| at(edit.span.end)).max()?;
    let from = text.get(..first)?.rfind('\n').map_or(0, |newline| newline + 1);
    let to = last + text.get(last..)?.find('\n').unwrap_or(text.len() - last);
    let window = text.get(from..to)?;
    let first_line = text.get(..from)?.matches('\n').count() + 1;
    let inside = |edit: &&&Edit| window.get(at(edit.span.start) - from..at(edit.span.end) - from).is_some();
    let patches = edits.iter().filter(inside).map(|edit| {
        let range = at(edit.span.start) - from..at(edit.span.end) - from;
        Patch::new(range, normalize_untrusted_str(&edit.text))
    });
    Some(
        Snippet::source(window).path(source.shown.as_str()).line_start(first_line).patches(patches.collect::<Vec<_>>()),
    )
}

/// What is shown between the title and the notes.
enum Place<'a> {
    /// Lines of one file with their labels.
    Lines(FileId, Vec<Mark<'a>>),
    /// A file or a line of a program, of which no text is shown.
    Whole(&'a Label),
}

/// A label on a range of bytes.
struct Mark<'a> {
    span: Span,
    text: &'a str,
    primary: bool,
}

/// Returns the places of a finding: the primary one first, labels of one file together.
fn places(diagnostic: &Diagnostic) -> Vec<Place<'_>> {
    let primary = diagnostic.primary.iter().map(|label| (label, true));
    let mut places: Vec<Place<'_>> = Vec::new();
    for (label, primary) in primary.chain(diagnostic.others.iter().map(|label| (label, false))) {
        let At::Span(span) = &label.at else {
            places.push(Place::Whole(label));
            continue;
        };
        let mark = Mark { span: *span, text: &label.text, primary };
        let same = places.iter_mut().find_map(|place| match place {
            Place::Lines(file, marks) if *file == span.file => Some(marks),
            Place::Lines(..) | Place::Whole(_) => None,
        });
        match same {
            Some(marks) => marks.push(mark),
            None => places.push(Place::Lines(span.file, vec![mark])),
        }
    }
    places
}

fn origin<'a>(sources: &'a Sources, at: &At) -> Origin<'a> {
    match at {
        At::File(file) => Origin::path(path(sources, *file)),
        At::Caller { file, line } => Origin::path(*file).line(usize::try_from(*line).unwrap_or(usize::MAX)),
        At::Span(_) | At::Hidden(_) => Origin::path(position(sources, at)),
    }
}

/// Returns the lines of a file from the first to the last label.
fn lines<'a>(
    sources: &'a Sources,
    file: FileId,
    marks: &[Mark<'a>],
) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let source = sources.get(file)?;
    let bytes = source.bytes.as_slice();
    let at = |byte: u32| usize::try_from(byte).unwrap_or(usize::MAX).min(bytes.len());
    let first = marks.iter().map(|mark| at(mark.span.start)).min()?;
    let last = marks.iter().map(|mark| at(mark.span.start)).max()?;
    let from = bytes.get(..first)?.iter().rposition(|b| *b == b'\n').map_or(0, |newline| newline + 1);
    let to = last + bytes.get(last..)?.iter().position(|b| *b == b'\n').unwrap_or(bytes.len() - last);
    let window = Window::new(bytes.get(from..to)?);
    let first_line = bytes.get(..from)?.split(|b| *b == b'\n').count();
    let annotations: Vec<_> = marks
        .iter()
        .map(|mark| {
            let kind = if mark.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let range = window.range(at(mark.span.start) - from, at(mark.span.end).saturating_sub(from));
            kind.span(range).label((!mark.text.is_empty()).then_some(mark.text))
        })
        .collect();
    Some(Snippet::source(window.text).path(source.shown.as_str()).line_start(first_line).annotations(annotations))
}

/// A part of a file as text.
struct Window<'a> {
    bytes: &'a [u8],
    text: Cow<'a, str>,
}

impl<'a> Window<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, text: String::from_utf8_lossy(bytes) }
    }

    /// Returns where bytes stand in the text; of several lines the first.
    fn range(&self, start: usize, end: usize) -> std::ops::Range<usize> {
        let start = self.boundary(start);
        let rest = self.text.get(start..).unwrap_or_default();
        let line = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let end = self.boundary(end.min(self.bytes.len())).max(start);
        start..end.min(start + line)
    }

    fn boundary(&self, byte: usize) -> usize {
        let before = match &self.text {
            Cow::Borrowed(_) => byte,
            Cow::Owned(_) => String::from_utf8_lossy(self.bytes.get(..byte).unwrap_or(self.bytes)).len(),
        };
        let mut at = before.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// Returns a note or help without control characters, broken at spaces to fit the terminal.
///
/// What stands in backticks is never broken, so that it can be copied.
fn message(text: &str, width: usize) -> String {
    let room = width.saturating_sub("   = note: ".len()).max(20);
    let mut out = String::new();
    let mut column = 0;
    for line in text.split('\n') {
        if !out.is_empty() {
            out.push('\n');
            column = 0;
        }
        for word in words(&normalize_untrusted_str(line)) {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > room {
                out.push('\n');
                column = 0;
            } else if column > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
        }
    }
    out
}

/// Splits a line at the spaces outside of backticks.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    line.split(move |c: char| {
        quoted ^= c == '`';
        c == ' ' && !quoted
    })
}

#[cfg(test)]
mod tests {
    use infra_core::diag::Diagnostics;
    use infra_core::source::{Variables, from_node, interpolate, parse};

    use super::*;

    fn shown(text: &[u8]) -> String {
        shown_at(text, 100)
    }

    /// Renders what is wrong with a file of the shape `name -> {size: number, labels: {…}}`.
    fn shown_at(text: &[u8], width: usize) -> String {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        struct Entry {
            #[expect(dead_code, reason = "only its mistakes are looked at")]
            max_size: u16,
            #[expect(dead_code, reason = "only its mistakes are looked at")]
            account: Option<String>,
        }
        let mut sources = Sources::default();
        let file = sources.add("stacks/orders.yaml", text);
        let mut diags = Diagnostics::default();
        if let Some(mut node) = parse(file, text, &mut diags) {
            let variables = Variables::new([("env.domain".to_owned(), "example.com".to_owned())]);
            interpolate(&mut node, &variables, true, &mut diags);
            from_node::<std::collections::BTreeMap<String, Entry>>(&node, &mut diags);
        }
        diagnostics(&sources, &diags.into_sorted(), false, width)
    }

    #[test]
    fn mistakes_of_one_entry() {
        insta::assert_snapshot!(shown(b"queue:\n  max-sizes: 3\n  account: 012345678901\nother:\n  max-size: 70000\n"), @r#"
        error[source/unknown-key]: unknown key `max-sizes`
         --> stacks/orders.yaml:2:3
          |
        2 |   max-sizes: 3
          |   ^^^^^^^^^ not a key of this mapping
          |
          = help: did you mean `max-size`?
        help: write `max-size`
          |
        2 -   max-sizes: 3
        2 +   max-size: 3
          |

        error[source/wrong-type]: expected a string, found a number
         --> stacks/orders.yaml:3:12
          |
        3 |   account: 012345678901
          |            ^^^^^^^^^^^^ YAML reads this as a number
          |
          = note: without quotes some YAML tools read `012345678901` as an octal number, others drop the
                  leading zero
          = help: write "012345678901"

        error[source/out-of-range]: number 70000 is out of range
         --> stacks/orders.yaml:5:13
          |
        5 |   max-size: 70000
          |             ^^^^^ must be from 0 to 65535
          |
          = help: write a number from 0 to 65535

        3 errors
        "#);
    }

    #[test]
    fn labels_of_one_file_are_shown_together() {
        insta::assert_snapshot!(shown(b"queue:\n  max-size: 3\n\n# far\n# away\n\nqueue:\n  max-size: 4\n"), @r#"
        error[source/duplicate-key]: key `queue` is written twice
         --> stacks/orders.yaml:7:1
          |
        1 | queue:
          | ----- the first time
        ...
        7 | queue:
          | ^^^^^ the second time
          |
          = note: YAML tools keep one of the two without saying which
          = help: remove or rename one of them

        1 error
        "#);
    }

    #[test]
    fn a_tab() {
        insta::assert_snapshot!(shown(b"queue:\n\tmax-size: 3\n"), @r#"
        error[source/tab]: tab used as indentation
         --> stacks/orders.yaml:2:1
          |
        2 |     max-size: 3
          | ^^^^ a tab
          |
          = note: YAML counts the spaces before a key; how many a tab stands for is anyone's guess, so tabs
                  are not allowed there
          = help: replace the tab with spaces, and set your editor to insert spaces in YAML files

        1 error
        "#);
    }

    #[test]
    fn wide_and_combined_characters_stay_aligned() {
        insta::assert_snapshot!(shown("数据: {max-size:\tfünf, größe: 1}\n".replace('\t', " ").as_bytes()), @r#"
        error[source/wrong-type]: expected a number, found a string
         --> stacks/orders.yaml:1:16
          |
        1 | 数据: {max-size: fünf, größe: 1}
          |                  ^^^^ this is a string
          |
          = help: write a number

        error[source/unknown-key]: unknown key `größe`
         --> stacks/orders.yaml:1:22
          |
        1 | 数据: {max-size: fünf, größe: 1}
          |                        ^^^^^ not a key of this mapping
          |
          = help: the keys allowed here are `max-size`, `account`

        2 errors
        "#);
    }

    #[test]
    fn bytes_that_are_not_utf8() {
        insta::assert_snapshot!(shown(b"a: 1\n# gr\xfc\xdf # b\n"), @r#"
        error[source/not-utf-8]: file is not UTF-8 text
         --> stacks/orders.yaml:2:5
          |
        2 | # gr�� # b
          |     ^ byte 0xfc does not belong here
          |
          = note: YAML files are read as UTF-8
          = help: save the file as UTF-8, or remove the byte

        1 error
        "#);
    }

    #[test]
    fn a_file_as_a_whole() {
        insta::assert_snapshot!(shown(b"# nothing\n"), @r#"
        error[source/empty-file]: file is empty
        --> stacks/orders.yaml
         = note: there are only comments in it
         = note: an input file holds a mapping of sections
         = help: write a section such as `queues:`, or remove the file

        1 error
        "#);
    }

    #[test]
    fn a_text_of_several_lines() {
        insta::assert_snapshot!(shown(b"queue:\n  max-size: |\n    a\n    b\n  account: ${env.domian}\n"), @r#"
        error[source/wrong-type]: expected a number, found a string
         --> stacks/orders.yaml:3:5
          |
        3 |     a
          |     ^ this is a string
          |
          = help: write a number

        error[source/unknown-variable]: unknown variable `env.domian`
         --> stacks/orders.yaml:5:12
          |
        5 |   account: ${env.domian}
          |            ^^^^^^^^^^^^^ `${env.domian}` has no value
          |
          = note: the variables are `env.domain`
          = help: did you mean `${env.domain}`?

        2 errors
        "#);
    }

    #[test]
    fn a_value_left_out() {
        insta::assert_snapshot!(shown(b"queue:\n  max-size:\n"), @r#"
        error[source/missing-value]: value is missing
         --> stacks/orders.yaml:2:12
          |
        2 |   max-size:
          |            ^ expected a number
          |
          = note: an empty value, `~` and `null` all mean that there is no value
          = help: write a value, or remove the key

        1 error
        "#);
    }

    #[test]
    fn long_lines_on_a_narrow_terminal() {
        let text =
            format!("queue: {{account: \"{}\", max-size: many, account2: \"{}\"}}\n", "x".repeat(300), "y".repeat(300));
        insta::assert_snapshot!(shown_at(text.as_bytes(), 60), @r#"
        error[source/wrong-type]: expected a number, found a string
         --> stacks/orders.yaml:1:332
          |
        1 | ...x", max-size: many, account2: "yyyyyyyyyyyyyyyyyyy...
          |                  ^^^^ this is a string
          |
          = help: write a number

        error[source/unknown-key]: unknown key `account2`
         --> stacks/orders.yaml:1:338
          |
        1 | ...: many, account2: "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...
          |            ^^^^^^^^ not a key of this mapping
          |
          = help: the keys allowed here are `max-size`, `account`

        2 errors
        "#);
    }

    #[test]
    fn places_in_several_files_and_in_a_program() {
        let mut sources = Sources::default();
        let a = sources.add("a.yaml", "name: one\n");
        let b = sources.add("b.yaml", "x: 1\nname: one\n");
        let at = |file, start, end| At::Span(Span { file, start, end });
        let list = [
            Diagnostic::warning("model/twice", "name is used twice")
                .at(at(b, 11, 14), "the second time")
                .also(at(a, 6, 9), "the first time")
                .note("names are unique")
                .help("rename one"),
            Diagnostic::error("model/built", "queue has no name")
                .at(At::Caller { file: "examples/stack.rs", line: 12 }, "built here")
                .help("call `.name(…)`"),
        ];
        insta::assert_snapshot!(diagnostics(&sources, &list, false, 80), @r#"
        warning[model/twice]: name is used twice
         --> b.yaml:2:7
          |
        2 | name: one
          |       ^^^ the second time
          |
         ::: a.yaml:1:7
          |
        1 | name: one
          |       --- the first time
          |
          = note: names are unique
          = help: rename one

        error[model/built]: queue has no name
        --> examples/stack.rs:12
         = note: built here
         = help: call `.name(…)`

        1 error, 1 warning
        "#);
    }

    #[test]
    fn an_end_outside_the_file_is_no_accident() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "ä");
        for (start, end) in [(0, 0), (1, 1), (1, 9), (2, 2), (7, 9), (9, 2)] {
            let list = [Diagnostic::error("a/b", "c").at(At::Span(Span { file, start, end }), "d")];
            assert!(diagnostics(&sources, &list, false, 1).contains("a.yaml:1:"));
        }
    }

    #[test]
    fn control_characters_reach_no_terminal() {
        let text = "\"\\e[31mred\": {max-size: 1, \"\\e[0m\": 2}\n";
        assert!(!shown(text.as_bytes()).contains('\u{1b}'));
    }

    #[test]
    fn colour_adds_escapes_only() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "a: 1");
        let list = [Diagnostic::error("a/b", "c").at(At::File(file), "d")];
        assert!(diagnostics(&sources, &list, true, 80).contains("\u{1b}["));
        assert_eq!(diagnostics(&sources, &[], true, 80), "");
    }

    #[test]
    fn positions() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "x\näb");
        assert_eq!(position(&sources, &At::Span(Span { file, start: 4, end: 5 })), "a.yaml:2:2");
        assert_eq!(position(&sources, &At::File(file)), "a.yaml");
        assert_eq!(position(&sources, &At::Caller { file: "s.rs", line: 3 }), "s.rs:3");
    }

    #[test]
    fn a_finding_of_a_rule_has_its_code_link_and_fix() {
        use crate::output::testing as fixture;
        let sources = fixture::sources();
        insta::assert_snapshot!(diagnostics(&sources, &fixture::findings(&sources), false, 100), @r#"
        error[sqs/no-dead-letters (MSG-001)]: queue `größe` has no | <dead> & "letters"
         --> stacks/a,b: 100%.yaml:1:1
          |
        1 | größe: {x: 1}
          | ^^^^^ 100% lost::
        really
          |
         ::: stacks/数据 <1>|.yaml:1:1
          |
        1 | q: 1
          | - the topic
          |
          = note: messages are lost
          = help: add a queue
          = deployed as: shop-dev-main/Queue
          = found in: dev, prod
          = see: https://docs.aws.amazon.com/sqs/dlq
        help: call it `size`
          |
        1 - größe: {x: 1}
        1 + size: {x: 1}
          |

        warning[source/empty-file]: file is empty
        --> stacks/数据 <1>|.yaml
         = note: ␛[31mred

        1 error, 1 warning
        "#);
    }

    #[test]
    fn a_fix_next_to_a_secret_is_not_shown() {
        use crate::output::testing as fixture;
        let sources = fixture::sources();
        let mut finding = fixture::findings(&sources).remove(0);
        finding.primary = finding.primary.map(|label| Label { at: label.at.hidden(), ..label });
        assert!(!findings(&sources, &[finding], false, 100).contains("x: 1"));
    }
}
