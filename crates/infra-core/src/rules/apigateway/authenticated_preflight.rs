//! `apigateway/authenticated-preflight`: preflights need no credentials.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/authenticated-preflight",
    code: "APIGW-013",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "browsers have to sign in before they may ask",
    why: "the request that a browser asks first with carries neither token nor key, so a method or route that takes \
          OPTIONS and wants one refuses it and no call follows; `$default` and `ANY` routes of an HTTP API take it too, \
          whatever its CORS settings say",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html",
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
    let key = method.get("RouteKey").and_then(|key| key.text());
    let is_options = match &key {
        Some(key) => key.starts_with("OPTIONS "),
        None => method.get("HttpMethod").is_some_and(|it| it.is("OPTIONS")),
    };
    if is_options {
        options(cx, &method);
    } else if let Some(key) = key {
        catch_all(cx, &method, &key);
    }
}

fn options(cx: &mut Cx<'_>, method: &Resource<'_>) {
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

/// A route for any method of an API that browsers may call, where no route for OPTIONS stands before it.
fn catch_all(cx: &mut Cx<'_>, route: &Resource<'_>, key: &str) {
    let Some(path) = (if key == "$default" { Some("/{proxy+}") } else { key.strip_prefix("ANY ") }) else { return };
    let Some(api) = super::api(route).filter(super::is_http) else { return };
    let Some(origins) = api.get("CorsConfiguration.AllowOrigins") else { return };
    // Routes that a specification brings are not seen.
    if api.has("Body") || api.has("BodyS3Location") {
        return;
    }
    let Some(asked) = route.get("AuthorizationType").filter(|kind| reads_a_header(route, kind)) else { return };
    let is_spared = api.referrers_of("AWS::ApiGatewayV2::Route").any(|other| {
        let Some(other) = other.get("RouteKey").and_then(|key| key.text()) else { return true };
        other.strip_prefix("OPTIONS ").is_some_and(|other| key == "$default" || takes(other, path))
    });
    if is_spared {
        return;
    }
    cx.report(
        asked
            .finding(
                format!("route `{key}` refuses the preflight of browsers"),
                "a preflight carries no credentials, and this route takes it",
            )
            .also(origins.at(), "browsers are to call")
            .help(format!("add a route `OPTIONS {path}` with the same target and `AuthorizationType: NONE`")),
    );
}

/// Whether what is asked for travels in a header, which a browser always asks about first and never sends with that.
fn reads_a_header(route: &Resource<'_>, kind: &Prop<'_>) -> bool {
    if kind.is("AWS_IAM") {
        return true;
    }
    let authorizer = route.get("AuthorizerId").and_then(|it| it.resource_of("AWS::ApiGatewayV2::Authorizer"));
    let sources = authorizer.into_iter().flat_map(|authorizer| authorizer.each("IdentitySource"));
    let is_header = |source: &str| {
        let header = source.strip_prefix("$request.header.");
        header.is_some_and(|header| !header.eq_ignore_ascii_case("cookie"))
    };
    kind.is_one_of(&["JWT", "CUSTOM"]) && sources.into_iter().any(|it| it.text().is_some_and(|it| is_header(&it)))
}

/// Whether a route takes what another one takes: variables stand for any segment, greedy ones for all that follow.
fn takes(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    for part in pattern.split('/') {
        let Some(segment) = segments.next() else { return false };
        if part.ends_with("+}") {
            return true;
        }
        if part != segment && !part.starts_with('{') {
            return false;
        }
    }
    segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    const CATCH_ALL: &str = r#"
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: shop
      ProtocolType: HTTP
      CorsConfiguration:
        AllowOrigins: ["https://www.example.com"]
        AllowMethods: ["*"]
        AllowHeaders: [authorization]
  Users:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: users
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: { Issuer: https://issuer.example.com, Audience: [shop] }
  All:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: KEY, AuthorizationType: JWT, AuthorizerId: !Ref Users }
"#;

    fn found(key: &str, more: &str) -> usize {
        of_rule(&super::RULE, &format!("{}{more}", CATCH_ALL.replace("KEY", key))).len()
    }

    fn route(key: &str) -> String {
        format!("  More:\n    Type: AWS::ApiGatewayV2::Route\n    Properties: {{ ApiId: !Ref Api, RouteKey: {key} }}\n")
    }

    #[test]
    fn a_route_for_any_method_takes_preflights() {
        for key in ["$default", "\"ANY /{proxy+}\"", "ANY /orders", "\"ANY /orders/{id}\""] {
            assert_eq!(found(key, ""), 1, "{key}");
        }
        assert_eq!(found("GET /orders", ""), 0);
    }

    #[test]
    fn whoever_reads_a_header_refuses_them() {
        let template = CATCH_ALL.replace("KEY", "$default");
        let with = |old: &str, new: &str| of_rule(&super::RULE, &template.replace(old, new)).len();
        assert_eq!(with("AuthorizationType: JWT, AuthorizerId: !Ref Users", "AuthorizationType: AWS_IAM"), 1);
        assert_eq!(with("AuthorizationType: JWT", "AuthorizationType: CUSTOM"), 1);
        assert_eq!(with("AuthorizationType: JWT, AuthorizerId: !Ref Users", "AuthorizationType: NONE"), 0);
        // The address of a preflight has the query, and cookies come without a preflight.
        assert_eq!(with("$request.header.Authorization", "$request.querystring.token"), 0);
        let cookies = template.replace("$request.header.Authorization", "$request.header.Cookie");
        assert_eq!(
            of_rule(&super::RULE, &cookies.replace("AuthorizationType: JWT", "AuthorizationType: CUSTOM")).len(),
            0
        );
    }

    #[test]
    fn a_route_for_options_takes_them_first() {
        assert_eq!(found("$default", &route("\"OPTIONS /{all+}\"")), 0);
        assert_eq!(found("\"ANY /orders/{id}\"", &route("\"OPTIONS /orders/{order}\"")), 0);
        assert_eq!(found("ANY /orders", &route("\"OPTIONS /{all+}\"")), 0);
        assert_eq!(found("ANY /orders", &route("OPTIONS /other")), 1);
        assert_eq!(found("ANY /orders", &route("GET /orders")), 1);
    }

    #[test]
    fn who_lets_no_browser_in_needs_no_preflight() {
        let template = CATCH_ALL.replace("KEY", "$default");
        let (before, rest) = template.split_once("      CorsConfiguration:").unwrap();
        let (_, after) = rest.split_once("  Users:").unwrap();
        assert_eq!(of_rule(&super::RULE, &format!("{before}  Users:{after}")).len(), 0);
    }
}
