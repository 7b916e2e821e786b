//! `apigateway/route-key`: the key of a route of an HTTP API is a method and a path.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/route-key",
    code: "APIGW-041",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "key of a route that is no method and path",
    why: "an HTTP API chooses a route by `$default`, or by a method in capitals and a path that begins with a slash",
    error: Some(
        "The provided route key is not formatted properly for HTTP protocol. Format should be \"<HTTP METHOD> /<RESOURCE PATH>\" or \"$default\"",
    ),
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html"],
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
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 }
  Behind: { Type: AWS::ApiGatewayV2::Integration, Properties: { ApiId: !Ref Api, IntegrationType: HTTP_PROXY, IntegrationMethod: ANY, IntegrationUri: 'https://shop.example.net', PayloadFormatVersion: '1.0' } }
  Orders:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: /orders
#               ^
      Target: !Sub integrations/${Behind}
",
    good: &[("RouteKey: /orders", "RouteKey: GET /orders")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Route"], check),
};

/// The methods that a route may have.
const METHODS: &[&str] = &["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

fn check(cx: &mut Cx<'_>, route: Resource<'_>) {
    let api = route.get("ApiId").and_then(|api| api.resource_of("AWS::ApiGatewayV2::Api"));
    let is_http = api.and_then(|api| api.get("ProtocolType")).is_some_and(|kind| kind.is("HTTP"));
    let Some(written) = route.get("RouteKey").filter(|_| is_http) else { return };
    let Some(key) = written.text().filter(|key| key != "$default") else { return };
    let problem = match key.split_once(' ') {
        Some((method, _)) if !METHODS.contains(&method) => format!("no method `{method}`"),
        Some((_, path)) if !path.starts_with('/') => "the path does not begin with a slash".to_owned(),
        Some(_) => return,
        None => "not a method and a path".to_owned(),
    };
    cx.report(
        written
            .finding(format!("route `{}` has a key that no request can have", route.id()), problem)
            .help("write a method and a path, such as `GET /orders`, or `$default`"),
    );
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn methods_and_paths_count_and_other_protocols_do_not() {
        let count = |from: &str, to: &str| of_rule(&super::RULE, &super::RULE.good_example().replace(from, to)).len();
        assert_eq!(count("GET /orders", "get /orders"), 1);
        assert_eq!(count("GET /orders", "GET orders"), 1);
        assert_eq!(count("RouteKey: GET /orders", "RouteKey: $default"), 0);
        assert_eq!(count("ANY /{proxy+}", "ANY /{proxy+}"), 0);
    }
}
