//! Diagnostics: what is wrong, where, why, and what to do about it.
//!
//! Depends on `place` only. Rendering is done by the tool; nothing here prints.

mod merge;

pub use merge::{across, by_cause};

use crate::place::{FileId, Span};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The run fails.
    Error,
    /// The run goes on; the user should look.
    Warning,
    /// A suggestion.
    Advice,
}

/// Where a label points. Sorts by file and byte, whatever is shown there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// Bytes of an input file.
    Span(Span),
    /// Bytes of an input file that must not be shown, such as a secret.
    Hidden(Span),
    /// An input file as a whole (empty, unreadable, too large, not UTF-8).
    File(FileId),
    /// A line of the Rust program that built the definition.
    Caller {
        /// Source file as the compiler names it.
        file: &'static str,
        /// Line, from 1.
        line: u32,
    },
}

impl Ord for At {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for At {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl At {
    /// Bytes of files first, then lines of programs; the last number tells the variants of one place apart.
    fn key(&self) -> (Option<FileId>, u32, u32, &'static str, u8) {
        match self {
            Self::Span(span) => (Some(span.file), span.start, span.end, "", 0),
            Self::Hidden(span) => (Some(span.file), span.start, span.end, "", 1),
            Self::File(file) => (Some(*file), 0, 0, "", 2),
            Self::Caller { file, line } => (None, *line, 0, file, 3),
        }
    }

    /// Keeps the text at this place out of the report.
    pub fn hidden(self) -> Self {
        match self {
            Self::Span(span) => Self::Hidden(span),
            Self::Hidden(_) | Self::File(_) | Self::Caller { .. } => self,
        }
    }
}

/// A marked place with its own text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// The place.
    pub at: At,
    /// What this very place says or does, as a lower-case phrase. May be empty.
    pub text: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Diagnostic {
    /// Stable id, `<room>/<problem>` in kebab case, such as `source/duplicate-key`.
    pub id: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// The problem as a lower-case phrase without a final period.
    pub title: String,
    /// The place the finding is about; exactly one.
    pub primary: Option<Label>,
    /// Other places that matter.
    pub others: Vec<Label>,
    /// Why: facts with their source.
    pub notes: Vec<String>,
    /// What to do, imperative and copyable.
    pub help: Vec<String>,
    /// The rule's code in the catalogue, such as `ACM-001`; none for findings that are no rule's.
    pub code: Option<&'static str>,
    /// Where to read more.
    pub url: Option<&'static str>,
    /// The deployed thing that the finding is about, such as `shop-prod-edge/SiteApp`.
    pub subject: Option<String>,
    /// The environments in which it was found; empty when it is about none in particular.
    pub environments: Vec<String>,
    /// A change to the input that removes the finding.
    pub fix: Option<Fix>,
}

/// A change to the input that a program can make: all edits or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, imperative.
    pub title: String,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
}

/// Puts a text in the place of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that go; an empty span inserts.
    pub span: Span,
    /// What comes in their place.
    pub text: String,
}

impl Diagnostic {
    /// Starts an error.
    pub fn error(id: &'static str, title: impl Into<String>) -> Self {
        Self::new(id, Severity::Error, title)
    }

    /// Starts a warning.
    pub fn warning(id: &'static str, title: impl Into<String>) -> Self {
        Self::new(id, Severity::Warning, title)
    }

    /// Starts a suggestion.
    pub fn advice(id: &'static str, title: impl Into<String>) -> Self {
        Self::new(id, Severity::Advice, title)
    }

    fn new(id: &'static str, severity: Severity, title: impl Into<String>) -> Self {
        Self {
            id,
            severity,
            title: title.into(),
            primary: None,
            others: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            code: None,
            url: None,
            subject: None,
            environments: Vec::new(),
            fix: None,
        }
    }

    /// Sets the place the finding is about.
    pub fn at(mut self, at: At, text: impl Into<String>) -> Self {
        self.primary = Some(Label { at, text: text.into() });
        self
    }

    /// Adds another place.
    pub fn also(mut self, at: At, text: impl Into<String>) -> Self {
        self.others.push(Label { at, text: text.into() });
        self
    }

    /// Adds the reason.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds what to do.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds a change that a program can make, if there is one.
    pub fn fix(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }
}

/// The findings of a run, in the order in which they were found.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds the findings there are.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = Diagnostic>) {
        self.list.extend(findings);
    }

    /// Takes all findings of `other`.
    pub fn append(&mut self, other: Self) {
        self.list.extend(other.list);
    }

    /// Returns whether a finding is an error.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity == Severity::Error)
    }

    /// Returns the number of findings.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Returns whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns the findings.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Returns the findings sorted by place, equal ones once.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by(|a, b| (&a.primary, a.id, &a.title).cmp(&(&b.primary, b.id, &b.title)));
        self.list.dedup();
        self.list
    }
}

/// Returns the candidate nearest to `word`, if one is near enough to be a likely slip.
///
/// The distance is Damerau-Levenshtein (a swapped pair counts once); a third of the word's length is near enough.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let distance = distance(word, candidate);
            (distance <= limit).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let at = |row: &[usize], k: usize| row.get(k).copied().unwrap_or(usize::MAX - 1);
            let mut best = (at(&last, j + 1) + 1).min(at(&row, j) + 1).min(at(&last, j) + usize::from(ca != cb));
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(cb) && b.get(j - 1) == Some(ca);
            if swapped {
                best = best.min(at(&before_last, j - 1) + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

/// Spells a number of things: `1 file`, `2 files`.
pub fn counted(number: impl std::fmt::Display + PartialEq<i64>, noun: &str) -> String {
    let plural = match (number == 1, noun.strip_suffix('y')) {
        (true, _) => return format!("1 {noun}"),
        (false, Some(stem)) => format!("{stem}ies"),
        (false, None) => format!("{noun}s"),
    };
    format!("{number} {plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swapped_pair_and_a_missing_letter_are_suggested() {
        assert_eq!(suggest("quueue", ["topic", "queue"]), Some("queue"));
        assert_eq!(suggest("fiof", ["fifo", "raw"]), Some("fifo"));
        assert_eq!(suggest("certificate", ["queue", "topic"]), None);
    }
}
