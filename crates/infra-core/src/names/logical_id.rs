//! The name of a resource inside a CloudFormation template.

use std::str::FromStr;

use super::Name;
use super::name::push_pascal;

/// A logical id: letters and digits, at most 255.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html> and
/// `cloudformation-limits.html` (read 2026-11-22).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogicalId(String);

/// Why a text is not a [`LogicalId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a logical id: CloudFormation allows 1 to 255 letters and digits, nothing else")]
pub struct LogicalIdError {
    text: String,
}

impl LogicalId {
    /// The most characters CloudFormation allows.
    pub const MAX_LEN: usize = 255;

    /// Composes the id of one part of an entry: `("Queue", payment-retry, "Dlq")` gives `QueuePaymentRetryDlq`.
    ///
    /// `prefix` and `part` are words of our own code; what is neither letter nor digit in them only separates words.
    /// Ids come from names alone, so two entries can collide (`order-2` and `order2`); the template checks that.
    pub fn from_name(prefix: &str, name: &Name, part: &str) -> Self {
        let mut text = String::with_capacity(prefix.len() + name.as_str().len() + part.len());
        [prefix, name.as_str(), part].into_iter().for_each(|words| push_pascal(&mut text, words));
        text.truncate(Self::MAX_LEN);
        Self(text)
    }
}

impl FromStr for LogicalId {
    type Err = LogicalIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=Self::MAX_LEN).contains(&text.len());
        if fits && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(LogicalIdError { text: text.to_owned() })
        }
    }
}

text_access!(LogicalId);
text_serde!(
    LogicalId, LogicalIdError,
    expected: "a CloudFormation logical id: letters and digits",
    schema: { "pattern": "^[A-Za-z0-9]{1,255}$" }
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_parsed_is_printed(text in "[A-Za-z0-9]{1,255}") {
            prop_assert_eq!(text.parse::<LogicalId>().unwrap().to_string(), text);
        }

        #[test]
        fn a_composed_id_is_always_valid(name in "[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,3}", part in any::<String>()) {
            let id = LogicalId::from_name("Queue", &name.parse().unwrap(), &part);
            prop_assert_eq!(id.as_str().parse(), Ok(id.clone()));
        }
    }

    #[test]
    fn an_id_is_composed_from_kind_name_and_part() {
        let name = "payment-retry".parse().unwrap();
        assert_eq!(LogicalId::from_name("Queue", &name, "Dlq").as_str(), "QueuePaymentRetryDlq");
        assert_eq!(LogicalId::from_name("Queue", &name, "").as_str(), "QueuePaymentRetry");
    }
}
