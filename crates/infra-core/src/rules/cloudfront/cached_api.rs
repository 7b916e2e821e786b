//! `cloudfront/cached-api`: the API is not cached.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/cached-api",
    code: "CF-003",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "answers of the API are cached for everyone",
    why: "CachingOptimized keeps neither `Authorization` nor query strings in the key: the API never sees the \
          token, and what one user got is served to the next",
    error: None,
    sources: &["https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html"],
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
            CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
#                          ^
"#,
    good: &[(
        "            CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6",
        "            CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    )],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    for behaviour in super::api_behaviours(&site) {
        let Some(policy) = behaviour.key("CachePolicyId").filter(|policy| policy.is_one_of(super::CACHING)) else {
            continue;
        };
        cx.report(
            policy
                .finding("answers of this API are shared between users", "CachingOptimized")
                .help(format!("use CachingDisabled, `{}`", super::CACHING_DISABLED))
                .fix(policy.replace(super::CACHING_DISABLED)),
        );
    }
}
