//! `elb/listener-expected`: an HTTP API names a listener.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/listener-expected",
    code: "LINK-017",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "integration names a load balancer instead of its listener",
    why: "an HTTP API reaches a load balancer through one listener, whose port it takes: the integration names \
          that listener, or a Cloud Map service",
    error: Some(
        "For VpcLink VPC_LINK, integration uri should be a valid ELB listener ARN or a valid Cloud Map \
         service ARN.",
    ),
    sources: &["https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  LinkGroup:
    Type: AWS::EC2::SecurityGroup
    Properties: { GroupDescription: VPC link, VpcId: vpc-0a1b2c3d }
  Link:
    Type: AWS::ApiGatewayV2::VpcLink
    Properties: { Name: shop, SubnetIds: [subnet-0a1b2c3d, subnet-1a2b3c4d], SecurityGroupIds: [!Ref LinkGroup] }
  BalancerGroup:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: balancer
      VpcId: vpc-0a1b2c3d
      SecurityGroupIngress:
        - { IpProtocol: tcp, FromPort: 80, ToPort: 80, SourceSecurityGroupId: !Ref LinkGroup }
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Type: application
      Scheme: internal
      Subnets: [subnet-0a1b2c3d, subnet-1a2b3c4d]
      SecurityGroups: [!Ref BalancerGroup]
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: { Protocol: HTTP, Port: 8080, TargetType: ip, VpcId: vpc-0a1b2c3d }
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Protocol: HTTP
      Port: 80
      DefaultActions: [{ Type: forward, TargetGroupArn: !Ref Group }]
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  ToOrders:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: ANY
      IntegrationUri: !Ref Balancer
#                     ^
      ConnectionType: VPC_LINK
      ConnectionId: !Ref Link
      PayloadFormatVersion: "1.0"
"#,
    good: &[("IntegrationUri: !Ref Balancer", "IntegrationUri: !Ref Listener")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Integration"], check),
};

fn check(cx: &mut Cx<'_>, integration: Resource<'_>) {
    if !integration.get("ConnectionType").is_some_and(|it| it.is("VPC_LINK")) {
        return;
    }
    let Some(uri) = integration.get("IntegrationUri") else { return };
    let Some(named) = uri.resource() else { return };
    let noun = match named.kind() {
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => "a load balancer",
        "AWS::ElasticLoadBalancingV2::TargetGroup" => "a target group",
        "AWS::ElasticLoadBalancingV2::ListenerRule" => "a rule of a listener",
        _ => return,
    };
    cx.report(
        uri.finding(format!("`{}` names {noun}, not a listener", integration.id()), noun)
            .also(named.at(), "named here")
            .help("write `IntegrationUri: !Ref <listener>`"),
    );
}
