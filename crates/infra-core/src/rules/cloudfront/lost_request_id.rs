//! `cloudfront/lost-request-id`: what the edge sets reaches the origin.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/lost-request-id",
    code: "CF-008",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "header that a function sets does not reach the origin",
    why: "a function on the viewer's request changes the request that CloudFront sees; the origin gets the \
          header only if a cache or origin request policy includes it",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/controlling-origin-requests.html",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: site.yaml region=us-east-1
Resources:
  RequestId:
    Type: AWS::CloudFront::Function
    Properties:
      Name: request-id
      AutoPublish: true
      FunctionConfig: { Comment: request id, Runtime: cloudfront-js-2.0 }
      FunctionCode: |
        function handler(event) {
          event.request.headers['x-request-id'] = { value: event.context.requestId };
          return event.request;
        }
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
            FunctionAssociations: [{ EventType: viewer-request, FunctionARN: !GetAtt RequestId.FunctionARN }]
#                                                                            ^
"#,
    good: &[(
        r#"            CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
"#,
        r#"            CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
            OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac
"#,
    )],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    for behaviour in super::api_behaviours(&site) {
        // Which headers another policy sends is its own matter; without one, and without caching, none is sent.
        let plain = behaviour.key("CachePolicyId").is_some_and(|policy| policy.is(super::CACHING_DISABLED));
        if !plain || behaviour.key("OriginRequestPolicyId").is_some() {
            continue;
        }
        for association in behaviour.each("FunctionAssociations") {
            let viewer = association.key("EventType").is_some_and(|event| event.is("viewer-request"));
            let Some(named) = association.key("FunctionARN").filter(|_| viewer) else { continue };
            let Some(function) = named.resource_of("AWS::CloudFront::Function") else { continue };
            let Some(code) = function.get("FunctionCode") else { continue };
            if code.pattern().to_ascii_lowercase().contains("headers['x-request-id'] =") {
                cx.report(
                    named
                        .finding("`x-request-id` does not reach the API", "sets the header")
                        .also(behaviour.at(), "sends no headers of the viewer on")
                        .help("set `OriginRequestPolicyId` to AllViewerExceptHostHeader, `b689b0a8-53d0-40ab-baf2-68738e2966ac`"),
                );
            }
        }
    }
}
