//! `cloudfront/impatient-edge`: the edge waits longest.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/impatient-edge",
    code: "CF-016",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "edge gives up before the API does",
    why: "when CloudFront stops waiting, the viewer gets a 504 and tries again while the API still works on \
          the first request",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html#DownloadDistValuesOriginResponseTimeout",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: site.yaml region=us-east-1
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: shop, ProtocolType: HTTP }
  ToOrders:
    Type: AWS::ApiGatewayV2::Integration
    Properties: { ApiId: !Ref Api, IntegrationType: HTTP_PROXY, IntegrationMethod: ANY, IntegrationUri: "https://orders.example.net", PayloadFormatVersion: "1.0", TimeoutInMillis: 10000 }
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
            DomainName: !Sub "${Api}.execute-api.eu-west-1.amazonaws.com"
            CustomOriginConfig: { OriginProtocolPolicy: https-only, OriginReadTimeout: 5 }
#                                                                                      ^
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
    good: &[("OriginReadTimeout: 5", "OriginReadTimeout: 11")],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

/// How long CloudFront waits for an origin where nothing is written.
///
/// Unit: seconds. Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html>
/// (read 2026-11-23).
const DEFAULT_READ: i64 = 30;

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    for origin in site.each("DistributionConfig.Origins") {
        let Some(config) = origin.key("CustomOriginConfig") else { continue };
        let written = config.key("OriginReadTimeout");
        let Some(seconds) = written.map_or(Some(DEFAULT_READ), |it| it.int()) else { continue };
        let apis = origin.key("DomainName").into_iter().flat_map(|domain| super::apis(&domain));
        for api in apis {
            let waits = api.referrers_of("AWS::ApiGatewayV2::Integration").filter_map(|it| it.get("TimeoutInMillis"));
            let methods =
                api.referrers_of("AWS::ApiGateway::Method").filter_map(|it| it.get("Integration.TimeoutInMillis"));
            let longest = waits.chain(methods).filter_map(|it| Some((it.int()?, it))).max_by_key(|(millis, _)| *millis);
            let Some((millis, longer)) = longest.filter(|(millis, _)| *millis > seconds.saturating_mul(1000)) else {
                continue;
            };
            cx.report(
                written
                    .unwrap_or(config)
                    .finding(format!("CloudFront waits {seconds} s, the API {millis} ms"), "gives up first")
                    .also(longer.at(), "still waits")
                    .help(format!("set `OriginReadTimeout` to {} or more", millis / 1000 + 1)),
            );
        }
    }
}
