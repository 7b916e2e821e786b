//! The name of an AWS resource across services, regions and accounts.

use std::str::FromStr;

use super::{AccountId, Region, RegionError};
use crate::facts::regions::Partition;

/// An ARN: `arn:partition:service:region:account:resource`.
///
/// The partition is known, the region is empty or known, the account is empty, twelve digits or a word such as `aws`.
/// The resource is any non-empty text; a `*` may stand in it, as log groups need.
/// Patterns with a `*` elsewhere belong into policies and are not ARNs.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html> (read 2026-11-22).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn(String);

/// Why a text is not an [`Arn`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArnError {
    /// The text has not six parts of which the first is `arn`.
    #[error("`{0}` is not an ARN: it reads `arn:partition:service:region:account:resource`")]
    Form(String),
    /// The partition is not one that `infra` knows.
    #[error("`{text}` is not an ARN we know: its partition `{partition}` is none of aws, aws-cn, aws-eusc, aws-us-gov")]
    Partition {
        /// What was written.
        text: String,
        /// Its second part.
        partition: String,
    },
    /// The region is not one that `infra` knows.
    #[error("`{text}` is not an ARN: {source}")]
    Region {
        /// What was written.
        text: String,
        /// What is wrong with its fourth part.
        source: RegionError,
    },
    /// The region is of another partition.
    #[error("`{text}` is not an ARN: `{region}` is a region of the partition `{partition}`")]
    ForeignRegion {
        /// What was written.
        text: String,
        /// Its fourth part.
        region: Region,
        /// The partition of that region.
        partition: Partition,
    },
    /// The account is neither an id nor a word.
    #[error("`{text}` is not an ARN: its account `{account}` is neither twelve digits nor empty")]
    Account {
        /// What was written.
        text: String,
        /// Its fifth part.
        account: String,
    },
}

impl Arn {
    /// Returns the partition.
    pub fn partition(&self) -> Partition {
        Partition::from_name(self.part(1)).unwrap_or(Partition::Aws)
    }

    /// Returns the service, such as `acm`.
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// Returns the region, unless the resource has none (IAM, S3 buckets, CloudFront).
    pub fn region(&self) -> Option<Region> {
        self.part(3).parse().ok()
    }

    /// Returns the account, unless there is none or AWS owns the resource.
    pub fn account(&self) -> Option<AccountId> {
        self.part(4).parse().ok()
    }

    /// Returns everything after the account, such as `certificate/1234` or `log-group:name:*`.
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    /// Returns the part of the resource before its first `/` or `:`, such as `certificate`; the whole if there is none.
    pub fn resource_type(&self) -> &str {
        self.resource().split(['/', ':']).next().unwrap_or_default()
    }

    /// Returns the part of the resource after its first `/` or `:`; the whole if there is none.
    pub fn resource_id(&self) -> &str {
        self.resource().split_once(['/', ':']).map_or(self.resource(), |(_, id)| id)
    }

    fn part(&self, idx: usize) -> &str {
        self.0.splitn(6, ':').nth(idx).unwrap_or_default()
    }
}

impl FromStr for Arn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || ArnError::Form(text.to_owned());
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let &[prefix, partition, service, region, account, resource] = parts.as_slice() else {
            return Err(form());
        };
        if prefix != "arn" || !is_word(service) || !is_resource(resource) {
            return Err(form());
        }
        let Some(partition) = Partition::from_name(partition) else {
            return Err(ArnError::Partition { text: text.to_owned(), partition: partition.to_owned() });
        };
        check_region(text, partition, region)?;
        if !account.is_empty() && account.parse::<AccountId>().is_err() && !is_owner(account) {
            return Err(ArnError::Account { text: text.to_owned(), account: account.to_owned() });
        }
        Ok(Self(text.to_owned()))
    }
}

text_access!(Arn);
text_serde!(
    Arn, ArnError,
    expected: "an ARN, such as arn:aws:acm:us-east-1:111122223333:certificate/12345678",
    schema: { "pattern": r"^arn:aws(-cn|-eusc|-us-gov)?:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|[a-z-]*):\S+$" }
);

fn check_region(text: &str, partition: Partition, region: &str) -> Result<(), ArnError> {
    if region.is_empty() {
        return Ok(());
    }
    let region: Region = region.parse().map_err(|source| ArnError::Region { text: text.to_owned(), source })?;
    if region.partition() == partition {
        Ok(())
    } else {
        Err(ArnError::ForeignRegion { text: text.to_owned(), region, partition: region.partition() })
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Returns whether AWS itself may own a resource under this word (`aws`, `cloudfront`, `aws-marketplace`).
fn is_owner(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

fn is_resource(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_parsed_is_printed(
            service in "[a-z][a-z0-9-]{0,10}", account in "([0-9]{12})?", resource in "[a-z]{1,8}[/:][A-Za-z0-9:/._*-]{1,20}",
        ) {
            let text = format!("arn:aws:{service}:eu-west-1:{account}:{resource}");
            let arn: Arn = text.parse().unwrap();
            prop_assert_eq!(arn.to_string(), text);
            prop_assert_eq!(arn.service(), service);
            prop_assert_eq!(arn.resource(), resource);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = text.parse::<Arn>().map_err(|error| error.to_string());
        }
    }

    #[test]
    fn the_parts_are_read() {
        let arn: Arn = "arn:aws:acm:us-east-1:111122223333:certificate/12-34".parse().unwrap();
        assert_eq!(arn.partition(), Partition::Aws);
        assert_eq!(arn.service(), "acm");
        assert_eq!(arn.region(), Some(Region::US_EAST_1));
        assert_eq!(arn.account(), "111122223333".parse().ok());
        assert_eq!((arn.resource_type(), arn.resource_id()), ("certificate", "12-34"));
        let bucket: Arn = "arn:aws-cn:s3:::logs".parse().unwrap();
        assert_eq!((bucket.partition(), bucket.region(), bucket.account()), (Partition::AwsCn, None, None));
        assert_eq!((bucket.resource_type(), bucket.resource_id()), ("logs", "logs"));
    }

    #[test]
    fn resources_of_aws_itself_are_arns() {
        for text in [
            "arn:aws:iam::aws:policy/AdministratorAccess",
            "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/eks:*",
        ] {
            assert!(text.parse::<Arn>().is_ok(), "{text}");
        }
    }

    #[test]
    fn each_mistake_has_its_own_answer() {
        let error = |text: &str| text.parse::<Arn>().unwrap_err();
        assert!(matches!(error("arn:aws:s3"), ArnError::Form(_)));
        assert!(matches!(error("arn:aws:s3:::"), ArnError::Form(_)));
        assert!(matches!(error("arn:awz:s3:::a"), ArnError::Partition { .. }));
        assert!(matches!(error("arn:aws:acm:cn-north-1:111122223333:a"), ArnError::ForeignRegion { .. }));
        assert!(matches!(error("arn:aws:acm:us-east-1:1111:a"), ArnError::Account { .. }));
        assert_eq!(
            error("arn:aws:acm:us-esat-1:111122223333:a").to_string(),
            "`arn:aws:acm:us-esat-1:111122223333:a` is not an ARN: `us-esat-1` is not an AWS region; \
             did you mean `us-east-1`"
        );
    }
}
