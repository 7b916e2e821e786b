//! `apigateway/unprotectable-api`: AWS WAF guards what it can.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/unprotectable-api",
    code: "APIGW-005",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "AWS WAF is put in front of an HTTP or WebSocket API",
    why: "AWS WAF protects the stages of REST APIs, load balancers and some others, but no HTTP or WebSocket \
          API",
    error: Some("WAFInvalidParameterException"),
    sources: &["https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Acl: { Type: String }
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
  Guard:
    Type: AWS::WAFv2::WebACLAssociation
    Properties:
      WebACLArn: !Ref Acl
      ResourceArn: !Sub "arn:${AWS::Partition}:apigateway:${AWS::Region}::/apis/${Api}/stages/${Stage}"
#                  ^
"#,
    good: &[("::/apis/${Api}/stages/${Stage}", "::/restapis/a1b2c3d4e5/stages/prod")],
    check: Check::Resources(&["AWS::WAFv2::WebACLAssociation"], check),
};

fn check(cx: &mut Cx<'_>, association: Resource<'_>) {
    let Some(arn) = association.get("ResourceArn") else { return };
    let named = arn
        .mentions()
        .into_iter()
        .find(|it| matches!(it.kind(), "AWS::ApiGatewayV2::Api" | "AWS::ApiGatewayV2::Stage"));
    let text = arn.pattern();
    let by_text = text.contains(":apigateway:") && text.contains("::/apis/");
    if !by_text && named.is_none() {
        return;
    }
    let mut finding = arn.finding("AWS WAF cannot protect an HTTP or WebSocket API", "an API of the second version");
    if let Some(named) = named {
        finding = finding.also(named.at(), "the API");
    }
    cx.report(finding.help("put a CloudFront distribution with a web ACL in front of it, or make it a REST API"));
}
