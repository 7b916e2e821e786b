//! `apigateway/repeated-route`: an API has each route, path and method once.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/repeated-route",
    code: "APIGW-036",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "two routes, paths or methods of an API that are the same",
    why: "a route key, a part of a path below one parent and a method of one path are there once; the second is refused",
    error: Some("Route with key GET /orders already exists for this API"),
    sources: &[
        "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html",
        "https://docs.aws.amazon.com/apigateway/latest/api/API_CreateResource.html",
    ],
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
  ListOrders:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: GET /orders, AuthorizationType: AWS_IAM, Target: integrations/abc123 }
  Orders:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, AuthorizationType: AWS_IAM, Target: integrations/def456, RouteKey: GET /orders }
#                                                                                                     ^
",
    good: &[("def456, RouteKey: GET /orders", "def456, RouteKey: POST /orders")],
    check: Check::View(check),
};

/// Types of which two with the same keys cannot be, the last key being what is repeated.
const KEYS: &[(&str, &str, &[&str])] = &[
    ("AWS::ApiGateway::Method", "methods", &["RestApiId", "ResourceId", "HttpMethod"]),
    ("AWS::ApiGateway::Resource", "paths", &["RestApiId", "ParentId", "PathPart"]),
    ("AWS::ApiGatewayV2::ApiMapping", "mappings", &["DomainName", "ApiMappingKey"]),
    ("AWS::ApiGatewayV2::Route", "routes", &["ApiId", "RouteKey"]),
    ("AWS::ApiGatewayV2::Stage", "stages", &["ApiId", "StageName"]),
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for (kind, noun, keys) in KEYS {
        let mut seen: Vec<(Vec<Prop<'_>>, Resource<'_>)> = Vec::new();
        for part in view.of(kind) {
            let Some(values) = keys.iter().map(|key| part.get(key)).collect::<Option<Vec<_>>>() else { continue };
            let same = |(other, _): &&(Vec<Prop<'_>>, Resource<'_>)| {
                // What is repeated differs most often, so it is compared first.
                other.iter().zip(&values).rev().all(|(one, other)| one.is_same(other))
            };
            if let (Some((_, first)), Some(last)) = (seen.iter().find(same), values.last()) {
                let what = last.text().unwrap_or_default();
                let title = format!("{noun} `{}` and `{}` of one API are both `{what}`", first.id(), part.id());
                cx.report(
                    last.finding(title, "the second one")
                        .also(first.at(), "the first one")
                        .help("keep one of the two, or give the other a path or method of its own"),
                );
            }
            seen.push((values, part));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn paths_and_methods_of_rest_apis_are_there_once() {
        let yaml = r"
Resources:
  Api: { Type: AWS::ApiGateway::RestApi, Properties: { Name: shop } }
  One: { Type: AWS::ApiGateway::Resource, Properties: { RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: orders } }
  Two: { Type: AWS::ApiGateway::Resource, Properties: { RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: orders } }
  Get: { Type: AWS::ApiGateway::Method, Properties: { RestApiId: !Ref Api, ResourceId: !Ref One, HttpMethod: GET } }
  Got: { Type: AWS::ApiGateway::Method, Properties: { RestApiId: !Ref Api, ResourceId: !Ref One, HttpMethod: GET } }
";
        assert_eq!(of_rule(&super::RULE, yaml).len(), 2);
        let apart = yaml.replace("  Two: { Type: AWS::ApiGateway::Resource, Properties: { RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId", "  Two: { Type: AWS::ApiGateway::Resource, Properties: { RestApiId: !Ref Api, ParentId: !Ref One");
        assert_eq!(
            of_rule(
                &super::RULE,
                &apart.replace(
                    "Got: { Type: AWS::ApiGateway::Method, Properties: { RestApiId: !Ref Api, ResourceId: !Ref One",
                    "Got: { Type: AWS::ApiGateway::Method, Properties: { RestApiId: !Ref Api, ResourceId: !Ref Two"
                )
            )
            .len(),
            0
        );
    }
}
