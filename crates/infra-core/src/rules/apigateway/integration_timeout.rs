//! `apigateway/integration-timeout`: an integration waits no longer than API Gateway can.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/integration-timeout",
    code: "APIGW-018",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "integration waits longer than API Gateway can",
    why: "API Gateway waits for at least 50 ms and at most 30 s in HTTP APIs and 29 s in WebSocket and \
          edge-optimized REST APIs; what takes longer has to be answered later",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html",
        "https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html",
    ],
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
      TimeoutInMillis: 60000
#                      ^
"#,
    good: &[("60000", "29000")],
    check: Check::Resources(&["AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Integration"], check),
};

/// Shortest time-out. Unit: milliseconds.
const SHORTEST: i64 = 50;

fn check(cx: &mut Cx<'_>, caller: Resource<'_>) {
    let path = match caller.kind() {
        "AWS::ApiGateway::Method" => "Integration.TimeoutInMillis",
        _ => "TimeoutInMillis",
    };
    let Some(timeout) = caller.get(path) else { return };
    let (Some(millis), Some(longest)) = (timeout.int(), super::api(&caller).and_then(|api| longest(&api))) else {
        return;
    };
    if (SHORTEST..=longest).contains(&millis) {
        return;
    }
    cx.report(
        timeout
            .finding(
                format!("`{}` waits {millis} ms, API Gateway at most {longest} ms", caller.id()),
                format!("{millis} ms"),
            )
            .help(format!("write {SHORTEST} to {longest}; hand longer work to a queue and answer 202")),
    );
}

/// Returns the longest time-out in milliseconds; none where it depends on a quota of the account.
fn longest(api: &Resource<'_>) -> Option<i64> {
    if api.kind() == "AWS::ApiGateway::RestApi" {
        let mut types = api.each("EndpointConfiguration.Types");
        return types.any(|kind| kind.is("EDGE")).then_some(29_000);
    }
    match api.get("ProtocolType")?.text()?.as_ref() {
        "HTTP" => Some(30_000),
        "WEBSOCKET" => Some(29_000),
        _ => None,
    }
}
