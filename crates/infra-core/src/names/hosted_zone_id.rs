//! The id of a Route 53 hosted zone.

use std::str::FromStr;

/// A hosted zone id without its `/hostedzone/` prefix: `Z` and up to 31 upper-case letters and digits.
///
/// Source: <https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html> (`ResourceId`, at most 32
/// characters; read 2026-11-22).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostedZoneId(String);

/// Why a text is not a [`HostedZoneId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a hosted zone id: it is `Z` and upper-case letters or digits, such as `Z0123456789ABCDEFGHIJ`"
)]
pub struct HostedZoneIdError {
    text: String,
}

impl FromStr for HostedZoneId {
    type Err = HostedZoneIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = text.strip_prefix("/hostedzone/").unwrap_or(text);
        let upper = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        if (2..=32).contains(&id.len()) && id.starts_with('Z') && id.bytes().all(upper) {
            Ok(Self(id.to_owned()))
        } else {
            Err(HostedZoneIdError { text: text.to_owned() })
        }
    }
}

text_access!(HostedZoneId);
text_serde!(
    HostedZoneId, HostedZoneIdError,
    expected: "a Route 53 hosted zone id, such as Z0123456789ABCDEFGHIJ",
    schema: { "pattern": "^(/hostedzone/)?Z[A-Z0-9]{1,31}$" }
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_parsed_is_printed(text in "Z[A-Z0-9]{1,31}") {
            prop_assert_eq!(text.parse::<HostedZoneId>().unwrap().to_string(), text.clone());
            prop_assert_eq!(format!("/hostedzone/{text}").parse::<HostedZoneId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn lower_case_and_other_paths_are_refused() {
        for text in ["z123", "Z", "", "/change/Z123", "Zabc", "Z12 3"] {
            assert!(text.parse::<HostedZoneId>().is_err(), "{text}");
        }
    }
}
