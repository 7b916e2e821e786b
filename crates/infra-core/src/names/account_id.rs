//! The twelve digits of an AWS account.

use std::str::FromStr;

/// An AWS account id: twelve digits, kept as text because leading zeros count.
///
/// Source: <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html> (read 2026-11-22).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

/// Why a text is not an [`AccountId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an AWS account id: it has twelve digits and no dashes")]
pub struct AccountIdError {
    text: String,
}

impl FromStr for AccountId {
    type Err = AccountIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AccountIdError { text: text.to_owned() })
        }
    }
}

text_access!(AccountId);
text_serde!(
    AccountId, AccountIdError,
    expected: "an AWS account id in quotes, such as \"111122223333\"",
    schema: { "pattern": "^[0-9]{12}$" }
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_parsed_is_printed(text in "[0-9]{12}") {
            prop_assert_eq!(text.parse::<AccountId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn dashes_and_short_ids_are_refused() {
        assert!("1111-2222-3333".parse::<AccountId>().is_err());
        let error = "12345".parse::<AccountId>().unwrap_err();
        assert_eq!(error.to_string(), "`12345` is not an AWS account id: it has twelve digits and no dashes");
    }

    #[test]
    fn a_number_is_answered_with_what_was_expected() {
        let error = serde_json::from_str::<AccountId>("111122223333").unwrap_err().to_string();
        assert!(error.contains("expected an AWS account id in quotes"), "{error}");
    }
}
