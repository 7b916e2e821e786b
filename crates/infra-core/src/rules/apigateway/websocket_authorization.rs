//! `apigateway/websocket-authorization`: WebSocket APIs decide when the connection is made.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/websocket-authorization",
    code: "APIGW-027",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "WebSocket route that asks for authorization too late",
    why: "a WebSocket API decides once, when the connection is made: only `$connect` can have an authorizer, \
          and no JWT authorizer",
    error: Some("Currently, authorization is restricted to the $connect route only"),
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-control-access.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: live, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action }
  Send:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: send, AuthorizationType: AWS_IAM }
#                                                                     ^
",
    good: &[("RouteKey: send", "RouteKey: $connect")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Route"], check),
};

fn check(cx: &mut Cx<'_>, route: Resource<'_>) {
    let socket = super::api(&route).and_then(|api| api.get("ProtocolType")).is_some_and(|it| it.is("WEBSOCKET"));
    let Some(asked) = route.get("AuthorizationType").filter(|_| socket) else { return };
    let (Some(kind), Some(key)) = (asked.text(), route.get("RouteKey").and_then(|key| key.text())) else { return };
    let problem = match (kind.as_ref(), key.as_ref()) {
        ("JWT", _) => "WebSocket APIs have no JWT authorizer",
        ("NONE", _) | (_, "$connect") => return,
        (_, _) => "only `$connect` can ask",
    };
    cx.report(
        asked.finding(format!("route `{key}` of a WebSocket API cannot have authorization {kind}"), problem).help(
            "set `AuthorizationType: CUSTOM` with a Lambda authorizer on the route `$connect`, and none elsewhere",
        ),
    );
}
