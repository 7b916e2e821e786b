//! `elb/public-private-integration`: the way through the API is the only one.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/public-private-integration",
    code: "LINK-004",
    severity: Severity::Warning,
    phase: Phase::Security,
    title: "load balancer behind a VPC link is open to the internet",
    why: "a load balancer is internet-facing unless `Scheme` says otherwise: by its own name the service is \
          reached without the authorizer, the limits and the web ACL in front of the API",
    error: None,
    sources: &["https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"],
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
      Scheme: internet-facing
#             ^
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
      IntegrationUri: !Ref Listener
      ConnectionType: VPC_LINK
      ConnectionId: !Ref Link
      PayloadFormatVersion: "1.0"
"#,
    good: &[("internet-facing", "internal")],
    check: Check::Resources(&["AWS::ApiGateway::VpcLink", "AWS::ApiGatewayV2::Integration"], check),
};

fn check(cx: &mut Cx<'_>, entrance: Resource<'_>) {
    let path = super::link_path(&entrance).map(|path| path.balancer);
    let old =
        entrance.each("TargetArns").filter_map(|arn| arn.resource_of("AWS::ElasticLoadBalancingV2::LoadBalancer"));
    for balancer in path.into_iter().chain(old) {
        if balancer.text_or("Scheme", "internet-facing").is_none_or(|scheme| scheme != "internet-facing") {
            continue;
        }
        let scheme = balancer.get("Scheme");
        cx.report(
            balancer
                .finding_at(
                    "Scheme",
                    format!("balancer `{}` can be called around the API", balancer.id()),
                    "open to the internet",
                )
                .also(entrance.at(), "the API leads here")
                .help("write `Scheme: internal`")
                .fix(scheme.and_then(|scheme| scheme.replace("internal"))),
        );
    }
}
