//! The regions of AWS and the partitions they belong to.
//!
//! Depends on nothing. The isolated partitions (`aws-iso*`) are deliberately absent: no fact here was checked for them.

/// Where the list of regions was read.
pub const SOURCE: &str = "cfn-lint 1.58.0 (schemas of 2026-10-20) and the union of the regions in `hosted_zones`; \
     https://docs.aws.amazon.com/general/latest/gr/rande.html";

/// A set of regions with its own accounts, ARN prefix and DNS suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Partition {
    /// The commercial regions, `arn:aws:`.
    Aws,
    /// China, `arn:aws-cn:`.
    AwsCn,
    /// `GovCloud` of the United States, `arn:aws-us-gov:`.
    AwsUsGov,
    /// The European Sovereign Cloud, `arn:aws-eusc:`.
    AwsEusc,
}

impl Partition {
    /// Every partition, in the order of its name in ARNs.
    pub const ALL: [Self; 4] = [Self::Aws, Self::AwsCn, Self::AwsEusc, Self::AwsUsGov];

    /// Returns the name as it stands in ARNs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
            Self::AwsEusc => "aws-eusc",
        }
    }

    /// Returns the suffix of service endpoints, without a leading dot.
    ///
    /// Source: <https://docs.aws.amazon.com/general/latest/gr/rande.html> (read 2026-11-22); `amazonaws.eu` is
    /// confirmed by working SDK endpoints of `eusc-de-east-1`.
    pub const fn dns_suffix(self) -> &'static str {
        match self {
            Self::Aws | Self::AwsUsGov => "amazonaws.com",
            Self::AwsCn => "amazonaws.com.cn",
            Self::AwsEusc => "amazonaws.eu",
        }
    }

    /// Finds a partition by its name in ARNs.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|partition| partition.as_str() == name)
    }
}

impl std::fmt::Display for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Every known region with its partition, sorted by name.
///
/// Source: [`SOURCE`] (read 2026-11-22).
pub const REGIONS: &[(&str, Partition)] = &[
    ("af-south-1", Partition::Aws),
    ("ap-east-1", Partition::Aws),
    ("ap-east-2", Partition::Aws),
    ("ap-northeast-1", Partition::Aws),
    ("ap-northeast-2", Partition::Aws),
    ("ap-northeast-3", Partition::Aws),
    ("ap-south-1", Partition::Aws),
    ("ap-south-2", Partition::Aws),
    ("ap-southeast-1", Partition::Aws),
    ("ap-southeast-2", Partition::Aws),
    ("ap-southeast-3", Partition::Aws),
    ("ap-southeast-4", Partition::Aws),
    ("ap-southeast-5", Partition::Aws),
    ("ap-southeast-6", Partition::Aws),
    ("ap-southeast-7", Partition::Aws),
    ("ca-central-1", Partition::Aws),
    ("ca-west-1", Partition::Aws),
    ("cn-north-1", Partition::AwsCn),
    ("cn-northwest-1", Partition::AwsCn),
    ("eu-central-1", Partition::Aws),
    ("eu-central-2", Partition::Aws),
    ("eu-north-1", Partition::Aws),
    ("eu-south-1", Partition::Aws),
    ("eu-south-2", Partition::Aws),
    ("eu-west-1", Partition::Aws),
    ("eu-west-2", Partition::Aws),
    ("eu-west-3", Partition::Aws),
    ("eusc-de-east-1", Partition::AwsEusc),
    ("il-central-1", Partition::Aws),
    ("me-central-1", Partition::Aws),
    ("me-south-1", Partition::Aws),
    ("mx-central-1", Partition::Aws),
    ("sa-east-1", Partition::Aws),
    ("us-east-1", Partition::Aws),
    ("us-east-2", Partition::Aws),
    ("us-gov-east-1", Partition::AwsUsGov),
    ("us-gov-west-1", Partition::AwsUsGov),
    ("us-west-1", Partition::Aws),
    ("us-west-2", Partition::Aws),
];

/// Finds a region and returns its name from the table, together with its partition.
pub fn find(name: &str) -> Option<(&'static str, Partition)> {
    let idx = REGIONS.binary_search_by_key(&name, |&(region, _)| region).ok()?;
    REGIONS.get(idx).copied()
}

/// Returns the names of all known regions, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    REGIONS.iter().map(|&(region, _)| region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_sorted_and_unique() {
        assert!(REGIONS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(!SOURCE.is_empty());
    }

    #[test]
    fn a_region_is_found_with_its_partition() {
        assert_eq!(find("cn-north-1"), Some(("cn-north-1", Partition::AwsCn)));
        assert_eq!(find("us-gov-east-1"), Some(("us-gov-east-1", Partition::AwsUsGov)));
        assert_eq!(find("us-esat-1"), None);
    }
}
