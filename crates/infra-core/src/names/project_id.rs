//! The id of a project.

use std::str::FromStr;

/// An id such as `k7f2m9qx4tzd`: 8 to 40 lower-case letters and digits, made once and never changed. What a project makes
/// carries it, so that two projects of one name are told apart, and a project that is renamed knows what it made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectId(String);

/// Why a text is not a [`ProjectId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the id of a project: it has 8 to 40 lower-case letters and digits; `infra id` makes one")]
pub struct ProjectIdError {
    text: String,
}

impl ProjectId {
    /// Characters of an id that is made here: no vowels, so that it spells no word, and none that look alike.
    const ALPHABET: &[u8] = b"23456789bcdfghjkmnpqrstvwxz";

    /// The id that stands for some bytes; those of a random number make one that no other project has.
    pub fn of(bytes: [u8; 16]) -> Self {
        let mut rest = u128::from_be_bytes(bytes);
        let base = Self::ALPHABET.len() as u128;
        let mut text = String::new();
        for _ in 0..16 {
            let digit = usize::try_from(rest % base).unwrap_or_default();
            text.push(Self::ALPHABET.get(digit).copied().map_or('b', char::from));
            rest /= base;
        }
        Self(text)
    }
}

impl FromStr for ProjectId {
    type Err = ProjectIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (8..=40).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ProjectIdError { text: text.to_owned() })
        }
    }
}

text_access!(ProjectId);
text_serde!(
    ProjectId, ProjectIdError,
    expected: "the id of a project, such as k7f2m9qx4tzd; `infra id` makes one",
    schema: { "pattern": "^[a-z0-9]{8,40}$" }
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_made_is_an_id(bytes: [u8; 16]) {
            let made = ProjectId::of(bytes);
            prop_assert_eq!(made.to_string().parse::<ProjectId>(), Ok(made));
        }
    }

    #[test]
    fn other_bytes_make_another_id_and_other_texts_are_none() {
        assert_ne!(ProjectId::of([1; 16]), ProjectId::of([2; 16]));
        for text in ["", "short", "Upper-case", "a-b-c-d-e-f"] {
            assert!(text.parse::<ProjectId>().is_err(), "{text}");
        }
    }
}
