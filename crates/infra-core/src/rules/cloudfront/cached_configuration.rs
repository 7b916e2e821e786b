//! `cloudfront/cached-configuration`: configuration is read anew.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/cached-configuration",
    code: "CF-006",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "run-time configuration is cached like an asset",
    why: "the file says where the API is so that it can change without a build; cached for a day, browsers \
          keep calling the old place",
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
        DefaultCacheBehavior:
          TargetOriginId: files
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
        CacheBehaviors:
          - PathPattern: /config.json
            TargetOriginId: files
            ViewerProtocolPolicy: https-only
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
    for behaviour in site.each("DistributionConfig.CacheBehaviors") {
        let Some(pattern) = behaviour.key("PathPattern") else { continue };
        let names =
            |text: &str| matches!(text.trim_start_matches('/'), "config.json" | "env.json" | "config.js" | "env.js");
        let Some(text) = pattern.text().filter(|text| names(text)) else { continue };
        if let Some(policy) = behaviour.key("CachePolicyId").filter(|policy| policy.is_one_of(super::CACHING)) {
            cx.report(
                policy
                    .finding(format!("`{text}` stays as it is for up to a day"), "cached like an asset")
                    .also(pattern.at(), "read at start")
                    .help(format!("use CachingDisabled, `{}`", super::CACHING_DISABLED))
                    .fix(policy.replace(super::CACHING_DISABLED)),
            );
        }
    }
}
