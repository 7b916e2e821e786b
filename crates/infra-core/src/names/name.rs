//! The name a user gives to an entry, a stack, an environment or a project.

use std::str::FromStr;

/// A kebab-case name of at most 40 characters, such as `payment-retry`.
///
/// The limit is ours: it leaves room for what `infra` puts around a name (project, environment, role) inside the 63
/// or 64 characters that most AWS names and Kubernetes labels allow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// Why a text is not a [`Name`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing was given.
    #[error("a name is missing here")]
    Empty,
    /// The text is longer than [`Name::MAX_LEN`].
    #[error("`{0}` is longer than the 40 characters of a name")]
    TooLong(String),
    /// The text is not in kebab case.
    #[error(
        "`{text}` is not a name: use lower-case letters, digits and single dashes, starting with a letter{}",
        instead(text)
    )]
    Form {
        /// What was written.
        text: String,
    },
}

impl Name {
    /// The most characters a name may have.
    pub const MAX_LEN: usize = 40;

    /// The stack in which infra remembers what is its own; if it does not hold all of it, `owned-2` and so on hold the
    /// rest.
    pub const MEMORY: &str = "owned";

    /// Whether a text is the name of a stack in which infra remembers what is its own, and so of no stack of a project.
    pub fn is_memory(stack: &str) -> bool {
        let number = |rest: &str| rest.strip_prefix('-').is_some_and(|part| part.bytes().all(|b| b.is_ascii_digit()));
        stack.strip_prefix(Self::MEMORY).is_some_and(|rest| rest.is_empty() || number(rest))
    }

    /// Returns the name in Pascal case, such as `PaymentRetry`.
    ///
    /// Two names may give the same text (`order-2` and `order2`); whoever needs distinct ones must check.
    pub fn to_pascal(&self) -> String {
        let mut out = String::with_capacity(self.0.len());
        push_pascal(&mut out, &self.0);
        out
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.chars().count() > Self::MAX_LEN {
            return Err(NameError::TooLong(text.to_owned()));
        }
        if is_kebab(text) { Ok(Self(text.to_owned())) } else { Err(NameError::Form { text: text.to_owned() }) }
    }
}

text_access!(Name);
text_serde!(
    Name, NameError,
    expected: "a name in kebab case, such as payment-retry",
    schema: { "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", "maxLength": Name::MAX_LEN }
);

/// Appends the alphanumeric words of `text`, each with an upper-case first letter.
pub(super) fn push_pascal(out: &mut String, text: &str) {
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        let mut chars = word.chars();
        out.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(chars.as_str());
    }
}

fn is_kebab(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.split('-').all(word)
}

/// Offers the kebab form of a text in snake, Pascal or spaced form, if that is a name.
fn instead(text: &str) -> String {
    let mut kebab = String::with_capacity(text.len());
    let mut before = '-';
    for c in text.chars() {
        let starts_word = c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit());
        if starts_word || (!c.is_ascii_alphanumeric() && before != '-') {
            kebab.push('-');
        }
        if c.is_ascii_alphanumeric() {
            kebab.push(c.to_ascii_lowercase());
        }
        before = if c.is_ascii_alphanumeric() { c } else { '-' };
    }
    let kebab = kebab.trim_matches('-');
    if kebab != text && is_kebab(kebab) { format!(", for example `{kebab}`") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_parsed_is_printed(text in "[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,3}") {
            prop_assert_eq!(text.parse::<Name>().unwrap().to_string(), text);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = text.parse::<Name>().map_err(|error| error.to_string());
        }
    }

    #[test]
    fn other_cases_are_answered_with_the_kebab_form() {
        for text in ["PaymentRetry", "payment_retry", "Payment retry", "paymentRetry", "-payment--retry-"] {
            let error = text.parse::<Name>().unwrap_err().to_string();
            assert!(error.ends_with("for example `payment-retry`"), "{error}");
        }
        assert!(!"2nd".parse::<Name>().unwrap_err().to_string().contains("example"));
    }

    #[test]
    fn forty_characters_are_the_end() {
        assert!("a".repeat(40).parse::<Name>().is_ok());
        assert_eq!("a".repeat(41).parse::<Name>(), Err(NameError::TooLong("a".repeat(41))));
    }

    #[test]
    fn pascal_joins_words() {
        assert_eq!("payment-retry-2".parse::<Name>().unwrap().to_pascal(), "PaymentRetry2");
    }
}
