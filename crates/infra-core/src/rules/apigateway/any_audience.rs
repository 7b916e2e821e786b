//! `apigateway/any-audience`: an authorizer takes tokens that are meant for it.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/any-audience",
    code: "APIGW-040",
    severity: Severity::Warning,
    phase: Phase::Security,
    title: "authorizer takes tokens that are meant for others",
    why: "without an audience every token of the issuer is good, also one that another application got for its own users",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
  Users:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: users
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: { Issuer: https://login.example.com }
#     ^
",
    good: &[("{ Issuer: https://login.example.com }", "{ Issuer: https://login.example.com, Audience: [shop] }")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Authorizer"], check),
};

fn check(cx: &mut Cx<'_>, authorizer: Resource<'_>) {
    let is_jwt = authorizer.get("AuthorizerType").is_some_and(|kind| kind.is("JWT"));
    let Some(jwt) = authorizer.get("JwtConfiguration").filter(|_| is_jwt) else { return };
    if jwt.each("Audience").next().is_some() {
        return;
    }
    cx.report(
        jwt.finding(format!("authorizer `{}` names no audience", authorizer.id()), "any audience will do")
            .help("add `Audience` with the ids of the clients whose tokens are meant for this API"),
    );
}
