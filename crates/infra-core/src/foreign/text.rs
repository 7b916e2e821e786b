//! Text with dynamic references.

use std::borrow::Cow;

use crate::artifacts::Expr;
use crate::artifacts::text::{merge, whole};

/// Puts parts together: text where all are known, else what `Fn::Join` would have to put together.
///
/// A dynamic reference becomes `Expr::Call("resolve", …)` with what stands after `resolve:`, known or not.
pub(super) fn concat(parts: Vec<Expr>) -> Expr {
    let mut merged: Vec<Expr> = Vec::new();
    parts.into_iter().for_each(|part| merge(&mut merged, part));
    let has_reference = merged.iter().any(|part| part.as_text().is_some_and(|text| text.contains(OPEN)));
    if has_reference {
        merged = resolve(merged);
    }
    whole(merged)
}

/// Sets dynamic references apart in what a function gave.
pub(super) fn settled(value: Expr) -> Expr {
    let has_reference = |text: &Expr| text.as_text().is_some_and(|text| text.contains(OPEN));
    match &value {
        Expr::Text(_) if has_reference(&value) => concat(vec![value]),
        Expr::Concat(parts) if parts.iter().any(has_reference) => concat(vec![value]),
        _ => value,
    }
}

/// Returns a text with `*` for each part that is not known.
pub(super) fn pattern(value: &Expr) -> String {
    match value {
        Expr::Concat(parts) => parts.iter().map(pattern).collect(),
        known => known.literal().map_or_else(|| "*".to_owned(), Cow::into_owned),
    }
}

/// The start of a dynamic reference.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html> (read 2026-11-22).
pub(super) const OPEN: &str = "{{resolve:";

/// The end of a dynamic reference.
pub(super) const CLOSE: &str = "}}";

/// Sets dynamic references apart, also where their text has unknown parts; one that has no end stays text.
fn resolve(parts: Vec<Expr>) -> Vec<Expr> {
    let mut done: Vec<Expr> = Vec::new();
    let mut inside: Option<Vec<Expr>> = None;
    for part in parts {
        let Expr::Text(text) = &part else {
            inside.as_mut().unwrap_or(&mut done).push(part);
            continue;
        };
        let mut rest: &str = text;
        loop {
            let mark = if inside.is_some() { CLOSE } else { OPEN };
            let (before, after) = match rest.split_once(mark) {
                Some((before, after)) => (before, Some(after)),
                None => (rest, None),
            };
            if !before.is_empty() {
                inside.as_mut().unwrap_or(&mut done).push(Expr::Text(Cow::Owned(before.to_owned())));
            }
            let Some(after) = after else { break };
            match inside.take() {
                Some(argument) => done.push(Expr::Call(Cow::Borrowed("resolve"), Box::new(join_known(argument)))),
                None => inside = Some(Vec::new()),
            }
            rest = after;
        }
    }
    if let Some(unfinished) = inside {
        done.push(Expr::Text(Cow::Borrowed(OPEN)));
        done.extend(unfinished);
    }
    done
}

fn join_known(mut parts: Vec<Expr>) -> Expr {
    match (parts.pop(), parts.is_empty()) {
        (Some(one), true) => one,
        (last, _) => Expr::Concat(parts.into_iter().chain(last).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifacts::Pseudo;

    fn text(text: &str) -> Expr {
        Expr::Text(Cow::Owned(text.to_owned()))
    }

    #[test]
    fn known_parts_become_one_text() {
        assert_eq!(concat(vec![text("a"), Expr::Int(1), Expr::Concat(vec![Expr::Bool(true)])]), text("a1true"));
        assert_eq!(
            concat(vec![text("a"), Expr::Absent, Expr::Pseudo(Pseudo::Region), text("b"), text("c")]),
            Expr::Concat(vec![text("a"), Expr::Pseudo(Pseudo::Region), text("bc")])
        );
        assert_eq!(concat(vec![]), text(""));
    }

    #[test]
    fn a_dynamic_reference_is_not_known() {
        let call = |argument| Expr::Call("resolve".into(), Box::new(argument));
        assert_eq!(concat(vec![text("{{resolve:ssm:/a}}")]), call(text("ssm:/a")));
        let parts = vec![text("x{{resolve:secretsmanager:"), Expr::Pseudo(Pseudo::Region), text(":SecretString}}y")];
        let argument = vec![text("secretsmanager:"), Expr::Pseudo(Pseudo::Region), text(":SecretString")];
        assert_eq!(concat(parts), Expr::Concat(vec![text("x"), call(Expr::Concat(argument)), text("y")]));
        assert_eq!(concat(vec![text("a{{resolve:b")]), Expr::Concat(vec![text("a"), text("{{resolve:"), text("b")]));
    }
}
