//! What services want of whoever makes a resource, and what the type's schema does not say.

use serde_json::Value;

use super::Handlers;

/// What is needed where a type is made, and where it goes.
struct Beside {
    /// Types.
    kinds: &'static [&'static str],
    /// Only where the resource has this property, as a JSON pointer below `Properties`; empty for every resource.
    property: &'static str,
    /// To make or change one.
    make: &'static [&'static str],
    /// To delete one.
    delete: &'static [&'static str],
}

const CREATE_DELIVERY: &[&str] = &[
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
];
const DELETE_DELIVERY: &[&str] = &["logs:DeleteLogDelivery", "logs:GetLogDelivery", "logs:ListLogDeliveries"];
const SERVICE_LINKED: &[&str] = &["iam:CreateServiceLinkedRole"];

/// Every row.
///
/// Logs of HTTP APIs: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html>; links of REST
/// APIs: <https://docs.aws.amazon.com/apigateway/latest/developerguide/grant-permissions-to-create-vpclink.html>; roles of
/// balancers, which target groups need too:
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html> (all read
/// 2026-12-01). Logs of firewalls and flow logs, as
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html> tells of services that send
/// logs, and the roles of the other services (from memory).
const BESIDE: &[Beside] = &[
    Beside {
        kinds: &["AWS::ApiGatewayV2::Stage"],
        property: "/AccessLogSettings",
        make: CREATE_DELIVERY,
        delete: DELETE_DELIVERY,
    },
    Beside {
        kinds: &["AWS::EC2::FlowLog", "AWS::WAFv2::LoggingConfiguration"],
        property: "",
        make: CREATE_DELIVERY,
        delete: DELETE_DELIVERY,
    },
    Beside {
        kinds: &["AWS::ApiGateway::VpcLink"],
        property: "",
        make: &[
            "ec2:CreateVpcEndpointServiceConfiguration",
            "ec2:DeleteVpcEndpointServiceConfigurations",
            "ec2:DescribeVpcEndpointServiceConfigurations",
            "ec2:ModifyVpcEndpointServicePermissions",
            "elasticloadbalancing:DescribeLoadBalancers",
        ],
        delete: &["ec2:DeleteVpcEndpointServiceConfigurations", "ec2:DescribeVpcEndpointServiceConfigurations"],
    },
    Beside {
        kinds: &[
            "AWS::ApiGatewayV2::DomainName",
            "AWS::ApiGatewayV2::VpcLink",
            "AWS::ApplicationAutoScaling::ScalableTarget",
            "AWS::AutoScaling::AutoScalingGroup",
            "AWS::CloudFront::VpcOrigin",
            "AWS::DynamoDB::GlobalTable",
            "AWS::ECS::Cluster",
            "AWS::EKS::Cluster",
            "AWS::EKS::FargateProfile",
            "AWS::EKS::Nodegroup",
            "AWS::ElastiCache::CacheCluster",
            "AWS::ElastiCache::ReplicationGroup",
            "AWS::ElastiCache::ServerlessCache",
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "AWS::ElasticLoadBalancingV2::TargetGroup",
            "AWS::MSK::Cluster",
            "AWS::RDS::DBCluster",
            "AWS::RDS::DBInstance",
            "AWS::RDS::DBProxy",
        ],
        property: "",
        make: SERVICE_LINKED,
        delete: &[],
    },
    // Cognito sends by SES in the name of the pool's account.
    Beside {
        kinds: &["AWS::Cognito::UserPool"],
        property: "/EmailConfiguration/SourceArn",
        make: SERVICE_LINKED,
        delete: &[],
    },
    Beside { kinds: &["AWS::OpenSearchService::Domain"], property: "/VPCOptions", make: SERVICE_LINKED, delete: &[] },
];

/// The actions that a resource needs beside those of its type's schema.
pub(super) fn beside(resource: &Value, handlers: Handlers) -> impl Iterator<Item = &'static str> {
    let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
    let has = |pointer: &str| resource.pointer(&format!("/Properties{pointer}")).is_some();
    let rows: Vec<&Beside> = BESIDE
        .iter()
        .filter(|row| row.kinds.contains(&kind) && (row.property.is_empty() || has(row.property)))
        .collect();
    rows.into_iter()
        .flat_map(move |row| match handlers {
            Handlers::None | Handlers::Read => &[],
            Handlers::Delete => row.delete,
            Handlers::All => row.make,
        })
        .copied()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_resource_needs_what_it_has_and_no_more() {
        let of = |resource: &Value, handlers| beside(resource, handlers).collect::<Vec<_>>();
        let logged = json!({ "Type": "AWS::ApiGatewayV2::Stage", "Properties": { "AccessLogSettings": {} } });
        assert_eq!(of(&logged, Handlers::All), CREATE_DELIVERY);
        assert_eq!(of(&logged, Handlers::Delete), DELETE_DELIVERY);
        assert_eq!(of(&logged, Handlers::Read), [""; 0]);
        assert_eq!(of(&json!({ "Type": "AWS::ApiGatewayV2::Stage" }), Handlers::All), [""; 0]);
        let pool =
            json!({ "Type": "AWS::Cognito::UserPool", "Properties": { "EmailConfiguration": { "SourceArn": "x" } } });
        assert_eq!(of(&pool, Handlers::All), SERVICE_LINKED);
    }
}
