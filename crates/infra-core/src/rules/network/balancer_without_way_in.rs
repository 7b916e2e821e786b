//! `network/balancer-without-way-in`: a load balancer for the internet stands where the internet is.

use crate::rules::prelude::*;
use crate::view::WayOut;

pub(super) const RULE: Rule = Rule {
    id: "network/balancer-without-way-in",
    code: "NET-003",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "internet-facing load balancer in subnets without an internet gateway",
    why: "a load balancer that is open to the internet is reached through the internet gateway of its subnets; without a route \
          to one its answers never leave, and in a network without a gateway it is refused",
    error: Some("VPC vpc-… has no internet gateway"),
    sources: &["https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.0.0.0/16 }
  InnerA:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: eu-west-1a }
  InnerB:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.2.0/24, AvailabilityZone: eu-west-1b }
  Front:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Type: application
      Scheme: internet-facing
#             ^
      Subnets: [!Ref InnerA, !Ref InnerB]
      SecurityGroups: [sg-0123456789abcdef0]
"#,
    good: &[("Scheme: internet-facing", "Scheme: internal")],
    check: Check::Resources(&["AWS::ElasticLoadBalancingV2::LoadBalancer"], check),
};

fn check(cx: &mut Cx<'_>, balancer: Resource<'_>) {
    // A Gateway Load Balancer has no scheme.
    if balancer.text_or("Type", "application").as_deref() == Some("gateway") {
        return;
    }
    if balancer.text_or("Scheme", "internet-facing").as_deref() != Some("internet-facing") {
        return;
    }
    let listed = balancer.each("Subnets").chain(balancer.each("SubnetMappings").filter_map(|it| it.key("SubnetId")));
    let subnets: Vec<Option<Resource<'_>>> = listed.map(|it| it.resource_of("AWS::EC2::Subnet")).collect();
    let shut = |subnet: &Option<Resource<'_>>| {
        subnet.is_some_and(|subnet| matches!(subnet.way_out(), WayOut::None | WayOut::Nat(_)))
    };
    let Some(first) = subnets.first().copied().flatten().filter(|_| subnets.iter().all(shut)) else { return };
    cx.report(
        balancer
            .finding_at(
                "Scheme",
                format!("load balancer `{}` is open to the internet, its subnets are not", balancer.id()),
                "reached through an internet gateway",
            )
            .also(first.at(), "has no route to an internet gateway")
            .help("name subnets whose route table leads to an internet gateway, or write `Scheme: internal`"),
    );
}
