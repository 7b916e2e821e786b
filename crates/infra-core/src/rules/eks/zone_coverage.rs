//! `eks/zone-coverage`: the control plane spans two zones.

use crate::facts::eks;
use crate::rules::prelude::*;
use crate::view::single_zone;

pub(super) const RULE: Rule = Rule {
    id: "eks/zone-coverage",
    code: "EKS-013",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "control plane has subnets in too few or unsuitable zones",
    why: "EKS puts the control plane into at least two Availability Zones, and into some zones never",
    error: Some("Subnets specified must be in at least two different AZs"),
    sources: &["https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: cluster.yaml
Resources:
  SubnetA:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: vpc-0123456789abcdef0, CidrBlock: 10.0.0.0/24, AvailabilityZone: eu-west-1a }
  SubnetB:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: vpc-0123456789abcdef0, CidrBlock: 10.0.1.0/24, AvailabilityZone: eu-west-1a }
  Main:
    Type: AWS::EKS::Cluster
    Properties:
      Name: main
      Version: "1.36"
      RoleArn: arn:aws:iam::111122223333:role/cluster
      AccessConfig: { AuthenticationMode: API_AND_CONFIG_MAP }
      UpgradePolicy: { SupportType: STANDARD }
      ResourcesVpcConfig: 
        SubnetIds: [!Ref SubnetA, !Ref SubnetB]
#       ^
        EndpointPublicAccess: false
        EndpointPrivateAccess: true
"#,
    good: &[("10.0.1.0/24, AvailabilityZone: eu-west-1a", "10.0.1.0/24, AvailabilityZone: eu-west-1b")],
    check: Check::Resources(&["AWS::EKS::Cluster"], check),
};

fn check(cx: &mut Cx<'_>, cluster: Resource<'_>) {
    let Some(subnets) = cluster.get("ResourcesVpcConfig.SubnetIds").filter(Prop::is_list) else { return };
    if let Some(zone) = single_zone(subnets.items()) {
        cx.report(
            subnets
                .finding("all subnets of the cluster are in one zone", "at least two zones are needed")
                .also(zone.at(), "the zone")
                .help("add a subnet of another zone"),
        );
    }
    for subnet in subnets.items().filter_map(|subnet| subnet.resource_of("AWS::EC2::Subnet")) {
        let Some(zone) = subnet.get("AvailabilityZoneId") else { continue };
        if zone.is_one_of(eks::ZONES_WITHOUT_CONTROL_PLANE) {
            cx.report(
                zone.finding(
                    format!("no control plane can be in {}", zone.pattern()),
                    "the zone of one of its subnets",
                )
                .also(subnets.at(), "used here")
                .help("use a subnet of another zone for the cluster; nodes may stay in this one"),
            );
        }
    }
}
