//! Runs rules over examples in tests.

use super::is_mark;
use crate::diag::{At, Diagnostic, Diagnostics};
use crate::foreign::{Input, System};
use crate::names::Date;
use crate::place::{FileId, Sources};
use crate::view::{Foreign, View};

/// An example, read.
pub(crate) struct Example {
    pub(crate) sources: Sources,
    inputs: Vec<Input>,
    today: Date,
    /// Places that a mark points at: file, line, column.
    pub(crate) marks: Vec<(FileId, usize, usize)>,
}

impl Example {
    /// Reads the text of an example, in the format that the room documents.
    pub(crate) fn read(text: &str) -> Self {
        let mut example =
            Self { sources: Sources::default(), inputs: Vec::new(), today: Date::of(2026, 11, 23), marks: Vec::new() };
        let text = text.trim_start_matches('\n');
        let mut header = "template.yaml";
        let mut body = String::new();
        for line in text.lines() {
            if let Some(next) = line.strip_prefix("#:") {
                example.file(header, &body);
                (header, body) = (next.trim(), String::new());
            } else {
                body.push_str(line);
                body.push('\n');
            }
        }
        example.file(header, &body);
        example
    }

    fn file(&mut self, header: &str, body: &str) {
        if body.trim().is_empty() {
            return;
        }
        let mut words = header.split_whitespace();
        let name = words.next().unwrap();
        let file = self.sources.add(name, body.as_bytes());
        let mut input = Input::new(file);
        input.region = Some("eu-west-1".parse().unwrap());
        input.account = Some("111122223333".parse().unwrap());
        input.stack = Some(name.split('.').next().unwrap().to_owned());
        for word in words {
            match word.split_once('=').unwrap_or_else(|| panic!("odd word in header: {word}")) {
                ("region", "unknown") => input.region = None,
                ("region", region) => input.region = Some(region.parse().unwrap()),
                ("account", "unknown") => input.account = None,
                ("account", account) => input.account = Some(account.parse().unwrap()),
                ("today", today) => self.today = today.parse().unwrap(),
                (key, _) => panic!("unknown key in header: {key}"),
            }
        }
        self.inputs.push(input);
        let mut above = 0;
        for (number, line) in (1..).zip(body.lines()) {
            if is_mark(line) {
                let columns = line.char_indices().filter(|(_, c)| *c == '^').map(|(at, _)| at + 1);
                self.marks.extend(columns.map(|column| (file, above, column)));
            } else {
                above = number;
            }
        }
    }

    /// Returns all findings in all variants, equal ones once; structural ones too.
    pub(crate) fn findings(&self) -> Vec<Diagnostic> {
        let mut diags = Diagnostics::default();
        let Some(system) = System::read(&self.inputs, &self.sources, &mut diags) else {
            return diags.into_sorted();
        };
        for variant in system.variants().list {
            let templates = system.evaluate(&variant);
            let foreign = Foreign::new(&system, &variant, &templates);
            let view = View::new(foreign.input(Some(self.today)), &foreign);
            super::check(&view, &mut diags);
        }
        diags.into_sorted()
    }

    /// Returns file, line and column of a finding.
    pub(crate) fn place(&self, finding: &Diagnostic) -> Option<(FileId, usize, usize)> {
        match finding.primary.as_ref()?.at {
            At::Span(span) | At::Hidden(span) => {
                let (line, column) = self.sources.line_column(span.file, span.start);
                Some((span.file, line, column))
            }
            At::File(_) | At::Caller { .. } => None,
        }
    }
}

/// Returns the findings of one rule in an example: <file:line:column> and title.
pub(crate) fn of_rule(rule: &super::Rule, text: &str) -> Vec<String> {
    let example = Example::read(text);
    let found = example.findings();
    found.iter().filter(|finding| finding.id == rule.id).map(|finding| describe(&example, finding)).collect()
}

pub(crate) fn describe(example: &Example, finding: &Diagnostic) -> String {
    let place = example.place(finding).map_or_else(
        || "nowhere".to_owned(),
        |(file, line, column)| format!("{}:{line}:{column}", example.sources.get(file).unwrap().path),
    );
    format!("{} {place} {}", finding.id, finding.title)
}
