//! `elb/link-zone`: a VPC link is in zones that take it.

use crate::facts::vpc_links;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/link-zone",
    code: "LINK-014",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "VPC link in a zone that takes none",
    why: "in some regions not every availability zone takes VPC links; one subnet in another zone and the link \
          fails",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html"],
    evidence: Evidence::Documented,
    bad: r"
#: network.yaml region=us-east-1
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.0.0.0/16 }
  SubnetA:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, AvailabilityZoneId: use1-az3 }
  SubnetB:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZoneId: use1-az2 }
  Link:
    Type: AWS::ApiGatewayV2::VpcLink
    Properties: { Name: shop, SubnetIds: [!Ref SubnetA, !Ref SubnetB] }
#                                         ^
",
    good: &[("use1-az3", "use1-az1")],
    check: Check::Resources(&["AWS::ApiGatewayV2::VpcLink"], check),
};

fn check(cx: &mut Cx<'_>, link: Resource<'_>) {
    let Some(region) = link.region() else { return };
    let Some(zones) = vpc_links::zones(region.as_str()) else { return };
    for slot in link.each("SubnetIds") {
        let Some(zone) = slot.resource_of("AWS::EC2::Subnet").and_then(|subnet| subnet.get("AvailabilityZoneId"))
        else {
            continue;
        };
        let Some(id) = zone.text().filter(|id| !zones.contains(&id.as_ref())) else { continue };
        cx.report(
            slot.finding(format!("zone {id} takes no VPC link"), "a subnet of that zone")
                .also(zone.at(), "the zone")
                .help(format!("name subnets of {}", zones.join(", "))),
        );
    }
}
