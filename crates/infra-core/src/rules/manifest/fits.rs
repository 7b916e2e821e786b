//! Whether a value fits the bounds, patterns and alternatives of the schema of a definition.
//!
//! Source: <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation>
//! (read 2026-11-30).

use super::cel;
use super::report::{Mistake, Report};
use super::values;
use crate::artifacts::Expr;
use crate::view::Prop;

/// Deepest nesting of alternatives.
const MAX_DEPTH: u32 = 20;

/// Whether a text has a part that a pattern matches; nothing if it is written as only RE2 takes it.
pub(super) fn matches(pattern: &str, text: &str) -> Option<bool> {
    if ["(?", "[[:", "\\A", "\\z", "\\Q", "\\p", "\\P", "\\C"].iter().any(|own| pattern.contains(own)) {
        return None;
    }
    let pattern = regress::Regex::new(pattern).ok()?;
    Some(pattern.find(text).is_some())
}

/// Reports what of a value does not fit, beside its type, its fields and the values of text.
pub(super) fn check<'v>(schema: Prop<'v>, prop: Prop<'v>, report: &mut Report<'v, '_>) {
    if let Some((id, says, help)) = bound(schema, prop) {
        report.no(prop, Mistake::new(id, says, "does not fit the definition", help));
    }
    alternatives(schema, prop, report);
    for rule in schema.each("x-kubernetes-validations") {
        let Some(text) = rule.key("rule").and_then(|rule| rule.text()) else { continue };
        if cel::holds(&text, prop, schema) == Some(false) {
            let message = rule.key("message").and_then(|message| message.text()).unwrap_or_else(|| text.clone());
            let says = format!("breaks a rule of the definition: {message}");
            let help = format!("write what fulfils `{}`", text.trim());
            report.no(prop, Mistake::new("manifest/value", says, "breaks a rule", help));
        }
    }
}

fn alternatives<'v>(schema: Prop<'v>, prop: Prop<'v>, report: &mut Report<'v, '_>) {
    let fitting = |key: &str| {
        let all: Option<Vec<bool>> = schema.each(key).map(|one| fits(one, prop, 0)).collect();
        all.map(|all| all.iter().filter(|fits| **fits).count())
    };
    let mut says = None;
    if schema.key("oneOf").is_some_and(|it| it.is_list()) {
        match fitting("oneOf") {
            Some(0) => says = Some("fits none of the alternatives of the definition (`oneOf`)"),
            Some(1) | None => {}
            Some(_) => says = Some("fits several alternatives of the definition of which one is allowed (`oneOf`)"),
        }
    }
    if schema.key("anyOf").is_some_and(|it| it.is_list()) && fitting("anyOf") == Some(0) {
        says = Some("fits none of the alternatives of the definition (`anyOf`)");
    }
    if schema.each("allOf").any(|one| fits(one, prop, 0) == Some(false)) {
        says = Some("does not fit all that the definition asks (`allOf`)");
    }
    if schema.key("not").is_some_and(|not| fits(not, prop, 0) == Some(true)) {
        says = Some("is what the definition excludes (`not`)");
    }
    if let Some(says) = says {
        let help = "write what the definition asks for";
        report.no(prop, Mistake::new("manifest/not-together", says, "does not fit the definition", help).of_key());
    }
}

/// A bound that a value breaks: the id of the finding, what it says, and what to do.
fn bound(schema: Prop<'_>, prop: Prop<'_>) -> Option<(&'static str, String, String)> {
    let whole = |name: &str| schema.key(name).and_then(|bound| usize::try_from(bound.int()?).ok());
    let within = |number: usize, what: &str, low: &str, high: &str| {
        let count = |number: usize| crate::diag::counted(i64::try_from(number).unwrap_or(i64::MAX), what);
        if let Some(least) = whole(low).filter(|least| number < *least) {
            return Some(("manifest/range", format!("has {}", count(number)), format!("write at least {least}")));
        }
        let most = whole(high).filter(|most| number > *most)?;
        Some(("manifest/range", format!("has {}", count(number)), format!("write at most {most}")))
    };
    match prop.expr() {
        Expr::Text(text) if values::has_hole(text) => None,
        Expr::Text(text) => within(text.chars().count(), "character", "minLength", "maxLength").or_else(|| {
            if let Some(pattern) = schema.key("pattern").and_then(|pattern| pattern.text())
                && matches(&pattern, text) == Some(false)
            {
                let says = format!("is `{text}`, which the pattern of the definition does not take");
                return Some(("manifest/value", says, format!("write what `{pattern}` takes")));
            }
            let format = schema.key("format").and_then(|format| format.text())?;
            if has_format(&format, text) {
                return None;
            }
            Some(("manifest/value", format!("is `{text}`, which is no {format}"), format!("write a {format}")))
        }),
        Expr::Int(_) | Expr::Float(_) => number(schema, prop),
        Expr::List(_) => within(prop.items().count(), "item", "minItems", "maxItems"),
        Expr::Object(_) if prop.entries().any(|(name, _)| values::has_hole(name)) => None,
        Expr::Object(_) => within(prop.entries().count(), "field", "minProperties", "maxProperties"),
        _ => None,
    }
}

fn number(schema: Prop<'_>, prop: Prop<'_>) -> Option<(&'static str, String, String)> {
    let number = prop.number()?;
    let shown = prop.text().unwrap_or_default().into_owned();
    let bound = |name: &str| schema.key(name).and_then(|bound| bound.number());
    let says = |name: &str| schema.key(name).is_some_and(|it| it.bool() == Some(true));
    // Bounds of whole numbers are told by the walk.
    let is_whole = schema.key("type").is_some_and(|kind| kind.is("integer"));
    let low = bound("minimum").filter(|low| number < *low && !is_whole || number <= *low && says("exclusiveMinimum"));
    let high =
        bound("maximum").filter(|high| number > *high && !is_whole || number >= *high && says("exclusiveMaximum"));
    if let Some(low) = low {
        return Some((
            "manifest/range",
            format!("is {shown}, which is out of range"),
            format!("write more than {low}"),
        ));
    }
    if let Some(high) = high {
        return Some((
            "manifest/range",
            format!("is {shown}, which is out of range"),
            format!("write less than {high}"),
        ));
    }
    if schema.key("format").is_some_and(|it| it.is("int32")) && prop.int().is_some_and(|it| i32::try_from(it).is_err())
    {
        return Some((
            "manifest/range",
            format!("is {shown}, too much for 32 bits"),
            "write a smaller number".to_owned(),
        ));
    }
    if let Some(step) = bound("multipleOf").filter(|step| *step > 0.0 && (number / step).fract().abs() > 1e-9) {
        return Some((
            "manifest/range",
            format!("is {shown}, no multiple of {step}"),
            format!("write a multiple of {step}"),
        ));
    }
    let values: Vec<String> =
        schema.each("enum").filter_map(|it| it.text()).map(std::borrow::Cow::into_owned).collect();
    if !values.is_empty() && !values.contains(&shown) {
        let listed = values.join("`, `");
        return Some((
            "manifest/enum",
            format!("is {shown}, not one of `{listed}`"),
            format!("write one of `{listed}`"),
        ));
    }
    None
}

/// Formats that an API server checks; of others every text is one.
fn has_format(format: &str, text: &str) -> bool {
    match format {
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        "cidr" => values::block(text).is_some(),
        "date" => text.len() == 10 && is_date(text),
        "date-time" | "datetime" => text.len() > 10 && is_date(text) && text.contains([':']),
        "uuid" => {
            let digits = text.bytes().filter(|b| b.is_ascii_hexdigit()).count();
            digits == 32 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
        }
        "duration" => text.bytes().any(|b| b.is_ascii_digit()),
        _ => true,
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.get(..10).unwrap_or_default().split('-').collect();
    parts.len() == 3 && parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a value fits a schema; nothing if a part of it is not known.
fn fits(schema: Prop<'_>, prop: Prop<'_>, depth: u32) -> Option<bool> {
    if depth > MAX_DEPTH {
        return None;
    }
    let is_later = match prop.expr() {
        Expr::Text(text) => values::has_hole(text),
        Expr::Object(_) => prop.entries().any(|(name, _)| values::has_hole(name)),
        Expr::Bool(_) | Expr::Int(_) | Expr::Float(_) | Expr::List(_) => false,
        _ => true,
    };
    if is_later {
        return None;
    }
    let is_of_type = match schema.key("type").and_then(|kind| kind.text()).as_deref() {
        Some("object") => prop.is_object(),
        Some("array") => prop.is_list(),
        Some("string") => matches!(prop.expr(), Expr::Text(_)),
        Some("integer") => matches!(prop.expr(), Expr::Int(_)),
        Some("number") => matches!(prop.expr(), Expr::Int(_) | Expr::Float(_)),
        Some("boolean") => matches!(prop.expr(), Expr::Bool(_)),
        _ => true,
    };
    let values: Vec<_> = schema.each("enum").filter_map(|it| it.text()).collect();
    let is_value = values.is_empty() || prop.text().is_some_and(|text| values.contains(&text));
    if !is_of_type || !is_value || bound(schema, prop).is_some() {
        return Some(false);
    }
    let has = |name: &str| prop.key(name).filter(|value| *value.expr() != Expr::Absent);
    if schema.each("required").filter_map(|name| name.text()).any(|name| prop.is_object() && has(&name).is_none()) {
        return Some(false);
    }
    let mut known = true;
    let mut all = |verdict: Option<bool>| {
        known &= verdict.is_some();
        verdict.unwrap_or(true)
    };
    let fields = schema.key("properties").into_iter().flat_map(|it| it.entries());
    let of_fields = fields.filter_map(|(name, inner)| Some((inner, has(name)?)));
    let items = schema.key("items").into_iter().flat_map(|inner| prop.items().map(move |item| (inner, item)));
    let nested = of_fields.chain(items.filter(|_| prop.is_list())).collect::<Vec<_>>();
    let fits_all = nested.into_iter().all(|(inner, value)| all(fits(inner, value, depth + 1)))
        && schema.each("allOf").all(|one| all(fits(one, prop, depth + 1)))
        && schema.key("not").is_none_or(|not| all(fits(not, prop, depth + 1).map(|fits| !fits)));
    if !fits_all {
        return Some(false);
    }
    for (key, one_only) in [("anyOf", false), ("oneOf", true)] {
        if !schema.key(key).is_some_and(|it| it.is_list()) {
            continue;
        }
        let verdicts: Option<Vec<bool>> = schema.each(key).map(|one| fits(one, prop, depth + 1)).collect();
        let count = verdicts?.iter().filter(|fits| **fits).count();
        if count == 0 || one_only && count > 1 {
            return Some(false);
        }
    }
    known.then_some(true)
}
