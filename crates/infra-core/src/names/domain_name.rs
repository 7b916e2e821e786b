//! A DNS name as records, certificates and aliases use it.

use std::str::FromStr;

use super::ascii_name;

/// A lower-case DNS name without its trailing dot, possibly with a leading `*.`.
///
/// Labels have 1 to 63 characters, the name at most 253. Underscores are allowed because record names such as
/// `_dmarc.example.com` need them; who needs a host name must check that. Capitals and a trailing dot are accepted and
/// normalized away, because DNS does not tell them apart.
///
/// Source: <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html> (read 2026-11-22).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

/// Why a text is not a [`DomainName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DomainNameError {
    /// Nothing was given.
    #[error("a domain name is missing here")]
    Empty,
    /// A URL or a host with a port was given.
    #[error("`{0}` is not a domain name: leave out the scheme, the port and the path")]
    Url(String),
    /// An address was given.
    #[error("`{0}` is an IP address, not a domain name")]
    Address(String),
    /// The name is longer than 253 characters.
    #[error("`{0}` is longer than the 253 characters of a domain name")]
    TooLong(String),
    /// A star stands elsewhere than alone in the first place.
    #[error("`{0}` has a `*` in the wrong place: a wildcard is the whole first label, as in `*.example.com`")]
    Wildcard(String),
    /// A letter is not one of ASCII.
    #[error("`{0}` is not a domain name: DNS carries ASCII, so write `{1}`")]
    Letter(String, String),
    /// A label is empty, too long, or has a character that DNS names do not use.
    #[error(
        "`{name}` is not a domain name: its label `{label}` must have 1 to 63 letters, digits, dashes or underscores, \
         without a dash at either end"
    )]
    Label {
        /// What was written.
        name: String,
        /// The offending label.
        label: String,
    },
}

impl DomainName {
    /// The most characters of a name, without the trailing dot.
    pub const MAX_LEN: usize = 253;
    /// The most characters of one label.
    pub const MAX_LABEL_LEN: usize = 63;

    /// Returns whether the first label is `*`.
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with("*.")
    }

    /// Returns whether a certificate or alias for this name also serves `other`.
    ///
    /// A wildcard covers exactly one label: `*.example.com` covers `a.example.com`, neither `example.com` nor
    /// `a.b.example.com`. Any name covers itself.
    pub fn covers(&self, other: &Self) -> bool {
        if self == other {
            return true;
        }
        match (self.0.strip_prefix("*."), other.0.split_once('.')) {
            (Some(base), Some((first, rest))) => first != "*" && base == rest,
            (None, _) | (_, None) => false,
        }
    }

    /// Returns whether the name is `zone` itself or lies below it.
    pub fn is_within(&self, zone: &Self) -> bool {
        match self.0.strip_suffix(zone.as_str()) {
            Some(rest) => rest.is_empty() || rest.ends_with('.'),
            None => false,
        }
    }

    /// Returns the labels from left to right, `*` included.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }

    /// Returns the name without its first label, unless that was the only one.
    pub fn parent(&self) -> Option<Self> {
        self.0.split_once('.').map(|(_, rest)| Self(rest.to_owned()))
    }

    /// Returns the name with its trailing dot, as zone files and Route 53 print it.
    pub fn fqdn(&self) -> String {
        format!("{}.", self.0)
    }
}

impl FromStr for DomainName {
    type Err = DomainNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        if name.is_empty() {
            return Err(DomainNameError::Empty);
        }
        if !name.is_ascii() {
            return Err(DomainNameError::Letter(text.to_owned(), ascii_name(&name).into_owned()));
        }
        // A reverse zone for a part of a network has a slash in its name (RFC 2317).
        let is_reverse = name.rsplit('.').next() == Some("arpa");
        if name.contains(':') || (name.contains('/') && !is_reverse) {
            return Err(DomainNameError::Url(text.to_owned()));
        }
        if name.len() > Self::MAX_LEN {
            return Err(DomainNameError::TooLong(text.to_owned()));
        }
        let rest = name.strip_prefix("*.").unwrap_or(&name);
        if rest.contains('*') {
            return Err(DomainNameError::Wildcard(text.to_owned()));
        }
        if let Some(label) = rest.split('.').find(|label| !is_label(label)) {
            return Err(DomainNameError::Label { name: text.to_owned(), label: label.to_owned() });
        }
        if name.parse::<std::net::Ipv4Addr>().is_ok() {
            return Err(DomainNameError::Address(text.to_owned()));
        }
        Ok(Self(name))
    }
}

text_access!(DomainName);
text_serde!(
    DomainName, DomainNameError,
    expected: "a domain name, such as api.example.com",
    schema: {
        "pattern": r"^(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_/-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?$",
        "maxLength": DomainName::MAX_LEN + 1
    }
);

fn is_label(label: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    let edges = !label.starts_with('-') && !label.ends_with('-');
    (1..=DomainName::MAX_LABEL_LEN).contains(&label.len()) && edges && label.bytes().all(|b| inner(b) || b == b'/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> DomainName {
        text.parse().unwrap()
    }

    proptest! {
        #[test]
        fn what_is_parsed_is_printed(text in r"(\*\.)?([a-z_]([a-z0-9_-]{0,10}[a-z0-9_])?\.){1,5}[a-z]{2,6}") {
            prop_assert_eq!(name(&text).to_string(), text.clone());
            prop_assert_eq!(name(&name(&text).fqdn()), name(&text));
            prop_assert_eq!(name(&text.to_ascii_uppercase()), name(&text));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = text.parse::<DomainName>().map_err(|error| error.to_string());
        }
    }

    #[test]
    fn a_wildcard_covers_one_label_and_not_the_apex() {
        let wildcard = name("*.example.com");
        assert!(wildcard.is_wildcard());
        assert!(wildcard.covers(&name("a.example.com")));
        assert!(wildcard.covers(&wildcard));
        assert!(!wildcard.covers(&name("example.com")));
        assert!(!wildcard.covers(&name("a.b.example.com")));
        assert!(!wildcard.covers(&name("*.b.example.com")));
        assert!(!wildcard.covers(&name("a.badexample.com")));
        assert!(name("a.example.com").covers(&name("a.example.com")));
        assert!(!name("a.example.com").covers(&name("b.example.com")));
    }

    #[test]
    fn within_respects_label_borders() {
        let zone = name("example.com");
        assert!(zone.is_within(&zone));
        assert!(name("*.shop.example.com").is_within(&zone));
        assert!(!name("badexample.com").is_within(&zone));
        assert!(!name("com").is_within(&zone));
    }

    #[test]
    fn each_mistake_has_its_own_answer() {
        let error = |text: &str| text.parse::<DomainName>().unwrap_err();
        assert_eq!(error("."), DomainNameError::Empty);
        assert!(matches!(error("https://a.example.com/x"), DomainNameError::Url(_)));
        assert!(error("hafen-m\u{fc}nchen.example.com").to_string().contains("`xn--hafen-mnchen-jlb.example.com`"));
        assert!(matches!(error("a/b.example.com"), DomainNameError::Url(_)));
        assert_eq!(name("64/26.2.0.192.in-addr.arpa").as_str(), "64/26.2.0.192.in-addr.arpa");
        assert!(matches!(error("10.0.0.1"), DomainNameError::Address(_)));
        assert!(matches!(error("a.*.example.com"), DomainNameError::Wildcard(_)));
        assert!(matches!(error("a*.example.com"), DomainNameError::Wildcard(_)));
        assert!(matches!(error("*"), DomainNameError::Wildcard(_)));
        assert!(matches!(error("a..example.com"), DomainNameError::Label { .. }));
        assert!(matches!(error("-a.example.com"), DomainNameError::Label { .. }));
        assert!(matches!(error(&format!("{}.com", "a".repeat(64))), DomainNameError::Label { .. }));
        assert!(matches!(error(&"ab.".repeat(100)), DomainNameError::TooLong(_)));
    }

    #[test]
    fn records_may_have_underscores_and_zones_a_parent() {
        assert_eq!(name("_dmarc.Example.com.").as_str(), "_dmarc.example.com");
        assert_eq!(name("a.example.com").parent(), Some(name("example.com")));
        assert_eq!(name("internal").parent(), None);
        assert_eq!(name("*.a.b").labels().collect::<Vec<_>>(), ["*", "a", "b"]);
    }
}
