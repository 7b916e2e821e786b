//! Text with holes: the text of `Fn::Sub`, and parts put together.

use std::borrow::Cow;

use super::Expr;

/// A piece of the text of `Fn::Sub`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Text as it is.
    Text(&'a str),
    /// `${name}`.
    Name(&'a str),
}

/// Takes the text of `Fn::Sub` apart; `${!name}` stands for the text `${name}`.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
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
pub(crate) fn join(parts: Vec<Expr>) -> Expr {
    let mut merged: Vec<Expr> = Vec::new();
    parts.into_iter().for_each(|part| merge(&mut merged, part));
    whole(merged)
}

/// Returns merged parts as one value.
pub(crate) fn whole(mut merged: Vec<Expr>) -> Expr {
    match (merged.pop(), merged.is_empty()) {
        (None, _) => Expr::Text(Cow::Borrowed("")),
        (Some(one), true) if !matches!(one, Expr::List(_) | Expr::Object(_)) => one,
        (Some(last), _) => {
            merged.push(last);
            Expr::Concat(merged)
        }
    }
}

/// Adds a part; texts that meet become one.
pub(crate) fn merge(merged: &mut Vec<Expr>, part: Expr) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
