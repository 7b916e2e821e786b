//! The values of DNS records, each type with its own grammar.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest string of a TXT record, without its quotes and escapes. Unit: bytes.
///
/// Source: <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTFormat> (read
/// 2026-11-30).
pub const TEXT_STRING: usize = 255;

/// Longest value of a TXT record, with quotes and escapes. Unit: characters. Source: as [`TEXT_STRING`].
const TEXT_VALUE: usize = 4_000;

/// A part of a value.
#[derive(Clone, Copy)]
enum Field {
    /// A whole number from 0 to a largest.
    Number(&'static str, u32),
    /// One of these numbers.
    OneOf(&'static str, &'static [u32]),
    /// An address of IPv4.
    Ipv4,
    /// An address of IPv6.
    Ipv6,
    /// A domain name.
    Host(&'static str),
    /// A word of letters and digits.
    Word(&'static str),
    /// Text in quotes.
    Quoted(&'static str),
    /// All the rest as hexadecimal digits; how many, by the number of the field before.
    Hex(&'static str, &'static [(u32, usize)]),
    /// All the rest as strings in quotes.
    Strings,
    /// All the rest as parameters of a service.
    Parameters,
}

/// The types, their fields, and how a value is written.
///
/// Source: <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html>; algorithms and lengths of
/// digests from RFC 4034, 4255, 6594, 6698, 9460 (read 2026-11-30).
const TYPES: &[(&str, &[Field], &str)] = &[
    ("A", &[Field::Ipv4], "192.0.2.1"),
    ("AAAA", &[Field::Ipv6], "2001:db8::1"),
    (
        "CAA",
        &[Field::Number("number of the flags", 255), Field::Word("tag"), Field::Quoted("value")],
        "0 issue \"amazon.com\"",
    ),
    ("CNAME", &[Field::Host("name")], "www.example.com"),
    (
        "DS",
        &[
            Field::Number("key tag", 65_535),
            Field::Number("algorithm", 255),
            Field::Number("digest type", 255),
            Field::Hex("digest", &[(1, 40), (2, 64), (4, 96)]),
        ],
        "12345 13 2 <64 hexadecimal digits>",
    ),
    ("HTTPS", SERVICE, "1 . alpn=\"h2\""),
    ("MX", &[Field::Number("priority", 65_535), Field::Host("mail server")], "10 mail.example.com"),
    (
        "NAPTR",
        &[
            Field::Number("order", 65_535),
            Field::Number("preference", 65_535),
            Field::Quoted("flags"),
            Field::Quoted("service"),
            Field::Quoted("regular expression"),
            Field::Host("replacement"),
        ],
        "100 50 \"u\" \"E2U+sip\" \"!^.*$!sip:info@example.com!\" .",
    ),
    ("NS", &[Field::Host("name server")], "ns1.example.net"),
    ("PTR", &[Field::Host("name")], "host.example.com"),
    (
        "SOA",
        &[
            Field::Host("name server"),
            Field::Host("mailbox"),
            Field::Number("serial number", u32::MAX),
            Field::Number("refresh", 2_147_483_647),
            Field::Number("retry", 2_147_483_647),
            Field::Number("expire", 2_147_483_647),
            Field::Number("minimum", 2_147_483_647),
        ],
        "ns1.example.net. hostmaster.example.com. 1 7200 900 1209600 86400",
    ),
    ("SPF", &[Field::Strings], "\"v=spf1 -all\""),
    (
        "SRV",
        &[
            Field::Number("priority", 65_535),
            Field::Number("weight", 65_535),
            Field::Number("port", 65_535),
            Field::Host("target"),
        ],
        "10 5 5060 sip.example.com",
    ),
    (
        "SSHFP",
        &[
            Field::OneOf("algorithm", &[0, 1, 2, 3, 4, 6]),
            Field::OneOf("type of the fingerprint", &[0, 1, 2]),
            Field::Hex("fingerprint", &[(1, 40), (2, 64)]),
        ],
        "4 2 <64 hexadecimal digits>",
    ),
    ("SVCB", SERVICE, "1 svc.example.com port=8443"),
    (
        "TLSA",
        &[
            Field::OneOf("usage", &[0, 1, 2, 3, 255]),
            Field::OneOf("selector", &[0, 1, 255]),
            Field::OneOf("matching type", &[0, 1, 2, 255]),
            Field::Hex("data", &[(1, 64), (2, 128)]),
        ],
        "3 1 1 <64 hexadecimal digits>",
    ),
    ("TXT", &[Field::Strings], "\"some text\""),
];

const SERVICE: &[Field] = &[Field::Number("priority", 65_535), Field::Host("target"), Field::Parameters];

/// Keys of the parameters of a service (RFC 9460, section 14.3.2, and RFC 9461).
const SERVICE_KEYS: &[&str] =
    &["alpn", "dohpath", "ech", "ipv4hint", "ipv6hint", "mandatory", "no-default-alpn", "port"];

/// What is wrong with a value, as a phrase, and how one is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordValueError {
    /// What is wrong.
    pub problem: String,
    /// An example of a value of the type.
    pub example: &'static str,
}

/// Returns the types that Route 53 has.
pub fn record_types() -> impl Iterator<Item = &'static str> {
    TYPES.iter().map(|(name, ..)| *name)
}

/// Checks a value as Route 53 takes it; a type that is none is not checked.
pub fn check_record_value(record_type: &str, value: &str) -> Result<(), RecordValueError> {
    let Some((_, fields, example)) = TYPES.iter().find(|(name, ..)| *name == record_type) else { return Ok(()) };
    let fail = |problem: String| Err(RecordValueError { problem, example });
    if let [Field::Strings] = fields {
        return strings(value).map_or_else(fail, |()| Ok(()));
    }
    let parts = split(value);
    let mut number = None;
    for (at, field) in fields.iter().enumerate() {
        let rest = parts.get(at..).unwrap_or_default();
        match field.check(rest, number) {
            Ok(found) => number = found,
            Err(problem) => return fail(problem),
        }
    }
    let takes_rest = matches!(fields.last(), Some(Field::Hex(..) | Field::Parameters));
    if parts.len() > fields.len() && !takes_rest {
        let count = fields.len();
        let noun = if count == 1 { "field" } else { "fields" };
        return fail(format!("it has {} fields, and {record_type} has {count} {noun}", parts.len()));
    }
    Ok(())
}

/// Returns a value in the form in which equal ones are equal text.
pub fn plain_record_value(record_type: &str, value: &str) -> String {
    match record_type {
        "A" => value.parse::<Ipv4Addr>().map_or_else(|_| value.to_owned(), |it| it.to_string()),
        "AAAA" => value.parse::<Ipv6Addr>().map_or_else(|_| value.to_owned(), |it| it.to_string()),
        "CNAME" | "MX" | "NS" | "PTR" | "SRV" => {
            let parts = split(value).into_iter().map(|part| part.trim_end_matches('.').to_ascii_lowercase());
            parts.collect::<Vec<_>>().join(" ")
        }
        _ => value.to_owned(),
    }
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Self::Number(name, _)
            | Self::OneOf(name, _)
            | Self::Host(name)
            | Self::Word(name)
            | Self::Quoted(name)
            | Self::Hex(name, _) => name,
            Self::Ipv4 | Self::Ipv6 => "address",
            Self::Strings => "text",
            Self::Parameters => "parameters",
        }
    }

    /// Checks what is left of a value; returns the number that the field holds.
    fn check(self, rest: &[&str], before: Option<u32>) -> Result<Option<u32>, String> {
        let name = self.name();
        let Some(first) = rest.first().copied() else {
            return if matches!(self, Self::Parameters) {
                Ok(None)
            } else {
                Err(format!("the field for the {name} is missing"))
            };
        };
        match self {
            Self::Number(_, most) => match first.parse::<u32>() {
                Ok(number) if number <= most => Ok(Some(number)),
                Ok(_) => Err(format!("the {name} is `{first}`, and {most} is the largest")),
                Err(_) => Err(format!("the {name} is `{first}`, which is not a whole number")),
            },
            Self::OneOf(_, known) => match first.parse::<u32>() {
                Ok(number) if known.contains(&number) => Ok(Some(number)),
                _ => Err(format!("the {name} is `{first}`, which is none of those that exist")),
            },
            Self::Ipv4 if first.parse::<Ipv4Addr>().is_err() => Err(format!("`{first}` is not an address of IPv4")),
            Self::Ipv6 if first.parse::<Ipv6Addr>().is_err() => Err(format!("`{first}` is not an address of IPv6")),
            Self::Ipv4 | Self::Ipv6 | Self::Strings => Ok(None),
            Self::Host(_) => {
                host(first).map_or_else(|why| Err(format!("the {name} is `{first}`, {why}")), |()| Ok(None))
            }
            Self::Word(_) if first.bytes().all(|b| b.is_ascii_alphanumeric()) => Ok(None),
            Self::Word(_) => {
                Err(format!("the {name} is `{first}`, which has other characters than letters and digits"))
            }
            Self::Quoted(_) => match unquoted(first) {
                Some(_) => Ok(None),
                None => Err(format!("the {name} is not in quotes")),
            },
            Self::Hex(_, lengths) => {
                let digits: String = rest.concat();
                if let Some(odd) = digits.chars().find(|c| !c.is_ascii_hexdigit()) {
                    return Err(format!("the {name} has the character `{odd}`, which is not hexadecimal"));
                }
                let wanted = lengths.iter().find(|(kind, _)| Some(*kind) == before).map(|(_, length)| *length);
                match wanted {
                    Some(wanted) if wanted != digits.len() => {
                        Err(format!("the {name} has {} hexadecimal digits, and this type has {wanted}", digits.len()))
                    }
                    _ if digits.len() % 2 == 1 => Err(format!("the {name} has an odd number of hexadecimal digits")),
                    Some(_) | None => Ok(None),
                }
            }
            Self::Parameters => rest.iter().try_for_each(|part| parameter(part)).map(|()| None),
        }
    }
}

/// Checks a parameter of a service: a known key, or `key` and a number.
fn parameter(part: &str) -> Result<(), String> {
    let (key, value) = part.split_once('=').map_or((part, None), |(key, value)| (key, Some(value)));
    let is_numbered = key.strip_prefix("key").is_some_and(|digits| digits.parse::<u16>().is_ok());
    if !SERVICE_KEYS.contains(&key) && !is_numbered {
        return Err(format!("there is no parameter `{key}`"));
    }
    let value = value.map(|value| value.trim_matches('"'));
    let is_fine = match (key, value) {
        ("no-default-alpn", None) => true,
        ("no-default-alpn", Some(_)) => false,
        ("port", Some(number)) => number.parse::<u16>().is_ok(),
        ("ipv4hint", Some(list)) => list.split(',').all(|it| it.parse::<Ipv4Addr>().is_ok()),
        ("ipv6hint", Some(list)) => list.split(',').all(|it| it.parse::<Ipv6Addr>().is_ok()),
        (_, Some(value)) => !value.is_empty(),
        (_, None) => is_numbered,
    };
    if is_fine { Ok(()) } else { Err(format!("`{part}` is no value of parameter `{key}`")) }
}

/// Takes a value apart at blanks that are not in quotes.
fn split(value: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut is_quoted, mut is_escaped) = (None, false, false);
    for (at, c) in value.char_indices() {
        if c.is_ascii_whitespace() && !is_quoted {
            parts.extend(start.take().and_then(|start: usize| value.get(start..at)));
            continue;
        }
        start.get_or_insert(at);
        is_quoted ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
    }
    parts.extend(start.and_then(|start| value.get(start..)));
    parts
}

/// Returns what stands in quotes; nothing where `text` is not one string in quotes.
fn unquoted(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"').filter(|inner| !inner.ends_with('\\') || inner.ends_with("\\\\"))
}

/// Checks the host in a value, which is a name: every printable character is taken, an address is not.
fn host(text: &str) -> Result<(), &'static str> {
    let name = text.strip_suffix('.').unwrap_or(text);
    if text == "." {
        return Ok(());
    }
    if name.parse::<Ipv4Addr>().is_ok() || name.parse::<Ipv6Addr>().is_ok() {
        return Err("which is an address, not a name");
    }
    if name.contains("://") {
        return Err("which is a URL, not a name");
    }
    if !name.is_ascii() {
        return Err("whose letters have to be written in the `xn--` form");
    }
    if name.len() > 253 {
        return Err("which is longer than a name may be");
    }
    if name.split('.').all(|label| (1..=63).contains(&label.len())) {
        Ok(())
    } else {
        Err("which has an empty label or one of more than 63 characters")
    }
}

/// Checks the strings of a TXT value.
fn strings(value: &str) -> Result<(), String> {
    if value.chars().count() > TEXT_VALUE {
        return Err(format!("it has {} characters, and {TEXT_VALUE} are the most", value.chars().count()));
    }
    let mut rest = value.trim();
    if rest.is_empty() {
        return Err("there is no text".to_owned());
    }
    while !rest.is_empty() {
        let Some(inner) = rest.strip_prefix('"') else {
            return Err("the text is not in quotes".to_owned());
        };
        let (length, end) = string(inner)?;
        if length > TEXT_STRING {
            return Err(format!(
                "a string has {length} characters, and {TEXT_STRING} are the most: split it into several in quotes"
            ));
        }
        rest = inner.get(end..).unwrap_or_default().trim_start();
    }
    Ok(())
}

/// Reads a string behind its first quote; returns its length in bytes and what it takes up with the last quote.
fn string(inner: &str) -> Result<(usize, usize), String> {
    let (mut length, mut bytes) = (0, inner.bytes().enumerate());
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Ok((length, at + 1)),
            b'\\' => {
                // A backslash stands before a character, or before three octal digits.
                let is_octal = inner.as_bytes().get(at + 1..at + 4).is_some_and(|it| it.iter().all(u8::is_ascii_digit));
                (0..if is_octal { 3 } else { 1 }).for_each(|_| {
                    bytes.next();
                });
            }
            _ => {}
        }
        length += 1;
    }
    Err("the quotes are not closed".to_owned())
}

/// Returns a name in the form that DNS carries: labels with other letters as `xn--` and ASCII (RFC 3492).
pub fn ascii_name(name: &str) -> Cow<'_, str> {
    if name.is_ascii() {
        return Cow::Borrowed(name);
    }
    let labels = name.to_lowercase();
    let labels = labels.split('.').map(|label| match punycode(label) {
        Some(encoded) if !label.is_ascii() => format!("xn--{encoded}"),
        _ => label.to_owned(),
    });
    Cow::Owned(labels.collect::<Vec<_>>().join("."))
}

/// Encodes a label; nothing where it overflows.
fn punycode(label: &str) -> Option<String> {
    const DIGITS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut output: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(output.len()).ok()?;
    if basic > 0 {
        output.push('-');
    }
    let total = u32::try_from(label.chars().count()).ok()?;
    let (mut code, mut delta, mut bias, mut handled) = (128_u32, 0_u32, 72_u32, basic);
    while handled < total {
        let next = label.chars().map(u32::from).filter(|c| *c >= code).min()?;
        delta = delta.checked_add((next - code).checked_mul(handled + 1)?)?;
        code = next;
        for c in label.chars().map(u32::from) {
            if c < code {
                delta = delta.checked_add(1)?;
            }
            if c != code {
                continue;
            }
            let (mut rest, mut k) = (delta, 36);
            loop {
                let threshold = k.clamp(bias + 1, bias + 26) - bias;
                if rest < threshold {
                    break;
                }
                let digit = threshold + (rest - threshold) % (36 - threshold);
                output.push(char::from(*DIGITS.get(usize::try_from(digit).ok()?)?));
                rest = (rest - threshold) / (36 - threshold);
                k += 36;
            }
            output.push(char::from(*DIGITS.get(usize::try_from(rest).ok()?)?));
            bias = adapt(delta, handled + 1, handled == basic);
            (delta, handled) = (0, handled + 1);
        }
        (delta, code) = (delta + 1, code + 1);
    }
    Some(output)
}

fn adapt(delta: u32, points: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn every_type_takes_its_values() {
        let long = format!("\"{}\" \"{}\"", "k".repeat(255), "k".repeat(255));
        for (kind, value) in [
            ("A", "192.0.2.1"),
            ("AAAA", "2001:DB8::1"),
            ("CAA", "0 issue \"amazon.com\""),
            ("CAA", "128 iodef \"mailto:a@example.com\""),
            ("CNAME", "_x.acm-validations.aws."),
            ("DS", &format!("12345 13 2 {HEX}")),
            ("DS", &format!("12345 13 2 {} {}", &HEX[..32], &HEX[32..])),
            ("HTTPS", "1 . alpn=\"h2,h3\" ipv4hint=192.0.2.1,192.0.2.2"),
            ("HTTPS", "0 www.example.com."),
            ("MX", "10 mail.example.com"),
            ("MX", "0 ."),
            ("NAPTR", "100 50 \"u\" \"E2U+sip\" \"!^(\\\\+441632960083)$!sip:\\\\1@example.com!\" ."),
            ("PTR", "host.example.com."),
            ("SOA", "ns-1.awsdns-00.org. hostmaster.example.com. 1 7200 900 1209600 86400"),
            ("SRV", "1 10 5269 xmpp-server.example.com."),
            ("SSHFP", &format!("4 2 {HEX}")),
            ("SVCB", "16 foo.example.com. port=8443 mandatory=port key65000=\"x\""),
            ("TLSA", &format!("3 1 1 {HEX}")),
            ("TXT", "\"say \\\"hello\\\" now\""),
            ("TXT", "\"a\"\"b\" \"caf\\303\\251\""),
            ("TXT", "\"\""),
            ("TXT", &long),
            ("SPF", "\"v=spf1 -all\""),
        ] {
            assert_eq!(check_record_value(kind, value), Ok(()), "{kind} {value}");
        }
    }

    #[test]
    fn every_type_refuses_what_is_none_of_its_values() {
        let problem = |kind: &str, value: &str| check_record_value(kind, value).unwrap_err().problem;
        for (kind, value, expected) in [
            ("A", "192.0.2.300", "IPv4"),
            ("A", "", "missing"),
            ("AAAA", "192.0.2.1", "IPv6"),
            ("CAA", "issue amazon.com", "flags"),
            ("CAA", "0 issue amazon.com", "not in quotes"),
            ("CNAME", "192.0.2.1", "an address"),
            ("CNAME", "a b", "2 fields"),
            ("CNAME", "https://example.com", "a URL"),
            ("CNAME", "m\u{fc}nchen.example", "xn--"),
            ("DS", "ABCDEF", "key tag"),
            ("DS", "1 13 2 ab", "64"),
            ("HTTPS", "alpn=h2", "priority"),
            ("HTTPS", "1 . apln=h2", "apln"),
            ("HTTPS", "1 . port=http", "port"),
            ("MX", "mail.example.com", "priority"),
            ("MX", "70000 mail.example.com", "65535"),
            ("MX", "10 192.0.2.4", "an address"),
            ("NAPTR", "x", "order"),
            ("SRV", "1 2 sip.example.com", "port"),
            ("SRV", "1 2 99999 sip.example.com", "65535"),
            ("SSHFP", "4 2 zzzz", "hexadecimal"),
            ("SSHFP", "9 2 ab", "algorithm"),
            ("TLSA", "3 1 1", "data"),
            ("TXT", "v=spf1 -all", "not in quotes"),
            ("TXT", "\"a", "not closed"),
            ("TXT", "\"a\\\"", "not closed"),
            ("TXT", "", "no text"),
        ] {
            let problem = problem(kind, value);
            assert!(problem.contains(expected), "{kind} {value}: {problem}");
        }
        assert!(problem("TXT", &format!("\"{}\"", "k".repeat(256))).contains("255"));
        assert!(problem("TXT", &format!("\"{}\"", "k\" \"".repeat(1_400))).contains("4000"));
    }

    #[test]
    fn equal_values_are_equal_text() {
        assert_eq!(plain_record_value("AAAA", "2001:DB8:0::1"), plain_record_value("AAAA", "2001:db8::1"));
        assert_eq!(plain_record_value("MX", "10  Mail.example.com."), "10 mail.example.com");
        assert_ne!(plain_record_value("TXT", "\"A\""), plain_record_value("TXT", "\"a\""));
    }

    #[test]
    fn names_have_a_form_in_ascii() {
        assert_eq!(ascii_name("www.example.com"), "www.example.com");
        assert_eq!(ascii_name("m\u{fc}nchen.example"), "xn--mnchen-3ya.example");
        assert_eq!(ascii_name("B\u{fc}cher.example"), "xn--bcher-kva.example");
        assert_eq!(
            ascii_name("\u{4ed6}\u{4eec}\u{4e3a}\u{4ec0}\u{4e48}\u{4e0d}\u{8bf4}\u{4e2d}\u{6587}"),
            "xn--ihqwcrb4cv8a8dqg056pqjye"
        );
    }
}
