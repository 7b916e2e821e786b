//! `network/one-zone-twice`: one subnet for each zone.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "network/one-zone-twice",
    code: "NET-010",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "two subnets of one zone where each zone has one",
    why: "a load balancer and an interface endpoint have one network interface in each zone, so a second subnet of a zone is \
          refused",
    error: Some("A load balancer cannot be attached to multiple subnets in the same Availability Zone"),
    sources: &[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html",
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  A:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: vpc-0123456789abcdef0, CidrBlock: 10.0.1.0/24, AvailabilityZone: eu-west-1a }
  B:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: vpc-0123456789abcdef0, CidrBlock: 10.0.2.0/24, AvailabilityZone: eu-west-1b }
  C:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: vpc-0123456789abcdef0, CidrBlock: 10.0.3.0/24, AvailabilityZone: eu-west-1a }
  Front:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Type: application
      Scheme: internal
      Subnets: [!Ref A, !Ref B, !Ref C]
#                               ^
      SecurityGroups: [sg-0123456789abcdef0]
"#,
    good: &[(
        "CidrBlock: 10.0.3.0/24, AvailabilityZone: eu-west-1a",
        "CidrBlock: 10.0.3.0/24, AvailabilityZone: eu-west-1c",
    )],
    check: Check::Resources(&["AWS::EC2::VPCEndpoint", "AWS::ElasticLoadBalancingV2::LoadBalancer"], check),
};

fn check(cx: &mut Cx<'_>, resource: Resource<'_>) {
    let path = if resource.kind() == "AWS::EC2::VPCEndpoint" { "SubnetIds" } else { "Subnets" };
    let listed = resource.each(path).chain(resource.each("SubnetMappings").filter_map(|it| it.key("SubnetId")));
    let mut seen: Vec<(Prop<'_>, Resource<'_>)> = Vec::new();
    for slot in listed {
        let Some(subnet) = slot.resource_of("AWS::EC2::Subnet") else { continue };
        let Some(zone) = subnet.get("AvailabilityZone").or_else(|| subnet.get("AvailabilityZoneId")) else { continue };
        if let Some((first, other)) = seen.iter().find(|(first, other)| *other != subnet && first.is_same(&zone)) {
            cx.report(
                slot.finding(
                    format!("`{}` has subnets `{}` and `{}` of one zone", resource.id(), other.id(), subnet.id()),
                    "the second subnet of its zone",
                )
                .also(first.at(), "the zone of the first")
                .also(zone.at(), "the same zone")
                .help("name one subnet for each zone"),
            );
        }
        seen.push((zone, subnet));
    }
}
