//! A region of AWS.

use std::str::FromStr;

use crate::diag::suggest;
use crate::facts::regions::{self, Partition};

/// A region that [`regions::REGIONS`] knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    name: &'static str,
    partition: Partition,
}

/// Why a text is not a [`Region`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an AWS region{}", did_you_mean(*.nearest))]
pub struct RegionError {
    text: String,
    nearest: Option<&'static str>,
}

impl Region {
    /// Northern Virginia: where CloudFront reads its certificates and web ACLs.
    pub const US_EAST_1: Self = Self { name: "us-east-1", partition: Partition::Aws };

    /// Returns the name, such as `eu-west-1`.
    pub const fn as_str(&self) -> &'static str {
        self.name
    }

    /// Returns the partition that the region belongs to.
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    /// Returns every known region, sorted by name.
    pub fn all() -> impl Iterator<Item = Self> {
        regions::REGIONS.iter().map(|&(name, partition)| Self { name, partition })
    }
}

impl RegionError {
    /// Returns the known region that was probably meant.
    pub fn nearest(&self) -> Option<&'static str> {
        self.nearest
    }
}

impl FromStr for Region {
    type Err = RegionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = regions::find(text).map(|(name, partition)| Self { name, partition });
        found.ok_or_else(|| RegionError { text: text.to_owned(), nearest: suggest(text, regions::names()) })
    }
}

impl AsRef<str> for Region {
    fn as_ref(&self) -> &str {
        self.name
    }
}

impl std::fmt::Display for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name)
    }
}

text_serde!(
    Region, RegionError,
    expected: "an AWS region, such as eu-west-1",
    schema: { "enum": regions::names().collect::<Vec<_>>() }
);

fn did_you_mean(nearest: Option<&'static str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_prints_what_it_parses() {
        for region in Region::all() {
            assert_eq!(region.to_string().parse(), Ok(region));
        }
        assert_eq!("us-east-1".parse(), Ok(Region::US_EAST_1));
    }

    #[test]
    fn a_slip_is_answered_with_a_suggestion() {
        let error = "us-esat-1".parse::<Region>().unwrap_err();
        assert_eq!(error.to_string(), "`us-esat-1` is not an AWS region; did you mean `us-east-1`");
        assert_eq!("moon".parse::<Region>().unwrap_err().to_string(), "`moon` is not an AWS region");
    }

    #[test]
    fn a_region_knows_its_partition() {
        let partition = |name: &str| name.parse::<Region>().unwrap().partition();
        assert_eq!(partition("cn-north-1").dns_suffix(), "amazonaws.com.cn");
        assert_eq!(partition("eusc-de-east-1").as_str(), "aws-eusc");
    }

    #[test]
    fn a_region_selects_an_alias_zone() {
        use crate::facts::hosted_zones::{Service, alias_zone};
        assert_eq!(alias_zone(Service::Alb, &Region::US_EAST_1), Some("Z35SXDOTRQ7X7K"));
    }
}
