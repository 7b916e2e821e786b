//! `rds/zone-coverage`: subnet groups cover two zones.

use crate::rules::prelude::*;
use crate::view::single_zone;

pub(super) const RULE: Rule = Rule {
    id: "rds/zone-coverage",
    code: "DB-005",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "subnet group of a database covers one zone only",
    why: "RDS wants subnets in two Availability Zones, also for an instance in one",
    error: Some(
        "DB Subnet Group doesn't meet availability zone coverage requirement. Please add subnets to cover at \
         least 2 availability zones. Current coverage: 1",
    ),
    sources: &["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: data.yaml
Resources:
  SubnetA:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: vpc-0123456789abcdef0, CidrBlock: 10.0.0.0/24, AvailabilityZone: eu-west-1a }
  SubnetB:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: vpc-0123456789abcdef0, CidrBlock: 10.0.1.0/24, AvailabilityZone: eu-west-1a }
  Subnets:
    Type: AWS::RDS::DBSubnetGroup
    Properties:
      DBSubnetGroupDescription: orders
      SubnetIds: [!Ref SubnetA, !Ref SubnetB]
#     ^
"#,
    good: &[("10.0.1.0/24, AvailabilityZone: eu-west-1a", "10.0.1.0/24, AvailabilityZone: eu-west-1b")],
    check: Check::Resources(&["AWS::RDS::DBSubnetGroup"], check),
};

fn check(cx: &mut Cx<'_>, group: Resource<'_>) {
    let Some(subnets) = group.get("SubnetIds").filter(Prop::is_list) else { return };
    if let Some(zone) = single_zone(subnets.items()) {
        cx.report(
            subnets
                .finding(format!("all subnets of `{}` are in one zone", group.id()), "two zones are needed")
                .also(zone.at(), "the zone")
                .help("add a subnet of another zone"),
        );
    }
}
