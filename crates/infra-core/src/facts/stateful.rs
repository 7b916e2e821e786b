//! Which CloudFormation types hold data that a replacement or a deletion would lose.
//!
//! Depends on nothing.

/// Where the classification comes from.
///
/// That a type holds data is our judgement; which types can leave a snapshot is AWS's.
pub const SOURCE: &str = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html (read 2026-11-22)";

/// Types whose physical resource holds data or an identity that cannot be recreated, sorted.
///
/// Queues, topics and log groups are left out: what they hold is on its way or kept elsewhere. A hosted zone is in,
/// because a new one gets other name servers, and a key, because what it encrypted is lost with it.
pub const STATEFUL: &[&str] = &[
    "AWS::Backup::BackupVault",
    "AWS::Cognito::UserPool",
    "AWS::DocDB::DBCluster",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Volume",
    "AWS::ECR::Repository",
    "AWS::EFS::FileSystem",
    "AWS::KMS::Key",
    "AWS::KMS::ReplicaKey",
    "AWS::Neptune::DBCluster",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::RDS::GlobalCluster",
    "AWS::Redshift::Cluster",
    "AWS::Route53::HostedZone",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
];

/// Types that accept `DeletionPolicy: Snapshot`, sorted.
///
/// Source: [`SOURCE`]; `AWS::DocDB::DBCluster` by cfn-lint 1.58.0 only.
pub const SNAPSHOTTABLE: &[&str] = &[
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
];

/// Types that hold only what is on its way or kept elsewhere, sorted: they are deleted, and templates say so.
pub const PASSING: &[&str] = &["AWS::Logs::LogGroup", "AWS::SQS::Queue"];

/// Returns whether what a resource of `cfn_type` holds may go with it.
pub fn passing(cfn_type: &str) -> bool {
    PASSING.binary_search(&cfn_type).is_ok()
}

/// Returns whether a resource of `cfn_type` holds data that must survive its stack.
pub fn stateful(cfn_type: &str) -> bool {
    STATEFUL.binary_search(&cfn_type).is_ok()
}

/// Returns whether a resource of `cfn_type` can leave a snapshot behind.
pub fn snapshottable(cfn_type: &str) -> bool {
    SNAPSHOTTABLE.binary_search(&cfn_type).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_unique() {
        assert!(!SOURCE.is_empty());
        assert!(STATEFUL.is_sorted_by(|a, b| a < b));
        assert!(SNAPSHOTTABLE.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn data_is_told_from_traffic() {
        assert!(stateful("AWS::S3::Bucket"));
        assert!(stateful("AWS::Route53::HostedZone"));
        for passing in ["AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::Logs::LogGroup", "AWS::EKS::Cluster"] {
            assert!(!stateful(passing), "{passing}");
        }
        assert!(snapshottable("AWS::RDS::DBInstance") && !snapshottable("AWS::S3::Bucket"));
    }
}
