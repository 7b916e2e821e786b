//! `apigateway/silent-gateway-error`: browsers can read the errors of a REST API.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/silent-gateway-error",
    code: "APIGW-012",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "browser cannot read the errors of a REST API",
    why: "what API Gateway answers itself, such as 401, 403, 429 and 504, has no CORS headers unless its \
          gateway responses add them: scripts see a network error and cannot tell why",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html"],
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
  Preflight:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Orders
      HttpMethod: OPTIONS
#                 ^
      AuthorizationType: NONE
      Integration:
        Type: MOCK
        RequestTemplates: { application/json: '{"statusCode": 204}' }
"#,
    good: &[(
        "  Preflight:",
        r#"  Denied:
    Type: AWS::ApiGateway::GatewayResponse
    Properties:
      RestApiId: !Ref Api
      ResponseType: DEFAULT_4XX
      ResponseParameters: { gatewayresponse.header.Access-Control-Allow-Origin: "'https://www.example.com'" }
  Preflight:"#,
    )],
    check: Check::Resources(&["AWS::ApiGateway::RestApi"], check),
};

fn check(cx: &mut Cx<'_>, api: Resource<'_>) {
    let mut methods = api.referrers_of("AWS::ApiGateway::Method");
    let Some(preflight) = methods.find_map(|it| it.get("HttpMethod").filter(|method| method.is("OPTIONS"))) else {
        return;
    };
    let readable = api.referrers_of("AWS::ApiGateway::GatewayResponse").any(|response| {
        let parameters = response.get("ResponseParameters").into_iter().flat_map(|it| it.entries());
        parameters.into_iter().any(|(key, _)| key.to_ascii_lowercase().ends_with(".access-control-allow-origin"))
    });
    // A definition as a whole may hold gateway responses that we do not read.
    if readable || api.has("Body") || api.has("BodyS3Location") {
        return;
    }
    cx.report(
        preflight
            .finding(format!("API `{}` is for browsers, its own errors are not", api.id()), "browsers are served")
            .also(api.at(), "no gateway response adds CORS headers")
            .help(
                "add AWS::ApiGateway::GatewayResponse for `DEFAULT_4XX` and `DEFAULT_5XX` with \
                 `gatewayresponse.header.Access-Control-Allow-Origin`",
            ),
    );
}
