//! `network/route-before-attachment`: a route to a gateway waits until the gateway is attached.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "network/route-before-attachment",
    code: "NET-016",
    severity: Severity::Warning,
    phase: Phase::Deploy,
    title: "route that does not wait for the attachment of its gateway",
    why: "a route names the gateway and not its attachment, so CloudFormation may make the route first, and EC2 refuses a route to a \
          gateway that is not attached to the network; the documentation asks for `DependsOn`",
    error: Some("route table rtb-… and network gateway igw-… belong to different networks"),
    sources: &["https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-dependson.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Network:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.0.0.0/16 }
  Internet: { Type: AWS::EC2::InternetGateway }
  Attached:
    Type: AWS::EC2::VPCGatewayAttachment
    Properties: { VpcId: !Ref Network, InternetGatewayId: !Ref Internet }
  Table:
    Type: AWS::EC2::RouteTable
    Properties: { VpcId: !Ref Network }
  Out:
    Type: AWS::EC2::Route
    Properties: { RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Internet }
#                                                                                       ^
",
    good: &[("  Out:\n    Type: AWS::EC2::Route\n", "  Out:\n    Type: AWS::EC2::Route\n    DependsOn: Attached\n")],
    check: Check::Resources(&["AWS::EC2::Route"], check),
};

fn check(cx: &mut Cx<'_>, route: Resource<'_>) {
    let Some(written) = route.get("GatewayId") else { return };
    let Some(gateway) = written.resource().filter(|it| it.stack() == route.stack()) else { return };
    let attachment = gateway.referrers_of("AWS::EC2::VPCGatewayAttachment").find(|it| it.stack() == route.stack());
    let Some(attachment) = attachment.filter(|it| !route.comes_after(it)) else { return };
    cx.report(
        written
            .finding(format!("route `{}` may be made before its gateway is attached", route.id()), "this gateway")
            .also(attachment.at(), "attached here")
            .help(format!("add `DependsOn: {}` to the route", attachment.id())),
    );
}
