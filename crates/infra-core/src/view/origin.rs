//! Where the things of a view were written.

use super::{Owner, View};
use crate::artifacts::Expr;
use crate::diag::At;
use crate::source::Span;

/// One step down a value: into a key or an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'v> {
    /// Into the value of a key.
    Key(&'v str),
    /// Into an item of a list.
    Index(usize),
}

impl<'v> Step<'v> {
    /// Returns the key that the step goes into.
    pub fn key(&self) -> Option<&'v str> {
        match self {
            Self::Key(key) => Some(key),
            Self::Index(_) => None,
        }
    }
}

/// A place in the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The place.
    pub at: At,
    /// The scalar that was written there, if exactly this value was.
    pub scalar: Option<Scalar>,
    /// The key that leads to exactly this value, with its quotes.
    pub key: Option<Span>,
    /// Whether a function stands there that gives the value, such as `Ref` to a parameter.
    pub is_computed: bool,
}

/// A scalar of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// What it says.
    pub text: String,
    /// Whether it stands in quotes.
    pub quoted: bool,
}

impl Located {
    /// Takes a place where something else was written.
    pub(super) fn near(at: At) -> Self {
        Self { at, scalar: None, key: None, is_computed: false }
    }
}

/// Knows where the things of one view were written.
pub trait Origin {
    /// Returns where the value at `path` below `owner` was written: the nearest place that was, if it was not itself.
    ///
    /// Paths of a resource start at its properties, those of an object or record set at its body.
    fn locate(&self, view: &View<'_>, owner: Owner, path: &[Step<'_>]) -> Located;

    /// Returns where an attribute of a resource was written, such as `DependsOn`, or what is below one.
    fn attribute(&self, view: &View<'_>, owner: Owner, path: &[Step<'_>]) -> Located {
        match path {
            [Step::Key("Properties"), rest @ ..] => self.locate(view, owner, rest),
            _ => self.locate(view, owner, &[]),
        }
    }
}

/// Returns the path from `root` down to the very node `wanted`.
pub(super) fn path_to<'v>(root: &'v Expr, wanted: &Expr) -> Option<Vec<Step<'v>>> {
    let mut path = Vec::new();
    descend(root, wanted, &mut path).then_some(path)
}

fn descend<'v>(node: &'v Expr, wanted: &Expr, path: &mut Vec<Step<'v>>) -> bool {
    if std::ptr::eq(node, wanted) {
        return true;
    }
    match node {
        Expr::Object(object) => object.iter().any(|(key, value)| step(Step::Key(key), value, wanted, path)),
        Expr::List(items) => {
            items.iter().enumerate().any(|(index, value)| step(Step::Index(index), value, wanted, path))
        }
        // What is inside a function's argument shows as the place of the function.
        Expr::Concat(parts) => parts.iter().any(|part| inside(part, wanted)),
        Expr::Call(_, argument) => inside(argument, wanted),
        Expr::Absent
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::Text(_)
        | Expr::Ref(_)
        | Expr::Att(..)
        | Expr::Pseudo(_)
        | Expr::Parameter(_) => false,
    }
}

fn step<'v>(step: Step<'v>, value: &'v Expr, wanted: &Expr, path: &mut Vec<Step<'v>>) -> bool {
    path.push(step);
    let found = descend(value, wanted, path);
    if !found {
        path.pop();
    }
    found
}

fn inside(node: &Expr, wanted: &Expr) -> bool {
    descend(node, wanted, &mut Vec::new())
}
