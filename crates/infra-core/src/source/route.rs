//! Names a place in a node tree by keys and indices, so that rules and loaders need no spans.

use super::{Node, Pair, Span, Value};

/// One step down a node tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into the value of a key.
    Key(String),
    /// Into an item of a list.
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// Keys and indices from a root down to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route(pub Vec<Step>);

impl Route {
    /// Returns the last key of the route.
    pub fn last_key(&self) -> Option<&str> {
        self.0.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        })
    }

    /// Returns the pair that this place is the value of, if exactly that was written.
    pub fn pair<'n>(&self, root: &'n Node) -> Option<&'n Pair> {
        let (last, above) = self.0.split_last()?;
        let mut node = root;
        for step in above {
            node = match step {
                Step::Key(key) => &node.pair(key)?.value,
                Step::Index(index) => node.items().get(*index)?,
            };
        }
        match last {
            Step::Key(key) => node.pair(key),
            Step::Index(_) => None,
        }
    }

    /// Returns the value at this place, if it was written.
    pub fn node<'n>(&self, root: &'n Node) -> Option<&'n Node> {
        self.0.iter().try_fold(root, |node, step| match step {
            Step::Key(key) => Some(&node.pair(key)?.value),
            Step::Index(index) => node.items().get(*index),
        })
    }

    /// Returns the span that shows this place: the value where it is a scalar, else the key that leads to it.
    ///
    /// A route that leaves the tree (a default was never written) gives the deepest place that was written,
    /// `None` if not even the first step was written.
    pub fn locate(&self, root: &Node) -> Option<Span> {
        let mut node = root;
        let mut shown = None;
        for step in &self.0 {
            let (next, key_span) = match (step, &node.value) {
                (Step::Key(key), Value::Map(_)) => {
                    let Some(pair) = node.pair(key) else { return shown };
                    (&pair.value, Some(pair.key_span))
                }
                (Step::Index(index), Value::List(items)) => {
                    let Some(item) = items.get(*index) else { return shown };
                    (item, None)
                }
                (Step::Key(_) | Step::Index(_), _) => return shown,
            };
            node = next;
            shown = Some(match (&node.value, key_span) {
                (Value::Map(_) | Value::List(_), Some(key_span)) => key_span,
                (Value::Plain(_) | Value::Quoted(_) | Value::Map(_) | Value::List(_), _) => node.span,
            });
        }
        shown
    }
}

/// Builds a [`Route`] from keys and indices: `route!["queues", name, 0]`.
#[macro_export]
macro_rules! route {
    ($($step:expr),* $(,)?) => { $crate::source::Route(vec![$($crate::source::Step::from($step)),*]) };
}
