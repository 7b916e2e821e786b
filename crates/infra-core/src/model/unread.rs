//! What was written and could not be read: it is reported, and what refers to it is not wrong because of that.

use std::collections::BTreeSet;

/// What was written and could not be read, as entries, as sections with whatever they held, and as whole stacks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unread {
    entries: BTreeSet<(String, &'static str, String)>,
    sections: BTreeSet<(String, &'static str)>,
    stacks: BTreeSet<String>,
}

impl Unread {
    /// Adds an entry.
    pub(crate) fn entry(&mut self, stack: &str, section: &'static str, name: &str) {
        self.entries.insert((stack.to_owned(), section, name.to_owned()));
    }

    /// Adds a section of which not even the names are known.
    pub(crate) fn section(&mut self, stack: &str, section: &'static str) {
        self.sections.insert((stack.to_owned(), section));
    }

    /// Adds a stack.
    pub(crate) fn stack(&mut self, stack: &str) {
        self.stacks.insert(stack.to_owned());
    }

    /// Whether nothing was left out.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.sections.is_empty() && self.stacks.is_empty()
    }

    /// Whether an entry of this name may have been written.
    pub(crate) fn may_hold(&self, stack: &str, section: &'static str, name: &str) -> bool {
        self.stacks.contains(stack)
            || self.sections.contains(&(stack.to_owned(), section))
            || self.entries.contains(&(stack.to_owned(), section, name.to_owned()))
    }

    /// Names of the entries of a section that could not be read.
    pub(crate) fn names<'a>(&'a self, stack: &'a str, section: &'a str) -> impl Iterator<Item = &'a str> {
        let here = move |(of, within, _): &&(String, &str, String)| of == stack && *within == section;
        self.entries.iter().filter(here).map(|(_, _, name)| name.as_str())
    }
}
