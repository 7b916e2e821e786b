//! Strings, numbers and booleans.

use std::borrow::Cow;

use super::check::{Checker, Verdict};
use super::format;
use super::mistake::Problem;
use super::shape::{boolean, is_dynamic};
use super::version;
use crate::facts::resource_types::{Schema, Types, Value, pattern_matches};
use crate::view::Prop;

impl<'v> Checker<'v> {
    pub(super) fn scalar(&mut self, schema: Schema, prop: Prop<'v>) -> Verdict {
        if !schema.restricts_scalars() {
            return Verdict::Yes;
        }
        let Some(text) = prop.text().filter(|text| !is_dynamic(text)) else { return Verdict::Maybe };
        let text = if self.folds { Cow::Owned(text.to_ascii_lowercase()) } else { text };
        match fault(schema, &text) {
            Ok(verdict) => verdict,
            Err(fault) => self.no_with(prop, || Problem::Scalar { schema, fault }),
        }
    }
}

/// What is wrong with a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// `enum`, also without regard to capitals, and `const`.
    Member,
    /// `minLength` or `maxLength`; how many characters there are.
    Length(usize),
    /// `pattern`.
    Pattern,
    /// `format`.
    Format,
    /// `minimum`, `maximum` and the exclusive ones.
    Range,
    /// `multipleOf`.
    Multiple,
}

/// The most specific thing that is wrong with a text, if any.
fn fault(schema: Schema, text: &str) -> Result<Verdict, Fault> {
    let types = schema.types();
    if !is_member(schema, text) {
        return Err(Fault::Member);
    }
    number(schema, text)?;
    let mut verdict = Verdict::Yes;
    if types.is_any() || types.contains(Types::STRING) {
        let (least, most) = (schema.min_length(), schema.max_length());
        if least.is_some() || most.is_some() {
            let count = text.chars().count();
            if least.is_some_and(|least| count < least as usize) || most.is_some_and(|most| count > most as usize) {
                return Err(Fault::Length(count));
            }
        }
        if let Some(pattern) = schema.pattern() {
            match pattern_matches(pattern, text) {
                Some(true) => {}
                Some(false) => return Err(Fault::Pattern),
                None => verdict = Verdict::Maybe,
            }
        }
        if schema.format().is_some_and(|format| !format::fits(format, text)) {
            return Err(Fault::Format);
        }
    }
    Ok(verdict)
}

fn number(schema: Schema, text: &str) -> Result<(), Fault> {
    let bounds = [schema.minimum(), schema.maximum(), schema.exclusive_minimum(), schema.exclusive_maximum()];
    let step = schema.multiple_of();
    if step.is_none() && bounds.iter().all(Option::is_none) {
        return Ok(());
    }
    let Ok(number) = text.trim().parse::<f64>() else { return Ok(()) };
    let [least, most, above, below] = bounds;
    let fits = least.is_none_or(|least| number >= least)
        && most.is_none_or(|most| number <= most)
        && above.is_none_or(|above| number > above)
        && below.is_none_or(|below| number < below);
    if !fits {
        return Err(Fault::Range);
    }
    let even = step.is_none_or(|step| ((number / step).round() - number / step).abs() < 1e-9);
    if even { Ok(()) } else { Err(Fault::Multiple) }
}

/// Whether a text is what `enum` and `const` ask for.
fn is_member(schema: Schema, text: &str) -> bool {
    let is_other = schema.constant().is_some_and(|value| !is_same(value, text));
    if is_other || !schema.has_enumeration() {
        return !is_other;
    }
    let ignoring = |value| match value {
        Value::Text(member) => member.eq_ignore_ascii_case(text),
        Value::Null | Value::Boolean(_) | Value::Integer(_) | Value::Number(_) => is_same(value, text),
    };
    is_among(schema.enumeration(), |value| is_same(value, text))
        && is_among(schema.enumeration_ignoring_case(), ignoring)
}

/// Whether one of the values is the right one; where there is no list, every value is.
fn is_among(mut values: impl Iterator<Item = Value>, is_it: impl Fn(Value) -> bool) -> bool {
    values.next().is_none_or(|first| is_it(first) || values.any(is_it))
}

/// Whether a member of a schema is what a text spells.
fn is_same(value: Value, text: &str) -> bool {
    match value {
        Value::Text(member) => member == text || version::is_family_of(text, member),
        Value::Boolean(member) => boolean(text) == Some(member),
        Value::Integer(_) | Value::Number(_) => {
            let number = text.trim().parse::<f64>().ok();
            value.number().zip(number).is_some_and(|(member, number)| (member - number).abs() < f64::EPSILON)
        }
        Value::Null => false,
    }
}

/// Whether the name of a property is what `propertyNames` asks for.
pub(super) fn name_fits(schema: Schema, name: &str) -> Verdict {
    let own = fault(schema, name).unwrap_or(Verdict::No);
    let excluded = schema.negation().map_or(Verdict::No, |excluded| name_fits(excluded, name));
    own.and(match excluded {
        Verdict::Yes => Verdict::No,
        Verdict::Maybe => Verdict::Maybe,
        Verdict::No => Verdict::Yes,
    })
}
