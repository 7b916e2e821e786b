//! Which attributes a resource keeps when it is updated in place.
//!
//! The schemas say what AWS sets, not when it sets it anew. What identifies or addresses a resource is set once: that is
//! told by the name. What tells of its state, its versions or its times is not.

use super::resource_types;

/// How names end of what identifies or addresses a resource, or something that was made with it.
const IDENTIFYING: &[&str] = &[
    "Arn",
    "ARN",
    "Arns",
    "Id",
    "ID",
    "Ids",
    "Identifier",
    "Name",
    "Url",
    "URL",
    "Uri",
    "URI",
    "Address",
    "Endpoint",
    "Port",
    "AvailabilityZone",
    "CidrBlock",
    "NameServers",
    "CertificateAuthorityData",
    "DefaultSecurityGroup",
    "DefaultNetworkAcl",
];

/// Parts of names of what is another one after some updates, whatever the name ends in.
const PASSING: &[&str] = &["Version", "Revision", "Latest", "Current", "Last"];

/// Attributes that look as if they identified their resource and become others with these properties, sorted; with no
/// properties, they may with any.
///
/// A stream is told from the earlier ones of its table by the time in its ARN:
/// <https://docs.aws.amazon.com/goto/WebAPI/streams-dynamodb-2012-08-10/StreamDescription> (read 2026-11-30). The others
/// are from memory: an instance that is stopped for an update gets another public address, the endpoint of a domain name
/// is edge-optimized or regional and can become the other, and RDS makes the secret of a password when it is told to.
const CHANGING: &[(&str, &str, &[&str])] = &[
    ("AWS::ApiGateway::DomainName", "DistributionDomainName", &["EndpointConfiguration"]),
    ("AWS::ApiGateway::DomainName", "DistributionHostedZoneId", &["EndpointConfiguration"]),
    ("AWS::ApiGateway::DomainName", "RegionalDomainName", &["EndpointConfiguration"]),
    ("AWS::ApiGateway::DomainName", "RegionalHostedZoneId", &["EndpointConfiguration"]),
    ("AWS::ApiGatewayV2::DomainName", "RegionalDomainName", &["DomainNameConfigurations"]),
    ("AWS::ApiGatewayV2::DomainName", "RegionalHostedZoneId", &["DomainNameConfigurations"]),
    ("AWS::DynamoDB::GlobalTable", "StreamArn", &["StreamSpecification"]),
    ("AWS::DynamoDB::Table", "StreamArn", &["StreamSpecification"]),
    ("AWS::EC2::Instance", "PublicDnsName", &[]),
    ("AWS::RDS::DBCluster", "Endpoint.Port", &["Port"]),
    ("AWS::RDS::DBCluster", "MasterUserSecret.SecretArn", &["ManageMasterUserPassword"]),
    ("AWS::RDS::DBInstance", "Endpoint.Port", &["Port"]),
    ("AWS::RDS::DBInstance", "MasterUserSecret.SecretArn", &["ManageMasterUserPassword"]),
];

/// Returns whether a resource of `cfn_type` that is updated in place keeps an attribute: `Ref`, or what `Fn::GetAtt`
/// takes. `changes` tells whether one of its properties, by its first name, gets another value.
///
/// `Ref` gives the physical id, and another one is a replacement; only a custom resource is asked for it, and for
/// everything else, at every update.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html> (from memory).
pub fn keeps(cfn_type: &str, attribute: &str, changes: impl Fn(&str) -> bool) -> bool {
    if cfn_type.starts_with("Custom::") || cfn_type == "AWS::CloudFormation::CustomResource" {
        return false;
    }
    if attribute == "Ref" {
        return true;
    }
    let row = CHANGING.binary_search_by_key(&(cfn_type, attribute), |(kind, name, _)| (*kind, *name));
    if let Some((_, _, properties)) = row.ok().and_then(|row| CHANGING.get(row)) {
        return !properties.is_empty() && !properties.iter().any(|property| changes(property));
    }
    let Some(facts) = resource_types::find(cfn_type) else { return attribute == "Arn" };
    let mut identifiers = facts.primary_identifier().chain(facts.additional_identifiers().flatten());
    if identifiers.any(|name| name == attribute) {
        return true;
    }
    let first = attribute.split('.').next().unwrap_or(attribute);
    let read_only = facts
        .read_only()
        .any(|name| attribute.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    if !read_only && facts.properties().property(first).is_some() {
        return !changes(first);
    }
    let known = facts.attributes().any(|name| name == attribute);
    let last = attribute.rsplit('.').next().unwrap_or(attribute);
    known
        && IDENTIFYING.iter().any(|ending| last.ends_with(ending))
        && !PASSING.iter().any(|part| attribute.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_an_attribute_and_properties_and_the_rows_are_sorted() {
        assert!(CHANGING.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
        for (kind, attribute, properties) in CHANGING {
            let facts = resource_types::find(kind).unwrap_or_else(|| panic!("{kind}"));
            assert!(facts.attribute(attribute).is_some(), "{kind} {attribute}");
            for property in *properties {
                assert!(facts.properties().property(property).is_some(), "{kind} {property}");
            }
        }
    }

    #[test]
    fn what_identifies_a_resource_stays_and_what_tells_of_it_may_not() {
        let after = |kind: &str, attribute: &str, changed: &[&str]| {
            keeps(kind, attribute, |property| changed.contains(&property))
        };
        for (kind, attribute, property) in [
            ("AWS::SQS::Queue", "Arn", "VisibilityTimeout"),
            ("AWS::SQS::Queue", "QueueName", "VisibilityTimeout"),
            ("AWS::SQS::Queue", "Ref", "VisibilityTimeout"),
            ("AWS::Logs::LogGroup", "Arn", "RetentionInDays"),
            ("AWS::IAM::Role", "Arn", "Policies"),
            ("AWS::IAM::Role", "RoleId", "Policies"),
            ("AWS::EC2::SecurityGroup", "GroupId", "Tags"),
            ("AWS::EC2::VPC", "CidrBlock", "Tags"),
            ("AWS::EC2::VPC", "DefaultSecurityGroup", "Tags"),
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", "DNSName", "LoadBalancerAttributes"),
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", "CanonicalHostedZoneID", "LoadBalancerAttributes"),
            ("AWS::CloudFront::Distribution", "DomainName", "DistributionConfig"),
            ("AWS::RDS::DBInstance", "Endpoint.Address", "DBInstanceClass"),
            ("AWS::RDS::DBInstance", "MasterUserSecret.SecretArn", "DBInstanceClass"),
            ("AWS::DynamoDB::Table", "StreamArn", "TimeToLiveSpecification"),
            ("AWS::EKS::Cluster", "OpenIdConnectIssuerUrl", "Version"),
            ("AWS::EKS::Cluster", "CertificateAuthorityData", "Version"),
            ("AWS::Route53::HostedZone", "NameServers", "HostedZoneConfig"),
            ("AWS::Cognito::UserPool", "ProviderURL", "Policies"),
            ("AWS::ApiGatewayV2::Api", "ApiEndpoint", "CorsConfiguration"),
            ("AWS::Unknown::Thing", "Arn", "Size"),
        ] {
            assert!(after(kind, attribute, &[property]), "{kind}.{attribute} after a change of {property}");
        }
        for (kind, attribute, property) in [
            ("AWS::SNS::Topic", "DisplayName", "DisplayName"),
            ("AWS::DynamoDB::Table", "StreamArn", "StreamSpecification"),
            ("AWS::EC2::LaunchTemplate", "LatestVersionNumber", "LaunchTemplateData"),
            ("AWS::EC2::Instance", "PublicIp", "InstanceType"),
            ("AWS::EC2::Instance", "PublicDnsName", "InstanceType"),
            ("AWS::RDS::DBInstance", "Endpoint.Port", "Port"),
            ("AWS::RDS::DBInstance", "DBInstanceStatus", "DBInstanceClass"),
            ("AWS::CloudFormation::Stack", "Outputs.Id", "TemplateURL"),
            ("AWS::CloudFormation::CustomResource", "Ref", "Input"),
            ("Custom::Thing", "Arn", "Input"),
            ("AWS::Unknown::Thing", "Name", "Size"),
        ] {
            assert!(!after(kind, attribute, &[property]), "{kind}.{attribute} after a change of {property}");
        }
    }
}
