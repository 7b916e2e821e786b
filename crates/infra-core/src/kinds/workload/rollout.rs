//! How a change of a Deployment is rolled out.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::artifacts::Expr;
use crate::names::Seconds;

/// How a change is rolled out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Rollout {
    /// How many pods more than wanted there may be while a change is rolled out.
    pub max_surge: Share,
    /// How many pods of those wanted may be missing while a change is rolled out.
    pub max_unavailable: Share,
    /// How long a new pod must have been ready before the next is changed. Unit: seconds. 0 to 600.
    pub min_ready_seconds: Seconds,
}

impl Default for Rollout {
    fn default() -> Self {
        let (max_surge, max_unavailable) = (Share::Percent(25), Share::Count(0));
        Self { max_surge, max_unavailable, min_ready_seconds: Seconds::new(0) }
    }
}

/// A number of pods, or a percentage of them such as `25%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// So many.
    Count(u32),
    /// So many of a hundred.
    Percent(u32),
}

impl Share {
    /// Returns how many of `all` these are, rounded up as Kubernetes does for a surge.
    pub fn of(self, all: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => all.saturating_mul(percent).div_ceil(100),
        }
    }

    /// Returns whether it is none, however many there are.
    pub fn is_zero(self) -> bool {
        matches!(self, Self::Count(0) | Self::Percent(0))
    }
}

/// Why a text is no [`Share`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a number of pods nor a percentage of them: write `1` or `25%`")]
pub struct ShareError(String);

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let error = || ShareError(text.to_owned());
        match text.strip_suffix('%') {
            Some(percent) => percent.parse().map(Self::Percent).map_err(|_| error()),
            None => text.parse().map(Self::Count).map_err(|_| error()),
        }
    }
}

impl From<Share> for Expr {
    fn from(share: Share) -> Self {
        match share {
            Share::Count(count) => count.into(),
            Share::Percent(25) => "25%".into(),
            Share::Percent(percent) => format!("{percent}%").into(),
        }
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => count.serialize(serializer),
            Self::Percent(percent) => format!("{percent}%").serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Share;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of pods, or a percentage such as 25%")
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Share, E> {
                u32::try_from(number).map(Share::Count).map_err(|_| E::custom(ShareError(number.to_string())))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Share, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number of pods, or a percentage of them such as `25%`.",
            "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": "^[0-9]+%?$" }],
        })
    }
}
