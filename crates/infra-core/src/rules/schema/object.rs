//! Objects: their properties, and which of them must or must not be there.

use super::check::{Checker, Verdict};
use super::mistake::Problem;
use super::scalar;
use crate::facts::resource_types::{Schema, Strings, pattern_matches};
use crate::view::Prop;

impl<'v> Checker<'v> {
    pub(super) fn object(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        let mut verdict = self.required(schema, prop);
        if self.is_over(verdict) {
            return verdict;
        }
        verdict = verdict.and(self.properties(schema, prop));
        if self.is_over(verdict) || !schema.restricts_objects() {
            return verdict;
        }
        verdict.and(self.together(schema, prop)).and(self.names(schema, prop)).and(self.dependent(schema, prop))
    }

    /// A property that may come out of a function beside the others is not missing for certain.
    fn lacks(&mut self, prop: Prop<'v>, problem: impl FnOnce() -> Problem<'v>) -> Verdict {
        if is_open(prop) { Verdict::Maybe } else { self.no_with(prop, problem) }
    }

    fn required(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        let mut verdict = Verdict::Yes;
        for name in schema.required() {
            if prop.key(name).is_none() {
                verdict = verdict.and(self.lacks(prop, || Problem::Missing(name)));
                if self.is_over(verdict) {
                    break;
                }
            }
        }
        verdict
    }

    fn properties(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        let mut verdict = Verdict::Yes;
        let others = Others::of(schema);
        if others.are_free() {
            // What the schema names is all that can be wrong, and mostly the shorter list.
            for (name, inner) in schema.properties() {
                if let Some(value) = prop.key(name) {
                    verdict = verdict.and(self.property(name, inner, value));
                    if self.is_over(verdict) {
                        break;
                    }
                }
            }
            return verdict;
        }
        for (name, value) in prop.entries() {
            let one = match schema.property(name) {
                Some(inner) => self.property(name, inner, value),
                None => self.other(&others, prop, name, value),
            };
            verdict = verdict.and(one);
            if self.is_over(verdict) {
                break;
            }
        }
        verdict
    }

    fn property(&mut self, name: &str, schema: Schema, value: Prop<'v>) -> Verdict {
        let folds = std::mem::replace(&mut self.folds, self.lowercase == Some(name));
        let verdict = self.check(schema, value);
        self.folds = folds;
        verdict
    }

    /// Checks a property that the schema does not name.
    fn other(&mut self, others: &Others, prop: Prop<'v>, name: &'v str, value: Prop<'v>) -> Verdict {
        let schema = others.of;
        let mut known = None;
        for (pattern, inner) in schema.pattern_properties() {
            match pattern_matches(pattern, name) {
                Some(false) => {}
                Some(true) => known = Some(known.unwrap_or(Verdict::Yes).and(self.property(name, inner, value))),
                None => known = Some(known.unwrap_or(Verdict::Yes).and(Verdict::Maybe)),
            }
        }
        match (known, others.schema) {
            (Some(verdict), _) => verdict,
            (None, Some(inner)) => self.property(name, inner, value),
            (None, None) if !others.are_closed || name.starts_with("Fn::") => Verdict::Yes,
            (None, None) => self.no(value, Problem::Unknown { name, object: prop.expr(), schema }),
        }
    }

    /// `requiredXor`, `requiredOr`, `minProperties` and `maxProperties`.
    fn together(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        let mut verdict = Verdict::Yes;
        let given = |names: Strings| names.filter(|name| prop.key(name).is_some()).count();
        let either = schema.required_xor();
        if !either.is_empty() {
            match given(either.clone()) {
                0 => verdict = verdict.and(self.lacks(prop, || Problem::MissingOne(either.collect()))),
                1 => {}
                _ => verdict = verdict.and(self.no(prop, Problem::NotTogether(either))),
            }
        }
        let any = schema.required_or();
        if !any.is_empty() && given(any.clone()) == 0 {
            verdict = verdict.and(self.lacks(prop, || Problem::MissingOne(any.collect())));
        }
        let (least, most) = (schema.min_properties(), schema.max_properties());
        if least.is_some() || most.is_some() {
            let count = prop.entries().count();
            if most.is_some_and(|most| count > most as usize) {
                verdict = verdict.and(self.no(prop, Problem::Properties { count, least, most }));
            } else if least.is_some_and(|least| count < least as usize) {
                verdict = verdict.and(self.lacks(prop, || Problem::Properties { count, least, most }));
            }
        }
        verdict
    }

    fn names(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        let Some(names) = schema.property_names() else { return Verdict::Yes };
        let mut verdict = Verdict::Yes;
        for (name, value) in prop.entries() {
            let holds = scalar::name_fits(names, name);
            verdict = verdict.and(if holds == Verdict::No { self.no(value, Problem::Name(name)) } else { holds });
        }
        verdict
    }

    fn dependent(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        let mut verdict = Verdict::Yes;
        for (name, needed) in schema.dependent_required().filter(|(name, _)| prop.key(name).is_some()) {
            for missing in needed.filter(|other| prop.key(other).is_none()) {
                verdict = verdict.and(self.lacks(prop, || Problem::MissingBeside { name, missing }));
            }
        }
        // An empty list says nothing: the console exports alarms so, with `Metrics`, and they deploy, see
        // <https://github.com/aws-cloudformation/cfn-lint/issues/2890> (read 2026-11-23).
        let given = |name: &str| prop.key(name).filter(|value| !value.is_list() || value.items().next().is_some());
        for (name, excluded) in schema.dependent_excluded().filter(|(name, _)| given(name).is_some()) {
            for other in excluded {
                if let Some(value) = given(other) {
                    verdict = verdict.and(self.no(value, Problem::NotBeside { name, other }));
                }
            }
        }
        for (_, inner) in schema.dependent_schemas().filter(|(name, _)| prop.key(name).is_some()) {
            verdict = verdict.and(self.check(inner, prop));
        }
        verdict
    }
}

/// What holds for properties that a schema does not name.
struct Others {
    of: Schema,
    schema: Option<Schema>,
    are_closed: bool,
    have_patterns: bool,
}

impl Others {
    fn of(schema: Schema) -> Self {
        Self {
            of: schema,
            schema: schema.additional_properties(),
            are_closed: schema.is_closed(),
            have_patterns: schema.pattern_properties().next().is_some(),
        }
    }

    fn are_free(&self) -> bool {
        self.schema.is_none() && !self.are_closed && !self.have_patterns
    }
}

/// Whether a function stands beside the properties, such as `Fn::Transform`, which may add others.
fn is_open(prop: Prop<'_>) -> bool {
    prop.entries().any(|(name, _)| name.starts_with("Fn::"))
}
