//! `apigateway/unissued-scope`: a route asks for scopes that clients get.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/unissued-scope",
    code: "APIGW-015",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "route asks for a scope that no client can get",
    why: "scopes stand in access tokens, and a client gets those only that `AllowedOAuthScopes` lists: a route \
          that asks for another answers 403 to everybody",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html",
        "https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html",
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
    Properties:
      UserPoolId: !Ref Pool
      AllowedOAuthFlowsUserPoolClient: true
      AllowedOAuthFlows: [code]
      AllowedOAuthScopes: [openid]
      CallbackURLs: ["https://www.example.com/callback"]
      SupportedIdentityProviders: [COGNITO]
  Users:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: users
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: { Issuer: !GetAtt Pool.ProviderURL, Audience: [!Ref Web] }
  ListOrders:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: GET /orders
      AuthorizationType: JWT
      AuthorizerId: !Ref Users
      AuthorizationScopes: [shop/orders.read]
#     ^
"#,
    good: &[("[openid]", "[openid, shop/orders.read]")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Route"], check),
};

/// The scope that a client gets which signs in without OAuth.
const SIGN_IN: &str = "aws.cognito.signin.user.admin";

fn check(cx: &mut Cx<'_>, route: Resource<'_>) {
    let Some(asked) = route.get("AuthorizationScopes").filter(Prop::is_known) else { return };
    let authorizer = route.get("AuthorizerId").and_then(|it| it.resource_of("AWS::ApiGatewayV2::Authorizer"));
    let audience = authorizer.and_then(|authorizer| authorizer.get("JwtConfiguration.Audience"));
    let clients: Option<Vec<Resource<'_>>> = audience.and_then(|audience| {
        audience.items().map(|client| client.resource_of("AWS::Cognito::UserPoolClient")).collect()
    });
    let Some(clients) = clients.filter(|clients| !clients.is_empty() && asked.items().next().is_some()) else { return };
    let gets = |client: &Resource<'_>, scope: &str| {
        let mut listed = client.each("AllowedOAuthScopes");
        scope == SIGN_IN || listed.any(|it| it.text().is_none_or(|it| it == scope))
    };
    if asked.items().filter_map(|it| it.text()).any(|scope| clients.iter().any(|client| gets(client, &scope))) {
        return;
    }
    let Some(client) = clients.first() else { return };
    cx.report(
        asked
            .finding(format!("no client can call route `{}`", route.id()), "no client gets any of these scopes")
            .also(client.nearest("AllowedOAuthScopes").at(), "the scopes of the client")
            .help("add one of the scopes to `AllowedOAuthScopes` of the client, and let it call with the access token"),
    );
}
