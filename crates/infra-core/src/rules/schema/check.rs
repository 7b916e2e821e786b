//! Checks a value against a schema: one walk that either collects every mistake or stops at the first.

use super::mistake::{Mistake, Problem, Reason};
use super::shape::Shape;
use crate::facts::resource_types::{Schema, Types};
use crate::view::Prop;

/// Most schemas that are tried for one resource; what is left then counts as unknown.
const MAX_WORK: u32 = 200_000;

/// Most schemas that are tried inside one another.
const MAX_DEPTH: u32 = 100;

/// Whether a value is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// It is.
    Yes,
    /// That shows only at deployment.
    Maybe,
    /// It is not.
    No,
}

impl Verdict {
    /// Both must hold.
    pub(super) fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

/// The state of a walk over one resource.
pub(super) struct Checker<'v> {
    /// Above zero, nothing is collected and the first mistake ends the walk.
    pub(super) quiet: u32,
    /// The property that is compared in lower case, see `Condition::lowercase`.
    pub(super) lowercase: Option<&'static str>,
    /// Whether the value at hand is that property.
    pub(super) folds: bool,
    /// What holds of values above, so that more is asked of the one at hand; the nearest last.
    pub(super) because: Vec<Reason<'v>>,
    pub(super) found: Vec<Mistake<'v>>,
    work: u32,
    depth: u32,
}

impl<'v> Checker<'v> {
    pub(super) fn new() -> Self {
        Self {
            quiet: 0,
            lowercase: None,
            folds: false,
            because: Vec::new(),
            found: Vec::new(),
            work: MAX_WORK,
            depth: 0,
        }
    }

    /// Checks a value.
    pub(super) fn check(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        if schema.is_anything() {
            return Verdict::Yes;
        }
        if self.work == 0 || self.depth >= MAX_DEPTH {
            return Verdict::Maybe;
        }
        self.work -= 1;
        self.depth += 1;
        let verdict = self.check_all(schema, prop);
        self.depth -= 1;
        verdict
    }

    fn check_all(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        if schema.is_never() {
            let reason = self.because.last().copied();
            return self.no(prop, Problem::NotAllowed(reason));
        }
        let shape = Shape::of(&prop);
        let types = schema.types();
        if !shape.fits(types) && !is_document(schema, shape) {
            return self.no(prop, Problem::Type(types));
        }
        let own = match shape {
            Shape::Object => self.object(schema, prop),
            Shape::List => self.list(schema, prop),
            Shape::Bool | Shape::Int | Shape::Float(_) | Shape::Text(_) | Shape::Parts => self.scalar(schema, prop),
            Shape::Later(_) => Verdict::Maybe,
        };
        if self.is_over(own) || !schema.has_choices() { own } else { own.and(self.choices(schema, prop)) }
    }

    /// Checks a value without collecting what is wrong.
    pub(super) fn judge(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        self.quiet += 1;
        let verdict = self.check(schema, prop);
        self.quiet -= 1;
        verdict
    }

    /// Whether nothing more needs to be known.
    pub(super) fn is_over(&self, verdict: Verdict) -> bool {
        self.quiet > 0 && verdict == Verdict::No
    }

    /// Collects a mistake.
    pub(super) fn no(&mut self, prop: Prop<'v>, problem: Problem<'v>) -> Verdict {
        if self.quiet == 0 {
            self.found.push(Mistake { prop, problem });
        }
        Verdict::No
    }

    /// Collects a mistake that costs something to describe.
    pub(super) fn no_with(&mut self, prop: Prop<'v>, problem: impl FnOnce() -> Problem<'v>) -> Verdict {
        if self.quiet == 0 {
            self.found.push(Mistake { prop, problem: problem() });
        }
        Verdict::No
    }
}

/// Whether the value is JSON as text where any object is taken.
fn is_document(schema: Schema, shape: Shape<'_>) -> bool {
    let Shape::Text(text) = shape else { return false };
    schema.types().contains(Types::OBJECT)
        && !schema.is_closed()
        && schema.properties().next().is_none()
        && text.trim_start().starts_with('{')
}
