//! `apigateway/rest-link-target`: a REST method names the load balancer behind its link.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/rest-link-target",
    code: "APIGW-030",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "REST method does not say where its VPC link leads to",
    why: "a VPC link of the second version has no target of its own: a REST method names the load balancer in \
          `IntegrationTarget`, by its ARN, not that of a listener",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/private-integration.html"],
    evidence: Evidence::Documented,
    bad: r"
Parameters:
  Balancer: { Type: String }
Resources:
  Link:
    Type: AWS::ApiGatewayV2::VpcLink
    Properties: { Name: shop, SubnetIds: [subnet-0a1b2c3d, subnet-1a2b3c4d], SecurityGroupIds: [sg-0a1b2c3d] }
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
      Integration:
        Type: HTTP_PROXY
        IntegrationHttpMethod: GET
        Uri: http://orders.example.net/v1/orders
        ConnectionType: VPC_LINK
        ConnectionId: !Ref Link
#                     ^
",
    good: &[(
        "ConnectionType: VPC_LINK",
        r"ConnectionType: VPC_LINK
        IntegrationTarget: !Ref Balancer",
    )],
    check: Check::Resources(&["AWS::ApiGateway::Method"], check),
};

fn check(cx: &mut Cx<'_>, method: Resource<'_>) {
    let Some(slot) = method.get("Integration.ConnectionId") else { return };
    let Some(link) = slot.resource_of("AWS::ApiGatewayV2::VpcLink") else { return };
    let help = "write `IntegrationTarget: !Ref <load balancer>`";
    match method.get("Integration.IntegrationTarget") {
        None => cx.report(
            slot.finding(
                format!("method `{}` names a link and no load balancer", method.id()),
                "leads nowhere by itself",
            )
            .also(link.at(), "a link of the second version")
            .help(help),
        ),
        Some(target) => {
            let kind = target.resource().map(|it| it.kind());
            if let Some(kind @ ("AWS::ElasticLoadBalancingV2::Listener" | "AWS::ServiceDiscovery::Service")) = kind {
                cx.report(
                    target
                        .finding(format!("method `{}` cannot lead to {kind}", method.id()), "a load balancer only")
                        .help(help),
                );
            }
        }
    }
}
