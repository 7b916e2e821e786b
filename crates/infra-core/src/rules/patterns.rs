//! What may stand in the patterns that choose events and messages.

use crate::artifacts::Expr;
use crate::view::Prop;

/// Operators of SNS and of `EventBridge`.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html> and
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html> (read 2026-11-30).
const OPERATORS: &[&str] =
    &["anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "prefix", "suffix", "wildcard"];

/// Calls `wrong` with each value of a pattern that cannot be one, what is wrong with it and what to write.
pub(super) fn malformed<'v>(pattern: Prop<'v>, wrong: &mut impl FnMut(Prop<'v>, String, String)) {
    for (key, value) in pattern.entries().filter(|(key, _)| !key.starts_with("Fn::") && *key != "Ref") {
        match value.expr() {
            Expr::List(_) if key == "$or" => value.items().for_each(|item| malformed(item, wrong)),
            Expr::List(items) if items.is_empty() => {
                wrong(value, "an empty list".to_owned(), "name at least one value".to_owned());
            }
            Expr::List(_) => value.items().filter(Prop::is_object).for_each(|item| operator(item, wrong)),
            Expr::Object(_) => malformed(value, wrong),
            Expr::Text(_) | Expr::Int(_) | Expr::Float(_) | Expr::Bool(_) | Expr::Concat(_) => {
                wrong(value, "a value, where a list of values is needed".to_owned(), format!("write `{key}: [ … ]`"));
            }
            _ => {}
        }
    }
}

fn operator<'v>(item: Prop<'v>, wrong: &mut impl FnMut(Prop<'v>, String, String)) {
    for (key, value) in item.entries().filter(|(key, _)| !key.starts_with("Fn::") && *key != "Ref") {
        if !OPERATORS.contains(&key) {
            let near = crate::diag::suggest(key, OPERATORS.iter().copied());
            let help =
                near.map_or_else(|| format!("there are {}", OPERATORS.join(", ")), |near| format!("write `{near}`"));
            wrong(value, format!("there is no operator `{key}`"), help);
        }
    }
}
