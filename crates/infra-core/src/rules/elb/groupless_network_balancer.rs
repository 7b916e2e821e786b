//! `elb/groupless-network-balancer`: a Network Load Balancer has a security group from the start.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/groupless-network-balancer",
    code: "LINK-003",
    severity: Severity::Warning,
    phase: Phase::Deploy,
    title: "Network Load Balancer behind a VPC link has no security group",
    why: "a Network Load Balancer that is made without a security group can never get one: to close it later \
          it has to be replaced, with its name, its listeners and the link",
    error: None,
    sources: &["https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  LinkGroup:
    Type: AWS::EC2::SecurityGroup
    Properties: { GroupDescription: VPC link, VpcId: vpc-0a1b2c3d }
  Link:
    Type: AWS::ApiGatewayV2::VpcLink
    Properties: { Name: shop, SubnetIds: [subnet-0a1b2c3d, subnet-1a2b3c4d], SecurityGroupIds: [!Ref LinkGroup] }
  Balancer:
# ^
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: { Type: network, Scheme: internal, Subnets: [subnet-0a1b2c3d, subnet-1a2b3c4d] }
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: { Protocol: TCP, Port: 8080, TargetType: ip, VpcId: vpc-0a1b2c3d }
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Protocol: TCP
      Port: 80
      DefaultActions: [{ Type: forward, TargetGroupArn: !Ref Group }]
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  ToOrders:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: ANY
      IntegrationUri: !Ref Listener
      ConnectionType: VPC_LINK
      ConnectionId: !Ref Link
      PayloadFormatVersion: "1.0"
"#,
    good: &[("Type: network, ", "Type: network, SecurityGroups: [sg-0a1b2c3d], ")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Integration"], check),
};

fn check(cx: &mut Cx<'_>, integration: Resource<'_>) {
    let Some(path) = super::link_path(&integration) else { return };
    let is_network = path.balancer.get("Type").is_some_and(|kind| kind.is("network"));
    if !is_network
        || path.balancer.has("SecurityGroups")
        || path.listener.get("Protocol").is_some_and(|it| it.is("QUIC"))
    {
        return;
    }
    cx.report(
        path.balancer
            .finding(format!("balancer `{}` can never get a security group", path.balancer.id()), "made without one")
            .also(integration.at(), "the API leads here")
            .help("add `SecurityGroups: [!GetAtt <group>.GroupId]` before it is made"),
    );
}
