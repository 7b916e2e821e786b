//! `cloudfront/overwritten-authorization`: the viewer's token reaches the function.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/overwritten-authorization",
    code: "CF-020",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "signature replaces the viewer's token",
    why: "with `SigningBehavior: always` CloudFront writes its signature into `Authorization`, where the \
          viewer's token was",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-lambda.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: site.yaml region=us-east-1
Resources:
  Access:
    Type: AWS::CloudFront::OriginAccessControl
    Properties:
      OriginAccessControlConfig:
        Name: fallback
        OriginAccessControlOriginType: lambda
        SigningBehavior: always
#                        ^
        SigningProtocol: sigv4
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
            DomainName: abcdefghijklmnop.lambda-url.eu-west-1.on.aws
            OriginAccessControlId: !GetAtt Access.Id
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
    good: &[("SigningBehavior: always", "SigningBehavior: no-override")],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

/// Managed policies that send the viewer's `Authorization` on.
const WITH_TOKEN: &[&str] = &["216adef6-5c7f-47e4-b989-5492eafa07d3", "b689b0a8-53d0-40ab-baf2-68738e2966ac"];

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    for behaviour in super::behaviours(&site) {
        let Some(policy) = behaviour.key("OriginRequestPolicyId").filter(|it| it.is_one_of(WITH_TOKEN)) else {
            continue;
        };
        let Some(origin) = super::origin(&site, &behaviour) else { continue };
        let control =
            origin.key("OriginAccessControlId").and_then(|id| id.resource_of("AWS::CloudFront::OriginAccessControl"));
        let Some(control) = control.and_then(|control| control.get("OriginAccessControlConfig")) else { continue };
        let lambda = control.key("OriginAccessControlOriginType").is_some_and(|kind| kind.is("lambda"));
        if let Some(signing) = control.key("SigningBehavior").filter(|signing| lambda && signing.is("always")) {
            cx.report(
                signing
                    .finding("the function never sees the viewer's token", "overwrites `Authorization`")
                    .also(policy.at(), "would send it on")
                    .help("write `no-override`, or send the token in a header of its own"),
            );
        }
    }
}
