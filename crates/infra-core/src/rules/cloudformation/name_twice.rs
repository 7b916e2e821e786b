//! `cloudformation/name-twice`: a name of one's own is given once.

use std::collections::BTreeMap;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudformation/name-twice",
    code: "CFN-017",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "two resources of one kind with the same name",
    why: "a physical name is there once in its account and region, that of a bucket once in all of AWS; the second resource is \
          refused",
    error: Some("… already exists"),
    sources: &["https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Files:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: { BucketName: shop-files-111122223333 }
  Papers:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: { BucketName: shop-files-111122223333, Tags: [] }
#                             ^
"#,
    good: &[("shop-files-111122223333, Tags: []", "shop-papers-111122223333, Tags: []")],
    check: Check::View(check),
};

/// In what a name is there once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// A partition of AWS.
    World,
    /// An account.
    Account,
    /// A region of an account.
    Region,
}

/// Types with names of one's own, and the properties that make up the name.
///
/// Source: the pages of the types in the CloudFormation Template Reference, and those of the resources' services (read
/// 2026-11-30).
const NAMES: &[(&str, &[&str], Within)] = &[
    ("AWS::ApiGateway::DomainName", &["DomainName"], Within::Region),
    ("AWS::ApiGatewayV2::DomainName", &["DomainName"], Within::Region),
    ("AWS::AutoScaling::AutoScalingGroup", &["AutoScalingGroupName"], Within::Region),
    ("AWS::CloudFront::CachePolicy", &["CachePolicyConfig.Name"], Within::Account),
    ("AWS::CloudFront::Function", &["Name"], Within::Account),
    ("AWS::CloudFront::OriginAccessControl", &["OriginAccessControlConfig.Name"], Within::Account),
    ("AWS::CloudFront::OriginRequestPolicy", &["OriginRequestPolicyConfig.Name"], Within::Account),
    ("AWS::CloudFront::ResponseHeadersPolicy", &["ResponseHeadersPolicyConfig.Name"], Within::Account),
    ("AWS::CloudWatch::Alarm", &["AlarmName"], Within::Region),
    ("AWS::CloudWatch::CompositeAlarm", &["AlarmName"], Within::Region),
    ("AWS::CloudWatch::Dashboard", &["DashboardName"], Within::Account),
    ("AWS::Cognito::UserPoolDomain", &["Domain"], Within::Region),
    ("AWS::DynamoDB::GlobalTable", &["TableName"], Within::Region),
    ("AWS::DynamoDB::Table", &["TableName"], Within::Region),
    ("AWS::EC2::LaunchTemplate", &["LaunchTemplateName"], Within::Region),
    ("AWS::EC2::SecurityGroup", &["GroupName", "VpcId"], Within::Region),
    ("AWS::ECR::Repository", &["RepositoryName"], Within::Region),
    ("AWS::ECS::Cluster", &["ClusterName"], Within::Region),
    ("AWS::ECS::Service", &["ServiceName", "Cluster"], Within::Region),
    ("AWS::EKS::Cluster", &["Name"], Within::Region),
    ("AWS::EKS::Nodegroup", &["NodegroupName", "ClusterName"], Within::Region),
    ("AWS::ElastiCache::ReplicationGroup", &["ReplicationGroupId"], Within::Region),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", &["Name"], Within::Region),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", &["Name"], Within::Region),
    ("AWS::Events::EventBus", &["Name"], Within::Region),
    ("AWS::IAM::Group", &["GroupName"], Within::Account),
    ("AWS::IAM::InstanceProfile", &["InstanceProfileName"], Within::Account),
    ("AWS::IAM::ManagedPolicy", &["ManagedPolicyName"], Within::Account),
    ("AWS::IAM::Role", &["RoleName"], Within::Account),
    ("AWS::IAM::User", &["UserName"], Within::Account),
    ("AWS::KMS::Alias", &["AliasName"], Within::Region),
    ("AWS::Kinesis::Stream", &["Name"], Within::Region),
    ("AWS::KinesisFirehose::DeliveryStream", &["DeliveryStreamName"], Within::Region),
    ("AWS::Lambda::Function", &["FunctionName"], Within::Region),
    ("AWS::Logs::LogGroup", &["LogGroupName"], Within::Region),
    ("AWS::Pipes::Pipe", &["Name"], Within::Region),
    ("AWS::RDS::DBCluster", &["DBClusterIdentifier"], Within::Region),
    ("AWS::RDS::DBInstance", &["DBInstanceIdentifier"], Within::Region),
    ("AWS::RDS::DBProxy", &["DBProxyName"], Within::Region),
    ("AWS::RDS::DBSubnetGroup", &["DBSubnetGroupName"], Within::Region),
    ("AWS::S3::Bucket", &["BucketName"], Within::World),
    ("AWS::SNS::Topic", &["TopicName"], Within::Region),
    ("AWS::SQS::Queue", &["QueueName"], Within::Region),
    ("AWS::SSM::Parameter", &["Name"], Within::Region),
    ("AWS::SecretsManager::Secret", &["Name"], Within::Region),
    ("AWS::StepFunctions::StateMachine", &["StateMachineName"], Within::Region),
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for (kind, properties, within) in NAMES {
        let mut seen: BTreeMap<String, Vec<Resource<'_>>> = BTreeMap::new();
        for resource in view.of(kind) {
            let Some(name) = properties.first().and_then(|property| resource.get(property)) else { continue };
            let Some(text) = name.text().filter(|text| !text.is_empty() && !text.contains("{{")) else { continue };
            let others = seen.entry(text.to_string()).or_default();
            let same = |other: &&Resource<'_>| {
                properties.iter().skip(1).all(|property| match (resource.get(property), other.get(property)) {
                    (Some(one), Some(other)) => one.is_same(&other),
                    (None, None) => true,
                    (Some(_), None) | (None, Some(_)) => false,
                }) && is_near(&resource, other, *within)
            };
            if let Some(first) = others.iter().find(same) {
                let title = format!("`{}` and `{}` have the same name `{text}`", first.id(), resource.id());
                let at = properties.first().map_or_else(|| first.properties(), |property| first.nearest(property));
                cx.report(
                    name.finding(title, "the second one is refused")
                        .also(at.at(), "the first one")
                        .help("give one of them another name, or leave the name to CloudFormation"),
                );
            }
            others.push(resource);
        }
    }
}

/// Returns whether one name cannot be given to both. Over two stacks only what is certain counts: they may be of two accounts
/// or regions, or a parameter may give another name.
fn is_near(one: &Resource<'_>, other: &Resource<'_>, within: Within) -> bool {
    if one.stack() == other.stack() {
        return true;
    }
    let accounts = one.stack().account().is_some() && one.stack().account() == other.stack().account();
    let regions = one.region().is_some() && one.region() == other.region();
    match within {
        Within::World => true,
        Within::Account => accounts,
        Within::Region => accounts && regions,
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn names_are_compared_over_stacks_of_one_region() {
        let two = |kind: &str, property: &str, region: &str| {
            let template =
                format!("Resources:\n  One: {{ Type: \"{kind}\", Properties: {{ {property}: shop-orders }} }}\n");
            of_rule(&super::RULE, &format!("#: a.yaml\n{template}#: b.yaml region={region}\n{template}")).len()
        };
        assert_eq!(two("AWS::DynamoDB::Table", "TableName", "eu-west-1"), 1);
        assert_eq!(two("AWS::DynamoDB::Table", "TableName", "us-east-1"), 0);
        assert_eq!(two("AWS::IAM::Role", "RoleName", "us-east-1"), 1);
        assert_eq!(two("AWS::S3::Bucket", "BucketName", "us-east-1"), 1);
    }
}
