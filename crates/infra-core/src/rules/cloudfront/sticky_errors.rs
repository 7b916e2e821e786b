//! `cloudfront/sticky-errors`: errors are forgotten at once.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/sticky-errors",
    code: "CF-021",
    severity: Severity::Advice,
    phase: Phase::Runtime,
    title: "errors of the API stay at the edge",
    why: "CloudFront keeps an error for ten seconds for everyone who asks for the same, also when the API has \
          recovered",
    error: None,
    sources: &["https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: site.yaml region=us-east-1
Resources:
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
            DomainName: a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com
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
        CustomErrorResponses:
          - ErrorCode: 503
            ErrorCachingMinTTL: 60
#                               ^
"#,
    good: &[("ErrorCachingMinTTL: 60", "ErrorCachingMinTTL: 0")],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    let Some(behaviour) = super::api_behaviours(&site).into_iter().next() else { return };
    for response in site.each("DistributionConfig.CustomErrorResponses") {
        let server =
            response.key("ErrorCode").and_then(|code| code.int()).is_some_and(|code| (500..600).contains(&code));
        let Some(kept) = response.key("ErrorCachingMinTTL").filter(|_| server) else { continue };
        if kept.int().is_some_and(|seconds| seconds > 10) {
            cx.report(
                kept.finding("a recovered API stays down at the edge", "kept this long")
                    .also(behaviour.at(), "the API answers here")
                    .help("write 0 or 1")
                    .fix(kept.replace("0")),
            );
        }
    }
}
