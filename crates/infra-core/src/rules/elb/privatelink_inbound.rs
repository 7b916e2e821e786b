//! `elb/privatelink-inbound`: a balancer admits what its VPC link sends.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/privatelink-inbound",
    code: "LINK-006",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "security group drops what comes through the VPC link of a REST API",
    why: "traffic of such a link comes by PrivateLink, which belongs to no security group of yours; a balancer \
          checks it against its groups unless told not to, while health checks stay green",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSecurityGroups.html",
    ],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Callers:
    Type: AWS::EC2::SecurityGroup
    Properties: { GroupDescription: callers, VpcId: vpc-0a1b2c3d }
  Guard:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: balancer
      VpcId: vpc-0a1b2c3d
      SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 80, ToPort: 80, SourceSecurityGroupId: !Ref Callers }]
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Type: network
      Scheme: internal
      Subnets: [subnet-0a1b2c3d, subnet-1a2b3c4d]
      SecurityGroups: [!Ref Guard]
#                      ^
  Link:
    Type: AWS::ApiGateway::VpcLink
    Properties: { Name: shop, TargetArns: [!Ref Balancer] }
",
    good: &[(
        r"      Scheme: internal
",
        r#"      Scheme: internal
      EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: "off"
"#,
    )],
    check: Check::Resources(&["AWS::ApiGateway::VpcLink"], check),
};

fn check(cx: &mut Cx<'_>, link: Resource<'_>) {
    let targets =
        link.each("TargetArns").filter_map(|arn| arn.resource_of("AWS::ElasticLoadBalancingV2::LoadBalancer"));
    for balancer in targets {
        let enforced = balancer.text_or("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "on");
        if enforced.is_none_or(|enforced| enforced != "on") {
            continue;
        }
        let groups: Option<Vec<Resource<'_>>> =
            balancer.each("SecurityGroups").map(|group| group.resource_of("AWS::EC2::SecurityGroup")).collect();
        // A rule for addresses may or may not hold those of PrivateLink.
        let open = |group: &Resource<'_>| group.ingress().iter().any(crate::view::Ingress::is_open_to_others);
        let Some(place) = balancer.each("SecurityGroups").next() else { continue };
        if groups.is_none_or(|groups| groups.iter().any(open)) {
            continue;
        }
        cx.report(
            place
                .finding(
                    format!("balancer `{}` drops what the API sends", balancer.id()),
                    "admits security groups only",
                )
                .also(link.at(), "sends by PrivateLink, from no group")
                .help("write `EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: \"off\"`"),
        );
    }
}
