//! The name of a Kubernetes object.

use std::str::FromStr;

use super::Name;

/// An RFC 1123 label: lower-case letters, digits and inner dashes, at most 63 characters.
///
/// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/> (read 2026-11-22).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubernetesName(String);

/// Why a text is not a [`KubernetesName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a Kubernetes name: use 1 to 63 lower-case letters, digits and dashes, with a letter or digit at \
     both ends"
)]
pub struct KubernetesNameError {
    text: String,
}

impl FromStr for KubernetesName {
    type Err = KubernetesNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let edges = !text.starts_with('-') && !text.ends_with('-');
        if (1..=63).contains(&text.len()) && edges && text.bytes().all(inner) {
            Ok(Self(text.to_owned()))
        } else {
            Err(KubernetesNameError { text: text.to_owned() })
        }
    }
}

impl From<&Name> for KubernetesName {
    /// Every name of ours is a label already.
    fn from(name: &Name) -> Self {
        Self(name.as_str().to_owned())
    }
}

/// Whether text can be the value of a label: nothing, or a [part](is_label_part).
///
/// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set> (read
/// 2026-11-30).
pub fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_label_part(text)
}

/// Whether text is letters, digits, `-`, `_` and `.` between letters or digits, 1 to 63 characters.
pub fn is_label_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    let edges = ends.into_iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric));
    edges && text.len() <= 63 && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
}

text_access!(KubernetesName);
text_serde!(
    KubernetesName, KubernetesNameError,
    expected: "a Kubernetes name, such as order-service",
    schema: { "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$" }
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_parsed_is_printed(text in "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?") {
            prop_assert_eq!(text.parse::<KubernetesName>().unwrap().to_string(), text);
        }

        #[test]
        fn every_name_is_one(text in "[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,3}") {
            let name: KubernetesName = (&text.parse::<Name>().unwrap()).into();
            prop_assert_eq!(name.as_str().parse(), Ok(name.clone()));
        }
    }

    #[test]
    fn dots_capitals_and_outer_dashes_are_refused() {
        for text in ["", "a.b", "Order", "-a", "a-", &"a".repeat(64)] {
            assert!(text.parse::<KubernetesName>().is_err(), "{text}");
        }
    }
}
