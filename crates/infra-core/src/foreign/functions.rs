//! Functions of known arguments: what does not depend on the template is computed here.

use std::borrow::Cow;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::text::concat;
use crate::artifacts::Expr;

/// Computes a function; gives the call back where its arguments are not known or not of its shape.
pub(super) fn apply(name: &str, argument: Expr) -> Expr {
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

/// Most blocks that `Fn::Cidr` gives.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html>
/// (read 2026-11-23).
const MAX_BLOCKS: usize = 256;

fn cidr(arguments: &[Expr]) -> Option<Expr> {
    let (block, count, bits) = match arguments {
        [block, count] => (block, count, 32),
        [block, count, bits] => (block, count, bits.literal()?.parse::<u8>().ok()?),
        _ => return None,
    };
    let count: usize = count.literal()?.parse().ok().filter(|count| (1..=MAX_BLOCKS).contains(count))?;
    let blocks: Vec<String> = match block.as_text()?.parse().ok()? {
        IpNet::V4(net) => Ipv4Net::subnets(&net.trunc(), 32_u8.checked_sub(bits)?)
            .ok()?
            .take(count)
            .map(|net| net.to_string())
            .collect(),
        IpNet::V6(net) => Ipv6Net::subnets(&net.trunc(), 128_u8.checked_sub(bits)?)
            .ok()?
            .take(count)
            .map(|net| net.to_string())
            .collect(),
    };
    (blocks.len() == count).then(|| blocks.into())
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
