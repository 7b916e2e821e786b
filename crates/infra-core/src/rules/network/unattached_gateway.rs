//! `network/unattached-gateway`: a gateway belongs to a network.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "network/unattached-gateway",
    code: "NET-002",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "route to an internet gateway that no network has",
    why: "a route may lead only to a gateway that is attached to its network; otherwise it is refused",
    error: Some("route table rtb-… and network gateway igw-… belong to different networks"),
    sources: &["https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.0.0.0/16 }
  Gate:
    Type: AWS::EC2::InternetGateway
  Public:
    Type: AWS::EC2::RouteTable
    Properties: { VpcId: !Ref Vpc }
  Out:
    Type: AWS::EC2::Route
    Properties: { RouteTableId: !Ref Public, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gate }
#                                                                                        ^
"#,
    good: &[
        ("  Out:\n    Type: AWS::EC2::Route\n", "  Out:\n    Type: AWS::EC2::Route\n    DependsOn: Attached\n"),
        (
            "  Public:\n",
            "  Attached:
    Type: AWS::EC2::VPCGatewayAttachment
    Properties: { VpcId: !Ref Vpc, InternetGatewayId: !Ref Gate }
  Public:
",
        ),
    ],
    check: Check::Resources(&["AWS::EC2::Route"], check),
};

fn check(cx: &mut Cx<'_>, route: Resource<'_>) {
    let Some(slot) = route.get("GatewayId") else { return };
    let Some(gateway) = slot.resource_of("AWS::EC2::InternetGateway") else { return };
    let unclear =
        |it: &Resource<'_>| it.get("InternetGatewayId").is_some_and(|id| id.resource().is_none() && !id.is_known());
    let view = route.view();
    let attached = gateway.referrers_of("AWS::EC2::VPCGatewayAttachment").next().is_some();
    if attached || view.of("AWS::EC2::VPCGatewayAttachment").any(|it| unclear(&it)) {
        return;
    }
    cx.report(
        slot.finding(
            format!("route `{}` leads to `{}`, which is attached to no network", route.id(), gateway.id()),
            "leads nowhere",
        )
        .also(gateway.at(), "never attached")
        .help(format!(
            "add an AWS::EC2::VPCGatewayAttachment with `InternetGatewayId: !Ref {}`, and let the route depend on it",
            gateway.id()
        )),
    );
}
