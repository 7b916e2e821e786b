//! `security/api-key-only`: an API key says who calls, it does not prove it.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "security/api-key-only",
    code: "SEC-010",
    severity: Severity::Warning,
    phase: Phase::Security,
    title: "method is protected by an API key alone",
    why: "an API key is an identification for quotas that is sent in plain sight and shared between callers; AWS asks \
          for an authorizer or IAM to decide who may call",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: { Name: partners, EndpointConfiguration: { Types: [REGIONAL] } }
  Orders:
    Type: AWS::ApiGateway::Resource
    Properties: { RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: orders }
  PostOrder:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Orders
      HttpMethod: POST
      AuthorizationType: NONE
      ApiKeyRequired: true
#                     ^
      Integration: { Type: HTTP_PROXY, IntegrationHttpMethod: POST, Uri: "https://orders.example.net/v1/orders" }
"#,
    good: &[("AuthorizationType: NONE", "AuthorizationType: AWS_IAM")],
    check: Check::Resources(&["AWS::ApiGateway::Method"], check),
};

fn check(cx: &mut Cx<'_>, method: Resource<'_>) {
    let Some(key) = method.get("ApiKeyRequired").filter(|key| key.bool() == Some(true)) else { return };
    let Some(kind) = method.get("AuthorizationType").filter(|kind| kind.is("NONE")) else { return };
    cx.report(
        key.finding(format!("method `{}` asks for an API key and nothing else", method.id()), "only identifies")
            .also(kind.at(), "no authorizer")
            .help("add an authorizer, or set `AuthorizationType: AWS_IAM`"),
    );
}
