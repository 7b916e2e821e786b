//! A TCP or UDP port.

use std::num::NonZeroU16;

/// A port number. Range: `1..=65_535`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(NonZeroU16);

/// Why a value is not a [`Port`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a port: it is a number from 1 to 65535")]
pub struct PortError {
    text: String,
}

impl Port {
    /// HTTPS.
    pub const HTTPS: Self = Self(NonZeroU16::MIN.saturating_add(442));
    /// HTTP.
    pub const HTTP: Self = Self(NonZeroU16::MIN.saturating_add(79));

    /// Redis and Valkey.
    pub const REDIS: Self = Self(NonZeroU16::MIN.saturating_add(6_378));

    /// Reads of a serverless cache.
    pub const REDIS_READER: Self = Self(NonZeroU16::MIN.saturating_add(6_379));

    /// PostgreSQL.
    pub const POSTGRESQL: Self = Self(NonZeroU16::MIN.saturating_add(5_431));

    /// Returns the number.
    pub const fn get(self) -> u16 {
        self.0.get()
    }
}

impl PortError {
    fn new(text: impl ToString) -> Self {
        Self { text: text.to_string() }
    }
}

impl TryFrom<u64> for Port {
    type Error = PortError;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        let port = u16::try_from(number).ok().and_then(NonZeroU16::new);
        port.map(Self).ok_or_else(|| PortError::new(number))
    }
}

number_serde!(Port, PortError, expected: "a port from 1 to 65535", min: 1, max: u16::MAX);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_parsed_is_printed(number in 1_u16..) {
            prop_assert_eq!(number.to_string().parse::<Port>().unwrap().to_string(), number.to_string());
        }
    }

    #[test]
    fn the_ends_of_the_range_hold() {
        assert_eq!(Port::HTTP.get(), 80);
        assert_eq!(Port::POSTGRESQL.get(), 5_432);
        assert_eq!(Port::HTTPS.get(), 443);
        assert!("0".parse::<Port>().is_err());
        let error = serde_yaml::from_str::<Port>("65536").unwrap_err().to_string();
        assert!(error.contains("`65536` is not a port: it is a number from 1 to 65535"), "{error}");
    }
}
