//! Lists: their items, how many there are, and which may not be there twice.

use std::collections::BTreeSet;

use super::check::{Checker, Verdict};
use super::mistake::Problem;
use crate::artifacts::Expr;
use crate::facts::resource_types::Schema;
use crate::view::Prop;

/// Most items that are compared with each other.
const MAX_COMPARED: usize = 200;

impl<'v> Checker<'v> {
    pub(super) fn list(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        let Expr::List(items) = prop.expr() else { return Verdict::Yes };
        let mut verdict = self.count(schema, prop, items.len());
        let first: usize = schema.prefix_items().count();
        for (inner, item) in schema.prefix_items().zip(prop.items()) {
            verdict = verdict.and(self.check(inner, item));
        }
        if let Some(inner) = schema.items() {
            for item in prop.items().skip(first) {
                if self.is_over(verdict) {
                    return verdict;
                }
                verdict = verdict.and(self.check(inner, item));
            }
        }
        verdict.and(self.contains(schema, prop)).and(self.unique(schema, prop, items))
    }

    fn count(&mut self, schema: Schema, prop: Prop<'v>, count: usize) -> Verdict {
        let (least, most) = (schema.min_items(), schema.max_items());
        let fits = least.is_none_or(|least| count >= least as usize) && most.is_none_or(|most| count <= most as usize);
        if fits { Verdict::Yes } else { self.no(prop, Problem::Items { count, least, most }) }
    }

    fn contains(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        let Some(wanted) = schema.contains() else { return Verdict::Yes };
        let best = prop.items().map(|item| self.judge(wanted, item)).min().unwrap_or(Verdict::No);
        if best == Verdict::No { self.no(prop, Problem::Contains) } else { best }
    }

    fn unique(&mut self, schema: Schema, prop: Prop<'v>, items: &'v [Expr]) -> Verdict {
        let mut verdict = Verdict::Yes;
        if schema.has_unique_items() && (2..=MAX_COMPARED).contains(&items.len()) {
            for (index, item) in items.iter().enumerate() {
                let twice = items.iter().take(index).any(|earlier| earlier == item && is_settled(item));
                if let Some(place) = prop.items().nth(index).filter(|_| twice) {
                    verdict = verdict.and(self.no(place, Problem::Twice));
                }
            }
        }
        if let Some(most) = schema.max_unique_items() {
            let texts: Option<BTreeSet<_>> = prop.items().map(|item| item.text()).collect();
            match texts.map(|texts| texts.len()) {
                Some(count) if count > most as usize => {
                    let problem = Problem::Items { count, least: None, most: Some(most) };
                    verdict = verdict.and(self.no(prop, problem));
                }
                Some(_) => {}
                None => verdict = verdict.and(Verdict::Maybe),
            }
        }
        verdict.and(self.unique_keys(schema, prop, items.len()))
    }

    fn unique_keys(&mut self, schema: Schema, prop: Prop<'v>, count: usize) -> Verdict {
        let keys = schema.unique_keys();
        if keys.is_empty() || !(2..=MAX_COMPARED).contains(&count) {
            return Verdict::Yes;
        }
        let mut verdict = Verdict::Yes;
        let mut seen: Vec<Vec<Option<&Expr>>> = Vec::with_capacity(count);
        for item in prop.items() {
            let values: Vec<_> = keys.clone().map(|key| item.key(key).map(|value| value.expr())).collect();
            let counts = values.iter().any(Option::is_some) && values.iter().flatten().all(|value| is_settled(value));
            if counts && seen.contains(&values) {
                verdict = verdict.and(self.no(item, Problem::SameKeys(keys.clone())));
            }
            seen.push(values);
        }
        verdict
    }
}

/// Whether equal expressions have equal values for certain.
fn is_settled(expr: &Expr) -> bool {
    match expr {
        Expr::Call(..) => false,
        Expr::List(items) | Expr::Concat(items) => items.iter().all(is_settled),
        Expr::Object(object) => object.iter().all(|(_, value)| is_settled(value)),
        Expr::Absent
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::Text(_)
        | Expr::Ref(_)
        | Expr::Att(..)
        | Expr::Pseudo(_)
        | Expr::Parameter(_) => true,
    }
}
