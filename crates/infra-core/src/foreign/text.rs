//! Text with holes: `Fn::Sub`, dynamic references, and parts put together.

use std::borrow::Cow;

use crate::artifacts::Expr;

/// A piece of the text of `Fn::Sub`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text as it is.
    Text(&'a str),
    /// `${name}`.
    Name(&'a str),
}

/// Takes the text of `Fn::Sub` apart; `${!name}` stands for the text `${name}`.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once("${") {
        let Some((name, after)) = inside.split_once('}') else { break };
        pieces.push(Piece::Text(before));
        if let Some(literal) = name.strip_prefix('!') {
            pieces.extend([Piece::Text("${"), Piece::Text(literal), Piece::Text("}")]);
        } else {
            pieces.push(Piece::Name(name.trim()));
        }
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

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
    match (merged.pop(), merged.is_empty()) {
        (None, _) => Expr::Text(Cow::Borrowed("")),
        (Some(one), true) if !matches!(one, Expr::List(_) | Expr::Object(_)) => one,
        (Some(last), _) => {
            merged.push(last);
            Expr::Concat(merged)
        }
    }
}

/// Returns a text with `*` for each part that is not known.
pub(super) fn pattern(value: &Expr) -> String {
    match value {
        Expr::Concat(parts) => parts.iter().map(pattern).collect(),
        known => known.literal().map_or_else(|| "*".to_owned(), Cow::into_owned),
    }
}

fn merge(merged: &mut Vec<Expr>, part: Expr) {
    if let Expr::Concat(inner) = part {
        inner.into_iter().for_each(|part| merge(merged, part));
        return;
    }
    let Some(text) = part.literal() else {
        if part != Expr::Absent {
            merged.push(part);
        }
        return;
    };
    if text.is_empty() {
        return;
    }
    if let Some(Expr::Text(last)) = merged.last_mut() {
        last.to_mut().push_str(&text);
        return;
    }
    let text = text.into_owned();
    merged.push(Expr::Text(Cow::Owned(text)));
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
    fn a_substitution_is_taken_apart_at_its_names() {
        assert_eq!(
            pieces("a${B}c${!d}${ E.F }${"),
            [
                Piece::Text("a"),
                Piece::Name("B"),
                Piece::Text("c"),
                Piece::Text("${"),
                Piece::Text("d"),
                Piece::Text("}"),
                Piece::Name("E.F"),
                Piece::Text("${")
            ]
        );
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
