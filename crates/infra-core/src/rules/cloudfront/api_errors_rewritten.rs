//! `cloudfront/api-errors-rewritten`: the API's answers stay its own.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/api-errors-rewritten",
    code: "CF-001",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "error pages of the application replace the answers of the API",
    why: "custom error responses belong to the whole distribution: a 403 or 404 of the API becomes a 200 with \
          the application's page, and clients, sign-in and monitors take it for success",
    error: None,
    sources: &["https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html"],
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
          - ErrorCode: 404
            ResponseCode: 200
#                         ^
            ResponsePagePath: /index.html
            ErrorCachingMinTTL: 0
"#,
    good: &[
        (
            r#"TargetOriginId: api
"#,
            r#"TargetOriginId: files
"#,
        ),
        (
            r#"          - Id: api
            DomainName: a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com
            CustomOriginConfig: { OriginProtocolPolicy: https-only }
"#,
            "",
        ),
    ],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    let Some(behaviour) = super::api_behaviours(&site).into_iter().next() else { return };
    for response in site.each("DistributionConfig.CustomErrorResponses") {
        let Some(code) = response.key("ErrorCode").filter(|code| matches!(code.int(), Some(403 | 404))) else {
            continue;
        };
        let Some(sent) = response.key("ResponseCode").filter(|sent| sent.int() == Some(200)) else { continue };
        let title = format!("every {} of the API is answered with 200", code.text().unwrap_or_default());
        cx.report(sent.finding(title, "for every behaviour").also(behaviour.at(), "the API answers here").help(
            "let a CloudFront function rewrite the application's paths on the default behaviour, and remove this entry",
        ));
    }
}
