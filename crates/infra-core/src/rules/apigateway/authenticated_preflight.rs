//! `apigateway/authenticated-preflight`: preflights need no credentials.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/authenticated-preflight",
    code: "APIGW-013",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "browsers have to sign in before they may ask",
    why: "the request that a browser asks first with carries neither token nor key, so an OPTIONS method that \
          wants one refuses it and no call follows",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html",
        "https://fetch.spec.whatwg.org/#cors-protocol-and-credentials",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
  Pool: { Type: AWS::Cognito::UserPool }
  Web:
    Type: AWS::Cognito::UserPoolClient
    Properties: { UserPoolId: !Ref Pool }
  Users:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: users
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: { Issuer: !GetAtt Pool.ProviderURL, Audience: [!Ref Web] }
  Preflight:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: "OPTIONS /{proxy+}", AuthorizationType: JWT, AuthorizerId: !Ref Users }
#                                                                                    ^
"#,
    good: &[("AuthorizationType: JWT, AuthorizerId: !Ref Users", "AuthorizationType: NONE")],
    check: Check::Resources(&["AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Route"], check),
};

fn check(cx: &mut Cx<'_>, method: Resource<'_>) {
    let is_options = match method.kind() {
        "AWS::ApiGateway::Method" => method.get("HttpMethod").is_some_and(|it| it.is("OPTIONS")),
        _ => method.get("RouteKey").and_then(|it| it.text()).is_some_and(|it| it.starts_with("OPTIONS ")),
    };
    if !is_options {
        return;
    }
    let asked = method.get("AuthorizationType").filter(|kind| kind.text().is_some_and(|kind| kind != "NONE"));
    let Some(asked) = asked.or_else(|| method.get("ApiKeyRequired").filter(|it| it.bool() == Some(true))) else {
        return;
    };
    cx.report(
        asked
            .finding(
                format!("`{}` refuses the preflight of browsers", method.id()),
                "a preflight carries no credentials",
            )
            .help("write `AuthorizationType: NONE` and leave `ApiKeyRequired` out for OPTIONS"),
    );
}
