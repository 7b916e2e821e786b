//! `apigateway/unlimited-client`: limits per client are enforced.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/unlimited-client",
    code: "APIGW-016",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "limits per client that nothing enforces",
    why: "a usage plan counts the calls of a key, and only methods of REST APIs that ask for a key say whose \
          call it is; HTTP APIs know neither keys nor plans",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html",
        "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: { Name: shop, EndpointConfiguration: { Types: [REGIONAL] } }
  Orders:
    Type: AWS::ApiGateway::Resource
    Properties: { RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: orders }
  ListOrders:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Orders
      HttpMethod: GET
      AuthorizationType: AWS_IAM
      Integration: { Type: HTTP_PROXY, IntegrationHttpMethod: GET, Uri: "https://orders.example.net/v1/orders" }
  Deployment:
    Type: AWS::ApiGateway::Deployment
    DependsOn: [ListOrders]
    Properties: { RestApiId: !Ref Api }
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties: { RestApiId: !Ref Api, DeploymentId: !Ref Deployment, StageName: prod }
  Partners:
    Type: AWS::ApiGateway::UsagePlan
    Properties:
      ApiStages: [{ ApiId: !Ref Api, Stage: !Ref Stage }]
#                          ^
      Throttle: { RateLimit: 10, BurstLimit: 20 }
"#,
    good: &[(
        "AuthorizationType: AWS_IAM",
        r"AuthorizationType: AWS_IAM
      ApiKeyRequired: true",
    )],
    check: Check::Resources(&["AWS::ApiGateway::UsagePlan", "AWS::ApiGatewayV2::Route"], check),
};

fn check(cx: &mut Cx<'_>, resource: Resource<'_>) {
    match resource.kind() {
        "AWS::ApiGateway::UsagePlan" => check_plan(cx, &resource),
        _ => check_route(cx, &resource),
    }
}

fn check_plan(cx: &mut Cx<'_>, plan: &Resource<'_>) {
    for slot in plan.each("ApiStages").filter_map(|stage| stage.get("ApiId")) {
        let Some(api) = slot.resource_of("AWS::ApiGateway::RestApi") else { continue };
        if api.has("Body") || api.has("BodyS3Location") {
            continue;
        }
        let mut methods = api.referrers_of("AWS::ApiGateway::Method").peekable();
        if methods.peek().is_none() || !methods.all(|method| method.bool_or("ApiKeyRequired", false) == Some(false)) {
            continue;
        }
        cx.report(
            slot.finding(
                format!("usage plan `{}` counts nothing of API `{}`", plan.id(), api.id()),
                "no method of this API asks for a key",
            )
            .also(api.at(), "the API")
            .help("write `ApiKeyRequired: true` for the methods that the plan is for"),
        );
    }
}

fn check_route(cx: &mut Cx<'_>, route: &Resource<'_>) {
    let Some(key) = route.get("ApiKeyRequired").filter(|key| key.bool() == Some(true)) else { return };
    if super::api(route).is_some_and(|api| super::is_http(&api)) {
        cx.report(
            key.finding(format!("route `{}` of an HTTP API cannot ask for a key", route.id()), "WebSocket APIs only")
                .help("make it a REST API with a usage plan, or limit by a rate rule of AWS WAF at CloudFront"),
        );
    }
}
