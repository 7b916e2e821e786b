//! `apigateway/cors-gap`: browsers may send what the routes expect.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/cors-gap",
    code: "APIGW-004",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "browser may not send what the API asks for",
    why: "a browser asks first and obeys: a method that is not listed is not sent, and the header with the \
          token is never covered by `*`; curl notices nothing",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html",
        "https://fetch.spec.whatwg.org/#http-access-control-allow-headers",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: shop
      ProtocolType: HTTP
      CorsConfiguration:
        AllowOrigins: ["https://www.example.com"]
        AllowMethods: [GET, POST]
        AllowHeaders: [content-type]
#       ^
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
  ListOrders:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: GET /orders, AuthorizationType: JWT, AuthorizerId: !Ref Users }
"#,
    good: &[("[content-type]", "[content-type, authorization]")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Api"], check),
};

fn check(cx: &mut Cx<'_>, api: Resource<'_>) {
    let Some(cors) = api.get("CorsConfiguration") else { return };
    let methods = cors.get("AllowMethods").filter(Prop::is_known);
    let headers = cors.get("AllowHeaders").filter(Prop::is_known);
    let mut token_seen = false;
    for route in api.referrers_of("AWS::ApiGatewayV2::Route") {
        if let Some(methods) = methods {
            check_method(cx, &route, &methods);
        }
        if let Some(headers) = headers.filter(|_| !token_seen) {
            token_seen = check_token(cx, &route, &headers);
        }
    }
}

fn check_method(cx: &mut Cx<'_>, route: &Resource<'_>, methods: &Prop<'_>) {
    // A route without a user's token may be for machines, which ask nobody.
    let for_users = route.get("AuthorizationType").is_some_and(|kind| kind.is("JWT"));
    let Some(key) = route.get("RouteKey").filter(|_| for_users) else { return };
    let Some(text) = key.text() else { return };
    let Some((method, _)) =
        text.split_once(' ').filter(|(method, _)| !matches!(*method, "ANY" | "OPTIONS" | "GET" | "HEAD"))
    else {
        return;
    };
    if methods.items().any(|allowed| allowed.is("*") || allowed.is(method)) {
        return;
    }
    cx.report(
        methods
            .finding(format!("browsers may not send {method}, route `{text}` expects it"), format!("no `{method}`"))
            .also(key.at(), "the route")
            .help(format!("add `{method}` to `AllowMethods`")),
    );
}

/// Reports a token header that is not allowed; returns whether the question is settled.
fn check_token(cx: &mut Cx<'_>, route: &Resource<'_>, headers: &Prop<'_>) -> bool {
    let authorizer = route.get("AuthorizerId").and_then(|it| it.resource_of("AWS::ApiGatewayV2::Authorizer"));
    let Some(authorizer) = authorizer.filter(|_| route.get("AuthorizationType").is_some_and(|it| it.is("JWT"))) else {
        return false;
    };
    let Some(source) = authorizer
        .each("IdentitySource")
        .find(|it| it.text().is_some_and(|text| text.eq_ignore_ascii_case("$request.header.Authorization")))
    else {
        return false;
    };
    if !headers.items().any(|it| it.text().is_some_and(|it| it.eq_ignore_ascii_case("authorization"))) {
        cx.report(
            headers
                .finding("browsers may not send the token: `authorization` is not allowed", "no `authorization`")
                .also(source.at(), "the authorizer reads it")
                .help("add `authorization` to `AllowHeaders`"),
        );
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn a_method_of_a_route_must_be_listed() {
        let changed = super::RULE.good_example().replace("RouteKey: GET /orders", "RouteKey: PUT /orders");
        assert_eq!(of_rule(&super::RULE, &changed).len(), 1);
        assert!(of_rule(&super::RULE, &changed.replace("[GET, POST]", "[\"*\"]")).is_empty());
    }
}
