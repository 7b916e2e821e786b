//! A length of time in whole seconds.

/// A number of seconds.
///
/// Unit: seconds. Range: `0..=4_294_967_295`; what a service accepts is in `facts::limits`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(u32);

/// Why a value is not a number of [`Seconds`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a whole number of seconds")]
pub struct SecondsError {
    text: String,
}

impl Seconds {
    /// Makes a length of time.
    pub const fn new(seconds: u32) -> Self {
        Self(seconds)
    }

    /// Returns the number of seconds.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Returns the sum, or the longest time there is.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Returns the product, or the longest time there is.
    #[must_use]
    pub const fn saturating_mul(self, factor: u32) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl SecondsError {
    fn new(text: impl ToString) -> Self {
        Self { text: text.to_string() }
    }
}

impl TryFrom<u64> for Seconds {
    type Error = SecondsError;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        u32::try_from(number).map(Self).map_err(|_| SecondsError::new(number))
    }
}

number_serde!(Seconds, SecondsError, expected: "a whole number of seconds, such as 30", min: 0, max: u32::MAX);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_parsed_is_printed(number in any::<u32>()) {
            prop_assert_eq!(number.to_string().parse::<Seconds>().unwrap().to_string(), number.to_string());
        }
    }

    #[test]
    fn units_and_signs_are_refused_with_the_reason() {
        let error = serde_yaml::from_str::<Seconds>("30s").unwrap_err().to_string();
        assert!(error.contains("expected a whole number of seconds"), "{error}");
        let error = serde_json::from_str::<Seconds>("-1").unwrap_err().to_string();
        assert!(error.contains("`-1` is not a whole number of seconds"), "{error}");
        assert!("+3".parse::<Seconds>().is_err());
        assert!("03".parse::<Seconds>().is_err());
        assert!("".parse::<Seconds>().is_err());
    }

    #[test]
    fn a_number_is_read_and_written_as_a_number() {
        assert_eq!(serde_yaml::from_str::<Seconds>("30").unwrap(), Seconds::new(30));
        assert_eq!(serde_json::to_string(&Seconds::new(30)).unwrap(), "30");
    }
}
