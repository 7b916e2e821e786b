//! `apigateway/unordered-deployment`: a deployment comes after the methods or routes that it copies.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/unordered-deployment",
    code: "APIGW-008",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "deployment of an API may come before its methods or routes",
    why: "a deployment is a copy of the API as it is at that moment; it does not refer to the methods or routes, so \
          without `DependsOn` it may be made first and is refused or lacks some",
    error: Some("The REST API doesn't contain any methods"),
    sources: &[
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-deployment.html",
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
# ^
    Type: AWS::ApiGateway::Deployment
    Properties: { RestApiId: !Ref Api }
"#,
    good: &[(
        r"    Properties: { RestApiId: !Ref Api }
",
        r"    DependsOn: [ListOrders]
    Properties: { RestApiId: !Ref Api }
",
    )],
    check: Check::Resources(&["AWS::ApiGateway::Deployment", "AWS::ApiGatewayV2::Deployment"], check),
};

fn check(cx: &mut Cx<'_>, deployment: Resource<'_>) {
    let Some(api) = super::api(&deployment) else { return };
    let (kind, noun) = match deployment.kind() {
        "AWS::ApiGateway::Deployment" => ("AWS::ApiGateway::Method", "method"),
        _ => ("AWS::ApiGatewayV2::Route", "route"),
    };
    let methods = api.referrers_of(kind).filter(|method| method.stack() == deployment.stack());
    let missing: Vec<Resource<'_>> = methods.filter(|method| !deployment.comes_after(method)).collect();
    let Some(first) = missing.first() else { return };
    let ids: Vec<&str> = missing.iter().map(Resource::id).collect();
    cx.report(
        deployment
            .finding(
                format!("deployment `{}` may be made before `{}`", deployment.id(), ids.join("`, `")),
                format!("does not wait for {} of the {noun}s", ids.len()),
            )
            .also(first.at(), format!("a {noun} of the API"))
            .help(format!("add `DependsOn: [{}]`", ids.join(", "))),
    );
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn a_deployment_of_a_websocket_api_waits_for_its_routes() {
        let yaml = r"
Resources:
  Chat: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: chat, ProtocolType: WEBSOCKET } }
  Connect: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Chat, RouteKey: $connect } }
  Release:
    Type: AWS::ApiGatewayV2::Deployment
    Properties: { ApiId: !Ref Chat }
";
        assert_eq!(of_rule(&super::RULE, yaml).len(), 1);
        let waits =
            yaml.replace("AWS::ApiGatewayV2::Deployment\n", "AWS::ApiGatewayV2::Deployment\n    DependsOn: Connect\n");
        assert!(of_rule(&super::RULE, &waits).is_empty());
    }
}
