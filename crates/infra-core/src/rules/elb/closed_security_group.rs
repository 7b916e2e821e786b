//! `elb/closed-security-group`: the load balancer lets the VPC link in.

use crate::rules::prelude::*;
use crate::view::Ingress;

pub(super) const RULE: Rule = Rule {
    id: "elb/closed-security-group",
    code: "LINK-001",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "load balancer does not let the VPC link in",
    why: "a VPC link reaches the load balancer from the security groups of the link; if no rule lets them in \
          on the port of the listener every call ends in 503 or a time-out, and nothing fails while it is \
          deployed",
    error: None,
    sources: &[
        "https://repost.aws/knowledge-center/api-gateway-500-error-vpc",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html",
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
  BalancerGroup:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: balancer
      VpcId: vpc-0a1b2c3d
      SecurityGroupIngress:
        - { IpProtocol: tcp, FromPort: 8080, ToPort: 8080, SourceSecurityGroupId: !Ref LinkGroup }
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Type: application
      Scheme: internal
      Subnets: [subnet-0a1b2c3d, subnet-1a2b3c4d]
      SecurityGroups: [!Ref BalancerGroup]
#                      ^
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
      IntegrationUri: !Ref Listener
      ConnectionType: VPC_LINK
      ConnectionId: !Ref Link
      PayloadFormatVersion: "1.0"
"#,
    good: &[("FromPort: 8080, ToPort: 8080", "FromPort: 80, ToPort: 80")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Integration"], check),
};

fn check(cx: &mut Cx<'_>, integration: Resource<'_>) {
    let Some(path) = super::link_path(&integration) else { return };
    let Some(port) = path.listener.get("Port") else { return };
    let Some(number) = port.int() else { return };
    let Some(sources) = groups(&path.link, "SecurityGroupIds") else { return };
    let Some(guards) = groups(&path.balancer, "SecurityGroups") else { return };
    let lets_in = |rule: &Ingress<'_>| rule.admits(number) && !rule.excludes(&sources);
    if guards.iter().any(|guard| guard.ingress().iter().any(lets_in)) {
        return;
    }
    let (Some(guard), Some(source)) = (path.balancer.each("SecurityGroups").next(), sources.first()) else { return };
    cx.report(
        guard
            .finding(
                format!("balancer `{}` does not let link `{}` in on port {number}", path.balancer.id(), path.link.id()),
                "no rule of its groups admits the link",
            )
            .also(port.at(), "the port of the listener")
            .also(source.at(), "the group of the link")
            .help(format!(
                "add an ingress rule for tcp port {number} with `SourceSecurityGroupId: !GetAtt {}.GroupId`",
                source.id()
            )),
    );
}

/// Returns the security groups of a resource, if there are some and all are in the view.
fn groups<'v>(resource: &Resource<'v>, key: &str) -> Option<Vec<Resource<'v>>> {
    let groups = resource.each(key).map(|group| group.resource_of("AWS::EC2::SecurityGroup"));
    groups.collect::<Option<Vec<_>>>().filter(|groups| !groups.is_empty())
}
