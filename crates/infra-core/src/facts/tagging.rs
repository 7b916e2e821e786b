//! How each CloudFormation type takes its tags.
//!
//! Depends on nothing.

/// Where the styles were read.
pub const SOURCE: &str = "resource schemas of us-east-1 in cfn-lint 1.58.0 (2026-10-20), read 2026-11-22; \
     https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html";

/// The shape of a type's tags, with the property that holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tagging {
    /// A list of `{ Key, Value }`.
    List(&'static str),
    /// A map from key to value.
    Map(&'static str),
    /// The type takes no tags, or is not in the table.
    None,
}

impl Tagging {
    /// Returns the property that holds the tags.
    pub const fn property(self) -> Option<&'static str> {
        match self {
            Self::List(property) | Self::Map(property) => Some(property),
            Self::None => None,
        }
    }
}

/// Returns how `cfn_type` takes tags.
///
/// Does not know launch templates, whose tags sit in `TagSpecifications`, nor global tables, whose replicas carry them.
pub fn style(cfn_type: &str) -> Tagging {
    let found = STYLES.binary_search_by_key(&cfn_type, |&(name, _)| name).ok();
    found.and_then(|idx| STYLES.get(idx)).map_or(Tagging::None, |&(_, style)| style)
}

/// The style of each type that takes tags, sorted by type.
///
/// Source: [`SOURCE`].
pub const STYLES: &[(&str, Tagging)] = &[
    ("AWS::ApiGatewayV2::Api", Tagging::Map("Tags")),
    ("AWS::ApiGatewayV2::DomainName", Tagging::Map("Tags")),
    ("AWS::ApiGatewayV2::Stage", Tagging::Map("Tags")),
    ("AWS::ApiGatewayV2::VpcLink", Tagging::Map("Tags")),
    ("AWS::Backup::BackupVault", Tagging::Map("BackupVaultTags")),
    ("AWS::Budgets::Budget", Tagging::List("ResourceTags")),
    ("AWS::CertificateManager::Certificate", Tagging::List("Tags")),
    ("AWS::CloudFront::Distribution", Tagging::List("Tags")),
    ("AWS::CloudFront::Function", Tagging::List("Tags")),
    ("AWS::CloudFront::VpcOrigin", Tagging::List("Tags")),
    ("AWS::CloudTrail::Trail", Tagging::List("Tags")),
    ("AWS::CloudWatch::Alarm", Tagging::List("Tags")),
    ("AWS::CloudWatch::CompositeAlarm", Tagging::List("Tags")),
    ("AWS::CloudWatch::Dashboard", Tagging::List("Tags")),
    ("AWS::Cognito::UserPool", Tagging::Map("UserPoolTags")),
    ("AWS::DocDB::DBCluster", Tagging::List("Tags")),
    ("AWS::DynamoDB::Table", Tagging::List("Tags")),
    ("AWS::EC2::EIP", Tagging::List("Tags")),
    ("AWS::EC2::EgressOnlyInternetGateway", Tagging::List("Tags")),
    ("AWS::EC2::FlowLog", Tagging::List("Tags")),
    ("AWS::EC2::InternetGateway", Tagging::List("Tags")),
    ("AWS::EC2::NatGateway", Tagging::List("Tags")),
    ("AWS::EC2::NetworkAcl", Tagging::List("Tags")),
    ("AWS::EC2::RouteTable", Tagging::List("Tags")),
    ("AWS::EC2::SecurityGroup", Tagging::List("Tags")),
    ("AWS::EC2::Subnet", Tagging::List("Tags")),
    ("AWS::EC2::VPC", Tagging::List("Tags")),
    ("AWS::EC2::VPCEndpoint", Tagging::List("Tags")),
    ("AWS::EC2::Volume", Tagging::List("Tags")),
    ("AWS::ECR::Repository", Tagging::List("Tags")),
    ("AWS::EFS::AccessPoint", Tagging::List("AccessPointTags")),
    ("AWS::EFS::FileSystem", Tagging::List("FileSystemTags")),
    ("AWS::EKS::AccessEntry", Tagging::List("Tags")),
    ("AWS::EKS::Addon", Tagging::List("Tags")),
    ("AWS::EKS::Cluster", Tagging::List("Tags")),
    ("AWS::EKS::FargateProfile", Tagging::List("Tags")),
    ("AWS::EKS::Nodegroup", Tagging::Map("Tags")),
    ("AWS::EKS::PodIdentityAssociation", Tagging::List("Tags")),
    ("AWS::ElastiCache::ReplicationGroup", Tagging::List("Tags")),
    ("AWS::ElasticLoadBalancingV2::Listener", Tagging::List("Tags")),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", Tagging::List("Tags")),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", Tagging::List("Tags")),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", Tagging::List("Tags")),
    ("AWS::Events::Rule", Tagging::List("Tags")),
    ("AWS::GlobalAccelerator::Accelerator", Tagging::List("Tags")),
    ("AWS::IAM::OIDCProvider", Tagging::List("Tags")),
    ("AWS::IAM::Role", Tagging::List("Tags")),
    ("AWS::KMS::Key", Tagging::List("Tags")),
    ("AWS::Kinesis::Stream", Tagging::List("Tags")),
    ("AWS::KinesisFirehose::DeliveryStream", Tagging::List("Tags")),
    ("AWS::Lambda::Function", Tagging::List("Tags")),
    ("AWS::Logs::LogGroup", Tagging::List("Tags")),
    ("AWS::MSK::Cluster", Tagging::Map("Tags")),
    ("AWS::Neptune::DBCluster", Tagging::List("Tags")),
    ("AWS::OpenSearchService::Domain", Tagging::List("Tags")),
    ("AWS::RDS::DBCluster", Tagging::List("Tags")),
    ("AWS::RDS::DBClusterParameterGroup", Tagging::List("Tags")),
    ("AWS::RDS::DBInstance", Tagging::List("Tags")),
    ("AWS::RDS::DBParameterGroup", Tagging::List("Tags")),
    ("AWS::RDS::DBProxy", Tagging::List("Tags")),
    ("AWS::RDS::DBProxyEndpoint", Tagging::List("Tags")),
    ("AWS::RDS::DBSubnetGroup", Tagging::List("Tags")),
    ("AWS::RDS::GlobalCluster", Tagging::List("Tags")),
    ("AWS::Route53::HealthCheck", Tagging::List("HealthCheckTags")),
    ("AWS::Route53::HostedZone", Tagging::List("HostedZoneTags")),
    ("AWS::S3::Bucket", Tagging::List("Tags")),
    ("AWS::SNS::Topic", Tagging::List("Tags")),
    ("AWS::SQS::Queue", Tagging::List("Tags")),
    ("AWS::SSM::Parameter", Tagging::Map("Tags")),
    ("AWS::SecretsManager::Secret", Tagging::List("Tags")),
    ("AWS::ServiceDiscovery::PrivateDnsNamespace", Tagging::List("Tags")),
    ("AWS::ServiceDiscovery::Service", Tagging::List("Tags")),
    ("AWS::WAFv2::IPSet", Tagging::List("Tags")),
    ("AWS::WAFv2::WebACL", Tagging::List("Tags")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_sorted_unique_and_named() {
        assert!(!SOURCE.is_empty());
        assert!(STYLES.is_sorted_by(|a, b| a.0 < b.0));
        for (name, style) in STYLES {
            assert_eq!(name.split("::").count(), 3, "{name}");
            assert!(style.property().is_some_and(|property| property.ends_with("Tags")), "{name}");
        }
    }

    #[test]
    fn odd_types_have_their_own_property_or_shape() {
        assert_eq!(style("AWS::Route53::HostedZone"), Tagging::List("HostedZoneTags"));
        assert_eq!(style("AWS::Cognito::UserPool"), Tagging::Map("UserPoolTags"));
        assert_eq!(style("AWS::EKS::Nodegroup"), Tagging::Map("Tags"));
        assert_eq!(style("AWS::EKS::Cluster"), Tagging::List("Tags"));
        assert_eq!(style("AWS::SQS::QueuePolicy"), Tagging::None);
    }
}
