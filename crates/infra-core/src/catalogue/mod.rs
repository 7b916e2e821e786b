//! Everything that a report can name: rules, and the findings that are no rule's. For explanations, levels and lists.

mod findings;
mod levels;

pub use findings::FINDINGS;
pub use levels::{check_levels, level};

use crate::diag::{Severity, suggest};
use crate::foreign;
use crate::rules::allow::rule_named;
use crate::rules::{Rule, manifest, schema};

/// A finding that is no rule's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its id, `<room>/<problem>`.
    pub id: &'static str,
    /// The highest severity it is made with; an error of this kind cannot be lowered. None where it depends on what is
    /// found.
    pub severity: Option<Severity>,
    /// What is wrong, one sentence.
    pub title: &'static str,
}

/// Something that can be explained.
#[derive(Clone, Copy, Debug)]
pub enum Topic<'a> {
    /// A rule.
    Rule(&'a Rule),
    /// A finding that is no rule's.
    Finding(Finding),
}

impl Topic<'_> {
    /// Returns the id.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Rule(rule) => rule.id,
            Self::Finding(finding) => finding.id,
        }
    }
}

/// Returns the findings that are no rule's: our own, then those of documents that others wrote.
pub fn findings() -> impl Iterator<Item = Finding> {
    let others = foreign::FINDINGS.iter().chain(schema::FINDINGS).chain(manifest::FINDINGS);
    FINDINGS.iter().copied().chain(others.map(|(id, title)| Finding { id, severity: None, title }))
}

/// Returns everything that can be explained: rules, then findings that are no rule's.
pub fn topics<'a>(rules: &'a [&'a Rule]) -> impl Iterator<Item = Topic<'a>> {
    rules.iter().copied().map(Topic::Rule).chain(findings().map(Topic::Finding))
}

/// Returns what a word names: an id or a code, in any case.
pub fn find<'a>(rules: &[&'a Rule], word: &str) -> Option<Topic<'a>> {
    let finding = || findings().find(|finding| finding.id.eq_ignore_ascii_case(word)).map(Topic::Finding);
    rule_named(rules, word).map(Topic::Rule).or_else(finding)
}

/// Returns the id or code nearest to a word that names nothing.
pub fn nearest(rules: &[&Rule], word: &str) -> Option<&'static str> {
    let ids = || topics(rules).map(|topic| topic.id());
    // Without its first part an id is often all that is remembered.
    let problem = |id: &&str| id.rsplit('/').next() == Some(word);
    suggest(&word.to_ascii_lowercase(), ids())
        .or_else(|| suggest(&word.to_ascii_uppercase(), rules.iter().map(|rule| rule.code)))
        .or_else(|| ids().find(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_speaks_in_sentences() {
        assert!(FINDINGS.is_sorted_by(|a, b| a.id < b.id));
        for Finding { id, title, .. } in findings() {
            assert!(title.ends_with('.') && title.starts_with(|c: char| c.is_uppercase() || c == '`'), "{id}: {title}");
        }
    }

    #[test]
    fn words_are_found_in_any_case_and_near_ones_suggested() {
        assert_eq!(find(&[], "Source/TAB").map(|topic| topic.id()), Some("source/tab"));
        assert!(find(&[], "source/tabs").is_none());
        assert_eq!(nearest(&[], "source/tabs"), Some("source/tab"));
        assert_eq!(nearest(&[], "stack-cycle"), Some("lower/stack-cycle"));
        assert_eq!(nearest(&[], "zzz"), None);
    }
}
