//! `network/nat-without-way-out`: a NAT gateway stands where the internet is.

use crate::rules::prelude::*;
use crate::view::WayOut;

pub(super) const RULE: Rule = Rule {
    id: "network/nat-without-way-out",
    code: "NET-001",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "NAT gateway in a subnet without a route to the internet",
    why: "a NAT gateway takes the route of its own subnet: only where that leads to an internet gateway does it lead out; in \
          the subnet that it serves it leads to itself",
    error: None,
    sources: &["https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.0.0.0/16 }
  Inner:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24 }
  Nat:
    Type: AWS::EC2::NatGateway
    Properties:
      AllocationId: eipalloc-0123456789abcdef0
      SubnetId: !Ref Inner
#               ^
  Private:
    Type: AWS::EC2::RouteTable
    Properties: { VpcId: !Ref Vpc }
  Out:
    Type: AWS::EC2::Route
    Properties: { RouteTableId: !Ref Private, DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: !Ref Nat }
  InnerIsPrivate:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: { SubnetId: !Ref Inner, RouteTableId: !Ref Private }
"#,
    good: &[("SubnetId: !Ref Inner\n", "SubnetId: subnet-0123456789abcdef0\n")],
    check: Check::Resources(&["AWS::EC2::NatGateway"], check),
};

fn check(cx: &mut Cx<'_>, nat: Resource<'_>) {
    let Some(slot) = nat.get("SubnetId") else { return };
    let Some(subnet) = slot.resource_of("AWS::EC2::Subnet") else { return };
    if nat.text_or("ConnectivityType", "public").as_deref() != Some("public") {
        return;
    }
    let problem = match subnet.way_out() {
        WayOut::Nat(Some(other)) if other == nat => "the route of this subnet leads to the gateway itself",
        WayOut::Nat(_) => "the route of this subnet leads to a NAT gateway",
        WayOut::None => "this subnet has no route to an internet gateway",
        WayOut::Internet | WayOut::Other | WayOut::Unknown => return,
    };
    cx.report(
        slot.finding(
            format!("NAT gateway `{}` stands in subnet `{}`, which does not lead out", nat.id(), subnet.id()),
            problem,
        )
        .also(subnet.at(), "the subnet")
        .help("name a subnet whose route table leads to an internet gateway"),
    );
}
