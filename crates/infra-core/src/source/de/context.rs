//! What the rounds over one entry have in common: the values that were reported and taken away.
//!
//! Depends on the node tree and `diag`.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use super::De;
use super::mistake::{self, Kind, Mistake};
use crate::diag::{At, Diagnostic};
use crate::source::{Node, Pair, Value};

/// What the rounds over one entry have in common.
#[derive(Default)]
pub(super) struct Context {
    /// Keys that the node of this address may have beside those of its type.
    beside: (usize, &'static [&'static str]),
    any_removed: Cell<bool>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// Addresses of the nodes that were reported; the tree does not move while it is read.
    removed: BTreeSet<usize>,
    found: Vec<Diagnostic>,
}

impl Context {
    /// A node that may have other keys than those of its type, which were taken out of it.
    pub(super) fn beside(node: &Node, keys: &'static [&'static str]) -> Self {
        Self { beside: (address(node), keys), ..Self::default() }
    }

    /// Returns how many values were taken away.
    pub(super) fn removed_count(&self) -> usize {
        self.state.borrow().removed.len()
    }

    /// Returns whether a value was taken away.
    pub(super) fn is_removed(&self, node: &Node) -> bool {
        self.any_removed.get() && self.state.borrow().removed.contains(&address(node))
    }

    /// Returns what was found.
    pub(super) fn into_found(self) -> Vec<Diagnostic> {
        self.state.into_inner().found
    }

    fn remove(&self, node: &Node) -> bool {
        self.any_removed.set(true);
        self.state.borrow_mut().removed.insert(address(node))
    }

    /// Reports what is wrong with a value, unless a value further in was reported, and takes it away.
    pub(super) fn settle(&self, de: De<'_>, mistake: Mistake) -> Mistake {
        let diagnostic = match mistake.kind() {
            Kind::Reported => return Mistake::reported(),
            Kind::Missing(field) => (!self.follows(de.node, |pair| mistake::is_slip_of(&pair.key, field)))
                .then(|| mistake::missing_key(field, de.place())),
            Kind::Told(told) => (!self.follows(de.node, |_| true) && !self.has_removed_item(de.node))
                .then(|| told.into_diagnostic(At::Span(de.place()))),
        };
        if self.remove(de.node) {
            self.state.borrow_mut().found.extend(diagnostic);
        }
        Mistake::reported()
    }

    /// Reports what is wrong with a key, and takes its pair away.
    pub(super) fn settle_key(&self, pair: &Pair, mistake: Mistake) -> Mistake {
        let diagnostic = match mistake.kind() {
            Kind::Reported => return Mistake::reported(),
            Kind::Missing(field) => mistake::missing_key(field, pair.key_span),
            Kind::Told(told) => told.into_diagnostic(At::Span(pair.key_span)),
        };
        if self.remove(&pair.value) {
            self.state.borrow_mut().found.push(diagnostic);
        }
        Mistake::reported()
    }

    /// Reports a key that its struct does not have, and takes its pair away.
    pub(super) fn unknown_key(&self, parent: &Node, pair: &Pair, fields: &[&str]) {
        if self.remove(&pair.value) {
            let (of, beside) = self.beside;
            let beside = if of == address(parent) { beside } else { &[] };
            let diagnostic = mistake::unknown_key(parent, pair, &[fields, beside].concat());
            self.state.borrow_mut().found.push(diagnostic);
        }
    }

    /// Returns whether a pair of `node` that `is_cause` was taken away.
    fn follows(&self, node: &Node, is_cause: impl Fn(&Pair) -> bool) -> bool {
        self.any_removed.get() && node.pairs().iter().any(|pair| self.is_removed(&pair.value) && is_cause(pair))
    }

    fn has_removed_item(&self, node: &Node) -> bool {
        matches!(&node.value, Value::List(items) if self.any_removed.get() && items.iter().any(|item| self.is_removed(item)))
    }
}

fn address(node: &Node) -> usize {
    std::ptr::from_ref(node).addr()
}
