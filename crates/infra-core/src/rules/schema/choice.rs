//! Schemas put together: all of them, any, one, none, or one if another holds.
//!
//! Where no alternative holds, the mistakes of the nearest one are reported, not that there are several.

use super::check::{Checker, Verdict};
use super::mistake::{Mistake, Problem, Reason};
use super::scalar::Fault;
use crate::facts::resource_types::Schema;
use crate::view::Prop;

impl<'v> Checker<'v> {
    pub(super) fn choices(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        let mut verdict = Verdict::Yes;
        for part in schema.all_of() {
            verdict = verdict.and(self.check(part, prop));
            if self.is_over(verdict) {
                return verdict;
            }
        }
        verdict = verdict.and(self.any_of(schema, prop));
        if self.is_over(verdict) {
            return verdict;
        }
        verdict = verdict.and(self.one_of(schema, prop));
        if self.is_over(verdict) {
            return verdict;
        }
        verdict.and(self.negation(schema, prop)).and(self.conditional(schema, prop))
    }

    fn any_of(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        let mut best = None;
        for part in schema.any_of() {
            let verdict = self.judge(part, prop);
            best = Some(best.map_or(verdict, |best: Verdict| best.min(verdict)));
            if verdict == Verdict::Yes {
                break;
            }
        }
        match best {
            Some(Verdict::No) => self.nearest(schema.any_of(), prop),
            Some(verdict) => verdict,
            None => Verdict::Yes,
        }
    }

    fn one_of(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        let (mut holding, mut open, mut count) = (0, 0, 0);
        for part in schema.one_of() {
            count += 1;
            match self.judge(part, prop) {
                Verdict::Yes => holding += 1,
                Verdict::Maybe => open += 1,
                Verdict::No => {}
            }
        }
        match (holding, open) {
            (0, 0) if count > 0 => self.nearest(schema.one_of(), prop),
            (0 | 1, 0) => Verdict::Yes,
            (0 | 1, _) => Verdict::Maybe,
            _ => self.no_with(prop, || Problem::Several(required_by(schema, prop))),
        }
    }

    fn negation(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        let Some(excluded) = schema.negation() else { return Verdict::Yes };
        match self.judge(excluded, prop) {
            Verdict::Yes => self.no_with(prop, || Problem::Excluded(excluded)),
            Verdict::Maybe => Verdict::Maybe,
            Verdict::No => Verdict::Yes,
        }
    }

    fn conditional(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        let Some(condition) = schema.condition() else { return Verdict::Yes };
        let next = match self.judge(condition, prop) {
            Verdict::Yes => schema.then(),
            Verdict::No => schema.otherwise(),
            Verdict::Maybe => return Verdict::Maybe,
        };
        let Some(next) = next else { return Verdict::Yes };
        let reason = Reason { condition, prop };
        if next.is_never() {
            // What must not be as it is, is best shown at the last of the properties that the condition is about.
            let at = condition.required().filter_map(|name| prop.key(name)).last().unwrap_or(prop);
            return self.no(at, Problem::NotAllowed(Some(reason)));
        }
        self.because.push(reason);
        let verdict = self.check(next, prop);
        self.because.pop();
        verdict
    }

    /// Collects the mistakes of the alternative that fits best.
    fn nearest(&mut self, parts: impl Iterator<Item = Schema>, prop: Prop<'v>) -> Verdict {
        if self.quiet > 0 {
            return Verdict::No;
        }
        let mut forms: Vec<(u32, Vec<Mistake<'v>>)> = Vec::new();
        for part in parts {
            let start = self.found.len();
            self.check(part, prop);
            let mistakes = self.found.split_off(start);
            forms.push((mistakes.iter().map(|mistake| distance(mistake, prop)).sum(), mistakes));
        }
        let Some(least) = forms.iter().map(|(distance, _)| *distance).min() else { return Verdict::No };
        let mut best: Vec<_> = forms.into_iter().filter(|(distance, _)| *distance == least).collect();
        let found = match best.len() {
            1 => best.pop().map(|(_, mistakes)| mistakes).unwrap_or_default(),
            _ => merged(best.into_iter().map(|(_, mistakes)| mistakes).collect(), prop),
        };
        self.found.extend(found);
        Verdict::No
    }
}

/// How far a mistake shows that another alternative was meant.
fn distance(mistake: &Mistake<'_>, prop: Prop<'_>) -> u32 {
    let is_here = mistake.is_at(prop.expr());
    match &mistake.problem {
        Problem::Type(_) if is_here => 1000,
        Problem::Scalar { fault: Fault::Member, .. } | Problem::Type(_) => 20,
        Problem::Unknown { .. } | Problem::NotAllowed(_) => 10,
        Problem::Missing(_) | Problem::MissingOne(_) | Problem::NoForm(_) => 5,
        _ => 2,
    }
}

/// What alternatives that fit equally well say together.
fn merged<'v>(forms: Vec<Vec<Mistake<'v>>>, prop: Prop<'v>) -> Vec<Mistake<'v>> {
    let alone: Option<Vec<&Mistake<'v>>> = forms
        .iter()
        .map(|form| match form.as_slice() {
            [only] if only.is_at(prop.expr()) => Some(only),
            _ => None,
        })
        .collect();
    let problem = alone.and_then(|alone| together(&alone));
    match problem {
        Some(problem) => vec![Mistake { prop, problem }],
        None if forms.windows(2).all(|pair| matches!(pair, [one, other] if one == other)) => {
            forms.into_iter().next().unwrap_or_default()
        }
        None => vec![Mistake { prop, problem: Problem::NoForm(forms) }],
    }
}

/// One problem for several of one kind at one value.
fn together<'v>(alone: &[&Mistake<'v>]) -> Option<Problem<'v>> {
    let missing = alone.iter().map(|mistake| match &mistake.problem {
        Problem::Missing(name) => Some(vec![*name]),
        Problem::MissingOne(names) => Some(names.clone()),
        _ => None,
    });
    if let Some(names) = missing.collect::<Option<Vec<_>>>() {
        return Some(Problem::MissingOne(names.concat()));
    }
    let types = alone.iter().map(|mistake| match mistake.problem {
        Problem::Type(types) => Some(types),
        _ => None,
    });
    types.reduce(|one, other| Some(one?.union(other?))).flatten().map(Problem::Type)
}

/// The properties by which the alternatives that hold are told apart.
fn required_by(schema: Schema, prop: Prop<'_>) -> Vec<&'static str> {
    schema.one_of().flat_map(Schema::required).filter(|name| prop.key(name).is_some()).collect()
}
