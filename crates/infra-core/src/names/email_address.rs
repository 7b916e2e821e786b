//! The address of a mailbox.

use std::str::FromStr;

use super::DomainName;

/// An address of a mailbox, such as `oncall@example.com`.
///
/// Only what people have is taken: letters, digits and `.!#$%&'*+/=?^_{|}~-` before the `@`, a domain name after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

/// Why a text is not an [`EmailAddress`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the address of a mailbox, such as oncall@example.com")]
pub struct EmailAddressError {
    text: String,
}

/// The most characters before the `@`; source: RFC 5321, 4.5.3.1.1.
const LOCAL_LEN: usize = 64;

impl FromStr for EmailAddress {
    type Err = EmailAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_{|}~-".contains(c);
        let right = text.split_once('@').is_some_and(|(local, domain)| {
            let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
            let domain =
                domain.parse::<DomainName>().is_ok_and(|name| !name.is_wildcard() && name.as_str().contains('.'));
            (1..=LOCAL_LEN).contains(&local.len()) && !dots && local.chars().all(fits) && domain
        });
        if right { Ok(Self(text.to_owned())) } else { Err(EmailAddressError { text: text.to_owned() }) }
    }
}

text_access!(EmailAddress);
text_serde!(
    EmailAddress, EmailAddressError,
    expected: "the address of a mailbox, such as oncall@example.com",
    schema: { "format": "email" }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_are_taken() {
        for right in ["oncall@example.com", "on.call+prod@ops.example.co.uk", "o'neil@example.com"] {
            assert_eq!(right.parse::<EmailAddress>().map(|it| it.to_string()), Ok(right.to_owned()));
        }
    }

    #[test]
    fn other_texts_are_none() {
        let long = format!("{}@example.com", "a".repeat(65));
        for wrong in [
            "",
            "oncall",
            "@example.com",
            "on call@example.com",
            "a@b@example.com",
            ".a@example.com",
            "a@localhost",
            "a@*.example.com",
            "mailto:a@example.com",
            long.as_str(),
        ] {
            assert!(wrong.parse::<EmailAddress>().is_err(), "{wrong}");
        }
    }
}
