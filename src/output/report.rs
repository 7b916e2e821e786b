//! What every format says: the findings, what was checked, and where places are.

use infra_core::diag::{At, Diagnostic, Severity};
use infra_core::place::{Sources, Span};
use infra_core::rules::Rule;

use super::count;

/// What was checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The environments by name.
    pub environments: Vec<String>,
    /// Number of stacks over all environments; 0 if nothing could be read.
    pub stacks: usize,
}

/// The outcome of a check, for any format.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The files that were read.
    pub sources: &'a Sources,
    /// The findings in the order in which they are shown.
    pub findings: &'a [Diagnostic],
    /// The rules that were used.
    pub rules: &'a [&'a Rule],
    /// What was checked.
    pub checked: &'a Checked,
}

impl Report<'_> {
    /// Returns the number of errors.
    pub fn errors(&self) -> usize {
        self.of(Severity::Error)
    }

    /// Returns the number of warnings.
    pub fn warnings(&self) -> usize {
        self.of(Severity::Warning)
    }

    /// Returns the number of pieces of advice.
    pub fn advice(&self) -> usize {
        self.of(Severity::Advice)
    }

    fn of(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Returns one line: how much was found, in what.
    pub fn summary(&self) -> String {
        let found = counts(self.findings);
        let found = if found.is_empty() { "no findings".to_owned() } else { found };
        let Checked { environments, stacks } = self.checked;
        if *stacks == 0 {
            return format!("{found} in {}", count(self.sources.ids().count(), "file"));
        }
        let of = match environments.as_slice() {
            [] => String::new(),
            names => format!(" of {}", names.join(", ")),
        };
        format!("{found} in {}{of}", count(*stacks, "stack"))
    }
}

/// Spells the number of findings by severity: "2 errors, 1 warning"; nothing if there are none.
pub fn counts(list: &[Diagnostic]) -> String {
    let count = |severity, one, many| {
        let count = list.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        let word = if count == 1 { one } else { many };
        (count > 0).then(|| format!("{count} {word}"))
    };
    let parts = [
        count(Severity::Error, "error", "errors"),
        count(Severity::Warning, "warning", "warnings"),
        count(Severity::Advice, "piece of advice", "pieces of advice"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Returns the word for a severity.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "advice",
    }
}

/// Spells the id of a finding with the code of its rule: `sqs/no-dead-letters (MSG-001)`.
pub fn name(finding: &Diagnostic) -> String {
    match finding.code {
        Some(code) => format!("{} ({code})", finding.id),
        None => finding.id.to_owned(),
    }
}

/// A place as lines and columns, both from 1, columns in characters; an end is the place after the last character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Path from where the user stands.
    pub path: String,
    /// First line; none for a whole file.
    pub line: Option<usize>,
    /// First column; none where only the line is known.
    pub column: Option<usize>,
    /// Line and column of the end.
    pub end: Option<(usize, usize)>,
}

impl Region {
    /// Returns a place as lines and columns.
    pub fn of(sources: &Sources, at: &At) -> Self {
        match at {
            At::Span(span) | At::Hidden(span) => Self::of_span(sources, *span),
            At::File(file) => {
                let path = sources.get(*file).map(|file| file.shown.clone()).unwrap_or_default();
                Self { path, line: None, column: None, end: None }
            }
            At::Caller { file, line } => Self {
                path: (*file).to_owned(),
                line: Some(usize::try_from(*line).unwrap_or(usize::MAX)),
                column: None,
                end: None,
            },
        }
    }

    /// Returns bytes of a file as lines and columns.
    pub fn of_span(sources: &Sources, span: Span) -> Self {
        let (line, column) = sources.line_column(span.file, span.start);
        let end = sources.line_column(span.file, span.end);
        let path = sources.get(span.file).map(|file| file.shown.clone()).unwrap_or_default();
        Self { path, line: Some(line), column: Some(column), end: Some(end) }
    }

    /// Returns the path as it stands in URIs and on every system: with `/`.
    pub fn unix_path(&self) -> String {
        self.path.replace('\\', "/")
    }
}

/// Returns why a finding is one and what to do, one line each.
pub fn details(finding: &Diagnostic) -> Vec<String> {
    let label = finding.primary.iter().map(|label| label.text.clone()).filter(|text| !text.is_empty());
    let notes = finding.notes.iter().map(|note| format!("note: {note}"));
    let help = finding.help.iter().map(|help| format!("help: {help}"));
    let subject = finding.subject.iter().map(|subject| format!("deployed as: {subject}"));
    let environments =
        (!finding.environments.is_empty()).then(|| format!("found in: {}", finding.environments.join(", ")));
    let url = finding.url.iter().map(|url| format!("see: {url}"));
    label.chain(notes).chain(help).chain(subject).chain(environments).chain(url).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing as fixture;

    fn summary(report: &Report<'_>) -> String {
        report.summary()
    }

    #[test]
    fn the_summary_says_what_was_checked_even_when_nothing_is_found() {
        assert_eq!(fixture::two(summary), "1 error, 1 warning in 4 stacks of dev, prod");
        assert_eq!(fixture::none(summary), "no findings in 1 stack of dev");
        let nothing = Checked::default();
        let sources = fixture::sources();
        let report = Report { sources: &sources, findings: &[], rules: &[], checked: &nothing };
        assert_eq!(report.summary(), "no findings in 2 files");
    }

    #[test]
    fn plurals_are_right() {
        let error = Diagnostic::error("a/b", "c");
        let warning = Diagnostic::warning("a/b", "c");
        assert_eq!(counts(&[error.clone(), error.clone(), warning.clone()]), "2 errors, 1 warning");
        assert_eq!(counts(&[error, warning.clone(), warning]), "1 error, 2 warnings");
    }
}
