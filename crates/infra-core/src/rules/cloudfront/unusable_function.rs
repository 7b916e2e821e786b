//! `cloudfront/unusable-function`: a function is fit for its place.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/unusable-function",
    code: "CF-009",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "function cannot be used where it is named",
    why: "a CloudFront function must be published, has at most 10 KB, runs on the viewer's side only, and \
          reads a key value store only with cloudfront-js-2.0",
    error: Some("InvalidFunctionAssociation"),
    sources: &[
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-function-restrictions.html",
        "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: site.yaml region=us-east-1
Resources:
  RequestId:
    Type: AWS::CloudFront::Function
    Properties:
      Name: request-id
      AutoPublish: false
#                  ^
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
        DefaultCacheBehavior:
          TargetOriginId: files
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
          FunctionAssociations: [{ EventType: viewer-request, FunctionARN: !GetAtt RequestId.FunctionARN }]
"#,
    good: &[("AutoPublish: false", "AutoPublish: true")],
    check: Check::Resources(&["AWS::CloudFront::Function"], check),
};

/// Most bytes of a function's code.
///
/// Unit: bytes. Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html> (read
/// 2026-11-23).
const MAX_BYTES: usize = 10_240;

fn check(cx: &mut Cx<'_>, function: Resource<'_>) {
    if let Some(code) = function.get("FunctionCode")
        && let Some(bytes) = code.text().map(|text| text.len()).filter(|bytes| *bytes > MAX_BYTES)
    {
        cx.report(
            code.finding(format!("the function has {bytes} bytes of 10,240"), "too long")
                .help("make it shorter, or use Lambda@Edge"),
        );
    }
    let stores = function.get("FunctionConfig.KeyValueStoreAssociations");
    let runtime = function.get("FunctionConfig.Runtime").filter(|runtime| runtime.is("cloudfront-js-1.0"));
    if let (Some(stores), Some(runtime)) = (stores, runtime) {
        cx.report(
            runtime
                .finding("this runtime has no key value stores", "the first runtime")
                .also(stores.at(), "reads a store")
                .help("write `cloudfront-js-2.0`")
                .fix(runtime.replace("cloudfront-js-2.0")),
        );
    }
    let Some(user) = function.referrers_of("AWS::CloudFront::Distribution").next() else { return };
    if function.bool_or("AutoPublish", false) == Some(false) {
        let place = function.get("AutoPublish").unwrap_or_else(|| function.properties());
        cx.report(
            place
                .finding(format!("function `{}` is not published", function.id()), "stays in development")
                .also(user.at(), "uses it")
                .help("set `AutoPublish: true`"),
        );
    }
    for association in super::behaviours(&user).iter().flat_map(|behaviour| behaviour.each("FunctionAssociations")) {
        let ours = association.key("FunctionARN").and_then(|arn| arn.resource()) == Some(function);
        let origin = association.key("EventType").filter(|it| it.is_one_of(&["origin-request", "origin-response"]));
        if let Some(event) = origin.filter(|_| ours) {
            cx.report(
                event
                    .finding("a CloudFront function runs on the viewer's side only", "an event of the origin's side")
                    .help("write `viewer-request` or `viewer-response`, or use Lambda@Edge"),
            );
        }
    }
}
