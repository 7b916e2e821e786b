//! The reader of functions: names become what they stand for, and what does not depend on the template is computed.
//!
//! Templates of others, `raw` entries and patches are read by it alike; `foreign` decides conditions on top of it.

use std::borrow::Cow;

use super::text::{Piece, join as concat, pieces};
use super::{Expr, Object};

/// Knows what names stand for.
pub(crate) trait Names {
    /// Returns what `Ref` of a name gives; nothing where there is no such name.
    fn value(&self, name: &str) -> Option<Expr>;

    /// Returns an attribute of a resource; nothing where there is no such resource.
    fn attribute(&self, id: &str, name: &str) -> Option<Expr>;
}

/// Functions that are written as they are: what they give is not what people want to read.
const KEPT: &[&str] = &["Fn::Base64", "Fn::Cidr", "Fn::Length", "Fn::ToJsonString"];

/// Reads the functions in plain data; what names nothing stays a call.
pub(crate) fn read(value: Expr, names: &impl Names) -> Expr {
    match value {
        Expr::List(items) => {
            let items = items.into_iter().map(|item| read(item, names));
            Expr::List(items.filter(|item| *item != Expr::Absent).collect())
        }
        Expr::Object(object) => match one_key(&object) {
            Some((name, argument)) => call(name, argument, names),
            None => Expr::Object(object.into_iter().map(|(key, value)| (key, read(value, names))).collect::<Object>()),
        },
        other => other,
    }
}

fn one_key(object: &Object) -> Option<(String, Expr)> {
    let mut pairs = object.iter();
    let (name, argument) = pairs.next().filter(|(name, _)| is_function(name))?;
    pairs.next().is_none().then(|| (name.to_owned(), argument.clone()))
}

/// Returns whether a mapping of this one key is a function.
pub(crate) fn is_function(key: &str) -> bool {
    key == "Ref" || key.starts_with("Fn::")
}

fn call(name: String, argument: Expr, names: &impl Names) -> Expr {
    let read_all = |argument| read(argument, names);
    let known = match (name.as_str(), &argument) {
        ("Ref", Expr::Text(target)) if target == "AWS::NoValue" => Some(Expr::Absent),
        ("Ref", Expr::Text(target)) => names.value(target),
        ("Fn::GetAtt", Expr::Text(text)) => text.split_once('.').and_then(|(id, name)| names.attribute(id, name)),
        ("Fn::GetAtt", Expr::List(parts)) => match parts.as_slice() {
            [Expr::Text(id), Expr::Text(name)] => names.attribute(id, name),
            _ => None,
        },
        ("Fn::Sub", Expr::Text(text)) => substitute(text, &Object::default(), names),
        ("Fn::Sub", Expr::List(parts)) => match parts.as_slice() {
            [Expr::Text(text), Expr::Object(variables)] => substitute(text, variables, names),
            _ => None,
        },
        _ if KEPT.contains(&name.as_str()) => None,
        _ => return apply(&name, read_all(argument)),
    };
    known.unwrap_or_else(|| {
        // The text of `Fn::Sub` and names are no values to be read.
        let argument = if matches!(argument, Expr::Text(_)) { argument } else { read_all(argument) };
        Expr::Call(Cow::Owned(name), Box::new(argument))
    })
}

/// Puts the text of `Fn::Sub` together; nothing where one of its names stands for nothing.
fn substitute(text: &str, variables: &Object, names: &impl Names) -> Option<Expr> {
    let parts: Option<Vec<Expr>> = pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => Some(Expr::Text(Cow::Owned(text.to_owned()))),
            Piece::Name(name) => match (variables.get(name), name.split_once('.')) {
                (Some(value), _) => Some(read(value.clone(), names)),
                (None, Some((id, attribute))) => names.attribute(id, attribute),
                (None, None) => names.value(name),
            },
        })
        .collect();
    parts.map(concat)
}

/// Computes a function; gives the call back where its arguments are not known or not of its shape.
pub(crate) fn apply(name: &str, argument: Expr) -> Expr {
    let known = match (name, &argument) {
        ("Fn::Join", Expr::List(arguments)) => join(arguments),
        ("Fn::Select", Expr::List(arguments)) => select(arguments),
        ("Fn::Split", Expr::List(arguments)) => split(arguments),
        ("Fn::Base64", argument) => argument.as_text().map(|text| base64(text.as_bytes()).into()),
        ("Fn::Cidr", Expr::List(arguments)) => cidr(arguments),
        ("Fn::Length", Expr::List(items)) => Some(items.len().into()),
        ("Fn::ToJsonString", Expr::List(_) | Expr::Object(_)) => to_json(&argument),
        _ => None,
    };
    known.unwrap_or_else(|| Expr::Call(Cow::Owned(name.to_owned()), Box::new(argument)))
}

fn join(arguments: &[Expr]) -> Option<Expr> {
    let [delimiter, Expr::List(items)] = arguments else { return None };
    let delimiter = delimiter.literal()?;
    if items.iter().any(|item| matches!(item, Expr::List(_) | Expr::Object(_))) {
        return None;
    }
    let mut parts = Vec::with_capacity(items.len() * 2);
    for (index, item) in items.iter().enumerate() {
        if index > 0 && !delimiter.is_empty() {
            parts.push(Expr::Text(Cow::Owned(delimiter.clone().into_owned())));
        }
        parts.push(item.clone());
    }
    Some(concat(parts))
}

fn select(arguments: &[Expr]) -> Option<Expr> {
    let [index, Expr::List(items)] = arguments else { return None };
    items.get(index.literal()?.parse::<usize>().ok()?).cloned()
}

fn split(arguments: &[Expr]) -> Option<Expr> {
    let [delimiter, source] = arguments else { return None };
    let delimiter = delimiter.as_text().filter(|delimiter| !delimiter.is_empty())?;
    Some(source.as_text()?.split(delimiter).map(str::to_owned).collect())
}

fn cidr(arguments: &[Expr]) -> Option<Expr> {
    let (block, count, bits) = match arguments {
        [block, count] => (block, count, 32),
        [block, count, bits] => (block, count, bits.literal()?.parse::<u8>().ok()?),
        _ => return None,
    };
    Some(crate::names::cut(block.as_text()?, count.literal()?.parse().ok()?, bits)?.into())
}

fn to_json(value: &Expr) -> Option<Expr> {
    let mut copy = value.clone();
    let mut is_known = true;
    copy.walk_mut(&mut |value| {
        is_known &= value.literal().is_some() || matches!(value, Expr::List(_) | Expr::Object(_));
    });
    if is_known { serde_json::to_string(value).ok().map(Expr::from) } else { None }
}

/// Spells bytes in base 64 (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32| char::from(DIGITS.get((bits & 63) as usize).copied().unwrap_or(b'='));
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let all = [digit(bits >> 18), digit(bits >> 12), digit(bits >> 6), digit(bits)];
        text.extend(all.into_iter().take(chunk.len() + 1));
        text.extend(std::iter::repeat_n('=', 3 - chunk.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifacts::Pseudo;

    fn json(name: &str, argument: Expr) -> String {
        serde_json::to_string(&apply(name, argument)).unwrap()
    }

    #[test]
    fn what_is_known_is_computed() {
        assert_eq!(json("Fn::Join", list!["-", list!["a", 1, true]]), r#""a-1-true""#);
        assert_eq!(json("Fn::Select", list!["1", list!["a", "b"]]), r#""b""#);
        assert_eq!(json("Fn::Split", list![",", "a,b"]), r#"["a","b"]"#);
        assert_eq!(json("Fn::Length", list!["a", "b"]), "2");
        assert_eq!(json("Fn::ToJsonString", object! { "a" => list![1] }), r#""{\"a\":[1]}""#);
        assert_eq!(json("Fn::Cidr", list!["10.0.0.0/16", 2, 8]), r#"["10.0.0.0/24","10.0.1.0/24"]"#);
        assert_eq!(json("Fn::Cidr", list!["2001:db8::/56", 2, 64]), r#"["2001:db8::/64","2001:db8:0:1::/64"]"#);
    }

    #[test]
    fn base_64_is_that_of_the_rfc() {
        let all: Vec<_> = ["", "f", "fo", "foo", "foob"].into_iter().map(|text| base64(text.as_bytes())).collect();
        assert_eq!(all, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }

    #[test]
    fn what_is_not_known_stays_a_call() {
        assert_eq!(json("Fn::Select", list![2, list!["a"]]), r#"{"Fn::Select":[2,["a"]]}"#);
        assert_eq!(json("Fn::Split", list!["", "a"]), r#"{"Fn::Split":["","a"]}"#);
        assert_eq!(json("Fn::Cidr", list!["10.0.0.0/16", 300, 8]), r#"{"Fn::Cidr":["10.0.0.0/16",300,8]}"#);
        assert_eq!(json("Fn::ToJsonString", list![Pseudo::Region]), r#"{"Fn::ToJsonString":[{"Ref":"AWS::Region"}]}"#);
        assert_eq!(json("Fn::Join", list!["", "a"]), r#"{"Fn::Join":["","a"]}"#);
    }
}
