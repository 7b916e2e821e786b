//! Plain values by record type.

use std::net::{Ipv4Addr, Ipv6Addr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifacts::Expr;
use crate::names::{DomainName, TEXT_STRING};

/// Plain values by record type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Values {
    /// IPv4 addresses.
    A(Vec<Ipv4Addr>),
    /// IPv6 addresses.
    Aaaa(Vec<Ipv6Addr>),
    /// Another name; nothing else may stand beside it, and it cannot be at the apex of a zone.
    Cname(DomainName),
    /// Preference and mail server, such as `10 mail.example.com`.
    Mx(Vec<String>),
    /// Text, without quotes; long text is split as DNS wants it.
    Txt(Vec<String>),
    /// Which authorities may issue certificates, such as `0 issue "amazon.com"`.
    Caa(Vec<String>),
    /// Priority, weight, port and host.
    Srv(Vec<String>),
    /// Name servers of a delegated domain.
    Ns(Vec<DomainName>),
    /// The name of an address.
    Ptr(Vec<DomainName>),
    /// Key digests of a delegated, signed domain.
    Ds(Vec<String>),
    /// Service parameters for HTTPS.
    Https(Vec<String>),
    /// Service parameters.
    Svcb(Vec<String>),
    /// Services and rewriting rules.
    Naptr(Vec<String>),
    /// Digests of certificates.
    Tlsa(Vec<String>),
    /// Fingerprints of SSH keys.
    Sshfp(Vec<String>),
}

impl Values {
    /// Returns the type as Route 53 spells it.
    pub fn record_type(&self) -> &'static str {
        match self {
            Self::A(_) => "A",
            Self::Aaaa(_) => "AAAA",
            Self::Cname(_) => "CNAME",
            Self::Mx(_) => "MX",
            Self::Txt(_) => "TXT",
            Self::Caa(_) => "CAA",
            Self::Srv(_) => "SRV",
            Self::Ns(_) => "NS",
            Self::Ptr(_) => "PTR",
            Self::Ds(_) => "DS",
            Self::Https(_) => "HTTPS",
            Self::Svcb(_) => "SVCB",
            Self::Naptr(_) => "NAPTR",
            Self::Tlsa(_) => "TLSA",
            Self::Sshfp(_) => "SSHFP",
        }
    }

    /// Returns the values as Route 53 wants them.
    pub(super) fn to_exprs(&self) -> Vec<Expr> {
        match self {
            Self::A(addresses) => addresses.iter().map(|address| address.to_string().into()).collect(),
            Self::Aaaa(addresses) => addresses.iter().map(|address| address.to_string().into()).collect(),
            Self::Cname(name) => vec![name.fqdn().into()],
            Self::Ns(names) | Self::Ptr(names) => names.iter().map(|name| name.fqdn().into()).collect(),
            Self::Txt(texts) => texts.iter().map(|text| quoted(text).into()).collect(),
            Self::Mx(texts)
            | Self::Caa(texts)
            | Self::Srv(texts)
            | Self::Ds(texts)
            | Self::Https(texts)
            | Self::Svcb(texts)
            | Self::Naptr(texts)
            | Self::Tlsa(texts)
            | Self::Sshfp(texts) => texts.iter().map(Expr::from).collect(),
        }
    }

    /// Returns how many values there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::A(addresses) => addresses.len(),
            Self::Aaaa(addresses) => addresses.len(),
            Self::Cname(_) => 1,
            Self::Ns(names) | Self::Ptr(names) => names.len(),
            Self::Txt(texts)
            | Self::Mx(texts)
            | Self::Caa(texts)
            | Self::Srv(texts)
            | Self::Ds(texts)
            | Self::Https(texts)
            | Self::Svcb(texts)
            | Self::Naptr(texts)
            | Self::Tlsa(texts)
            | Self::Sshfp(texts) => texts.len(),
        }
    }
}

/// Puts text into quotes, in strings that are short enough; what is not printable ASCII is escaped in octal.
///
/// Source: <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTFormat> (read
/// 2026-11-22).
fn quoted(text: &str) -> String {
    let mut strings: Vec<String> = Vec::new();
    for chunk in text.as_bytes().chunks(TEXT_STRING) {
        let mut escaped = String::with_capacity(chunk.len() + 2);
        for byte in chunk {
            match byte {
                b'"' | b'\\' => escaped.extend(['\\', char::from(*byte)]),
                b' '..=b'~' => escaped.push(char::from(*byte)),
                _ => escaped.extend(['\\', octal(byte >> 6), octal(byte >> 3), octal(*byte)]),
            }
        }
        strings.push(format!("\"{escaped}\""));
    }
    if strings.is_empty() { "\"\"".to_owned() } else { strings.join(" ") }
}

/// Spells the lowest three bits.
fn octal(bits: u8) -> char {
    char::from(b'0' + (bits & 7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_becomes_several_strings() {
        let text = "a".repeat(300);
        assert_eq!(quoted(&text), format!("\"{}\" \"{}\"", "a".repeat(255), "a".repeat(45)));
    }

    #[test]
    fn text_beyond_ascii_is_escaped_byte_by_byte() {
        assert_eq!(quoted("gr\u{fc}n"), r#""gr\303\274n""#);
        assert_eq!(quoted("a\tb"), r#""a\011b""#);
    }

    #[test]
    fn strings_are_counted_in_bytes() {
        let text = "\u{fc}".repeat(128);
        let strings = format!("\"{}\\303\" \"\\274\"", r"\303\274".repeat(127));
        assert_eq!(quoted(&text), strings);
    }

    #[test]
    fn no_text_is_an_empty_string() {
        assert_eq!(quoted(""), r#""""#);
    }

    #[test]
    fn quotes_inside_text_are_escaped() {
        assert_eq!(quoted(r#"say "hi""#), r#""say \"hi\"""#);
    }
}
