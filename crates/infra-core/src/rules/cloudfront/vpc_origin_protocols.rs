//! `cloudfront/vpc-origin-protocols`: a VPC origin is private and speaks TLS.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/vpc-origin-protocols",
    code: "CF-022",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "VPC origin over HTTPS names no TLS version",
    why: "an HTTPS connection to a VPC origin needs `OriginSSLProtocols`, and the origin itself is a private \
          one",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_VpcOriginEndpointConfig.html",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html",
    ],
    evidence: Evidence::Observed,
    bad: r#"
#: site.yaml region=us-east-1
Resources:
  Inside:
    Type: AWS::CloudFront::VpcOrigin
    Properties:
      VpcOriginEndpointConfig:
        Name: orders
        Arn: arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/orders/1a2b3c4d5e6f7a8b
        OriginProtocolPolicy: https-only
#                             ^
"#,
    good: &[(
        "OriginProtocolPolicy: https-only",
        r#"OriginSSLProtocols: [TLSv1.2]
        OriginProtocolPolicy: https-only"#,
    )],
    check: Check::Resources(&["AWS::CloudFront::VpcOrigin"], check),
};

fn check(cx: &mut Cx<'_>, origin: Resource<'_>) {
    let Some(config) = origin.get("VpcOriginEndpointConfig") else { return };
    let policy = config.key("OriginProtocolPolicy").filter(|policy| policy.is_one_of(&["https-only", "match-viewer"]));
    if let Some(policy) = policy.filter(|_| config.key("OriginSSLProtocols").is_none()) {
        cx.report(
            policy
                .finding(format!("VPC origin `{}` names no TLS version", origin.id()), "over HTTPS")
                .help("add `OriginSSLProtocols: [TLSv1.2]`"),
        );
    }
    let balancer = config.key("Arn").and_then(|arn| arn.resource_of("AWS::ElasticLoadBalancingV2::LoadBalancer"));
    if let Some(scheme) = balancer.and_then(|it| it.get("Scheme")).filter(|scheme| scheme.is("internet-facing")) {
        let used = config.key("Arn").unwrap_or(config);
        cx.report(
            used.finding("a VPC origin is a private one", "named here")
                .also(scheme.at(), "on the internet")
                .help("make the load balancer internal, or use a custom origin"),
        );
    }
}
