//! `cloudfront/forwarded-host`: origins that choose by host get their own.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/forwarded-host",
    code: "CF-002",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "viewer's host name is forwarded to an origin that needs its own",
    why: "API Gateway, function URLs and S3 choose what to serve by the host name; with the viewer's they know \
          nobody of that name",
    error: Some("{\"message\":\"Forbidden\"}"),
    sources: &[
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html",
    ],
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
            OriginRequestPolicyId: 216adef6-5c7f-47e4-b989-5492eafa07d3
#                                  ^
"#,
    good: &[("216adef6-5c7f-47e4-b989-5492eafa07d3", "b689b0a8-53d0-40ab-baf2-68738e2966ac")],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

/// Managed policies that send the viewer's `Host`.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html>
/// (read 2026-11-23).
const WITH_HOST: &[&str] = &["216adef6-5c7f-47e4-b989-5492eafa07d3", "33f36d7e-f396-46d9-90e0-52428a34d9dc"];

/// The managed policy that sends everything but the host.
const WITHOUT_HOST: &str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    for behaviour in super::behaviours(&site) {
        let Some(policy) = behaviour.key("OriginRequestPolicyId").filter(|it| it.is_one_of(WITH_HOST)) else {
            continue;
        };
        let Some(domain) = super::origin(&site, &behaviour).and_then(|origin| origin.key("DomainName")) else {
            continue;
        };
        if super::needs_own_host(&domain) {
            cx.report(
                policy
                    .finding("this origin gets a host name that it does not know", "forwards `Host`")
                    .also(domain.at(), "chooses by its own host name")
                    .help(format!("use AllViewerExceptHostHeader, `{WITHOUT_HOST}`"))
                    .fix(policy.replace(WITHOUT_HOST)),
            );
        }
    }
}
