//! `apigateway/reserved-header`: headers of API Gateway are left alone.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/reserved-header",
    code: "APIGW-022",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "mapping sets a header that API Gateway keeps for itself",
    why: "some headers belong to API Gateway and to the connection and cannot be mapped, among them all that \
          start with `x-amz-`, `x-amzn-` and `access-control-`",
    error: Some("Invalid mapping expression"),
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
        "overwrite:header.X-Amzn-Trace-Id": $context.requestId
#                                           ^
"#,
    good: &[("X-Amzn-Trace-Id", "X-Request-Id")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Integration"], check),
};

/// Headers that cannot be mapped.
const NAMES: &[&str] = &[
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-location",
    "forwarded",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "via",
];

/// What the names of other such headers start with.
const PREFIXES: &[&str] = &["access-control-", "apigw-", "x-amz-", "x-amzn-"];

fn check(cx: &mut Cx<'_>, integration: Resource<'_>) {
    for (key, value) in integration.get("RequestParameters").into_iter().flat_map(|it| it.entries()) {
        let Some((verb, header)) = key.split_once(":header.") else { continue };
        let lower = header.to_ascii_lowercase();
        let reserved = NAMES.contains(&lower.as_str()) || PREFIXES.iter().any(|prefix| lower.starts_with(prefix));
        if !matches!(verb, "append" | "overwrite" | "remove") || !reserved {
            continue;
        }
        cx.report(
            value
                .finding(format!("header `{header}` cannot be mapped"), "API Gateway keeps it for itself")
                .help("use a header of your own, such as `traceparent` or `X-Request-ID`"),
        );
    }
}
