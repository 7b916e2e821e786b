//! `apigateway/appended-request-id`: an id is one value.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/appended-request-id",
    code: "APIGW-002",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "request id is appended to the one that is there",
    why: "a header that exists and is appended to has both values, joined by a comma: nobody finds a request \
          by such an id",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Link: { Type: String }
  Listener: { Type: String }
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
  ToOrders:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: ANY
      IntegrationUri: !Ref Listener
      ConnectionType: VPC_LINK
      ConnectionId: !Ref Link
      PayloadFormatVersion: "1.0"
      RequestParameters:
        "append:header.X-Request-ID": $context.requestId
#                                     ^
"#,
    good: &[("append:", "overwrite:")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Integration"], check),
};

/// Headers that have one value.
const SINGLE: &[&str] = &["x-request-id", "x-correlation-id", "traceparent", "idempotency-key"];

fn check(cx: &mut Cx<'_>, integration: Resource<'_>) {
    for (key, value) in integration.get("RequestParameters").into_iter().flat_map(|it| it.entries()) {
        let Some(header) = key.strip_prefix("append:header.") else { continue };
        if !SINGLE.contains(&header.to_ascii_lowercase().as_str()) {
            continue;
        }
        cx.report(
            value
                .finding(format!("`{header}` gets a second value"), "joined to the one of the caller with a comma")
                .help(format!("write `overwrite:header.{header}`, or leave the mapping out and trust the caller's")),
        );
    }
}
