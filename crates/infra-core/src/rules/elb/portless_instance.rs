//! `elb/portless-instance`: an instance that an API looks up can be called.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/portless-instance",
    code: "LINK-018",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "API looks up an instance that has no address or port",
    why: "an API that finds its service by Cloud Map sends to the address and port that the attributes of an \
          instance say; an instance without both cannot be called",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-private.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  LinkGroup:
    Type: AWS::EC2::SecurityGroup
    Properties: { GroupDescription: VPC link, VpcId: vpc-0a1b2c3d }
  Link:
    Type: AWS::ApiGatewayV2::VpcLink
    Properties: { Name: shop, SubnetIds: [subnet-0a1b2c3d, subnet-1a2b3c4d], SecurityGroupIds: [!Ref LinkGroup] }
  Namespace:
    Type: AWS::ServiceDiscovery::HttpNamespace
    Properties: { Name: shop }
  Orders:
    Type: AWS::ServiceDiscovery::Service
    Properties: { Name: orders, NamespaceId: !Ref Namespace }
  First:
    Type: AWS::ServiceDiscovery::Instance
    Properties:
      ServiceId: !Ref Orders
      InstanceAttributes: { AWS_INSTANCE_IPV4: 10.0.0.12 }
#     ^
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  ToOrders:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: ANY
      IntegrationUri: !GetAtt Orders.Arn
      ConnectionType: VPC_LINK
      ConnectionId: !Ref Link
      PayloadFormatVersion: "1.0"
"#,
    good: &[("AWS_INSTANCE_IPV4: 10.0.0.12", r#"AWS_INSTANCE_IPV4: 10.0.0.12, AWS_INSTANCE_PORT: "8080""#)],
    check: Check::Resources(&["AWS::ApiGatewayV2::Integration"], check),
};

fn check(cx: &mut Cx<'_>, integration: Resource<'_>) {
    if !integration.get("ConnectionType").is_some_and(|it| it.is("VPC_LINK")) {
        return;
    }
    let uri = integration.get("IntegrationUri");
    let Some(service) = uri.and_then(|uri| uri.resource_of("AWS::ServiceDiscovery::Service")) else { return };
    for instance in service.referrers_of("AWS::ServiceDiscovery::Instance") {
        let Some(attributes) = instance.get("InstanceAttributes").filter(Prop::is_object) else { continue };
        let has = |keys: &[&str]| keys.iter().any(|key| attributes.key(key).is_some());
        let missing = match (has(&["AWS_INSTANCE_IPV4", "AWS_INSTANCE_IPV6"]), has(&["AWS_INSTANCE_PORT"])) {
            (true, true) => continue,
            (true, false) => "AWS_INSTANCE_PORT",
            (false, _) => "AWS_INSTANCE_IPV4",
        };
        cx.report(
            attributes
                .finding(format!("API cannot call instance `{}`", instance.id()), format!("no `{missing}`"))
                .also(integration.at(), "the API looks it up")
                .help(format!("add `{missing}` to `InstanceAttributes`")),
        );
    }
}
