//! `cloudfront/two-networks`: one network is enough.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/two-networks",
    code: "CF-018",
    severity: Severity::Advice,
    phase: Phase::Design,
    title: "edge-optimized API behind a distribution",
    why: "an edge-optimized API domain is a distribution of its own, so every request passes two of them",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-endpoint-types.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: site.yaml region=us-east-1
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: { Name: shop, EndpointConfiguration: { Types: [EDGE] } }
#                                                              ^
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins:
          - Id: files
            DomainName: files.example.net
            CustomOriginConfig: { OriginProtocolPolicy: https-only }
          - Id: api
            DomainName: !Sub "${Api}.execute-api.us-east-1.amazonaws.com"
            OriginPath: /prod
            CustomOriginConfig: { OriginProtocolPolicy: https-only }
        DefaultCacheBehavior:
          TargetOriginId: files
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
        CacheBehaviors:
          - PathPattern: /v1/*
            TargetOriginId: api
            ViewerProtocolPolicy: https-only
            AllowedMethods: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]
            CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
            OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac
"#,
    good: &[("Types: [EDGE]", "Types: [REGIONAL]")],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    for origin in site.each("DistributionConfig.Origins") {
        let Some(domain) = origin.key("DomainName") else { continue };
        for api in super::apis(&domain).into_iter().filter(|api| api.kind() == "AWS::ApiGateway::RestApi") {
            if let Some(edge) = api.each("EndpointConfiguration.Types").find(|kind| kind.is("EDGE")) {
                cx.report(
                    edge.finding(format!("`{}` has a distribution of its own", api.id()), "edge-optimized")
                        .also(domain.at(), "behind this distribution")
                        .help("write `REGIONAL`"),
                );
            }
        }
    }
}
