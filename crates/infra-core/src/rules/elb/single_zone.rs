//! `elb/single-zone`: an API survives the loss of a zone.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/single-zone",
    code: "LINK-016",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "all traffic of an API goes through one zone",
    why: "a VPC link or Network Load Balancer with one subnet goes down with the zone of that subnet, and the \
          API with it",
    error: None,
    sources: &["https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  LinkGroup:
    Type: AWS::EC2::SecurityGroup
    Properties: { GroupDescription: VPC link, VpcId: vpc-0a1b2c3d }
  Link:
    Type: AWS::ApiGatewayV2::VpcLink
    Properties: { Name: shop, SubnetIds: [subnet-0a1b2c3d], SecurityGroupIds: [!Ref LinkGroup] }
#                                         ^
",
    good: &[("[subnet-0a1b2c3d]", "[subnet-0a1b2c3d, subnet-1a2b3c4d]")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::VpcLink"], check),
};

fn check(cx: &mut Cx<'_>, resource: Resource<'_>) {
    if resource.kind() == "AWS::ApiGatewayV2::VpcLink" {
        report(cx, &resource, "SubnetIds", "link");
    } else if let Some(path) = super::link_path(&resource) {
        report(cx, &path.balancer, "Subnets", "balancer");
        report(cx, &path.balancer, "SubnetMappings", "balancer");
    }
}

fn report(cx: &mut Cx<'_>, resource: &Resource<'_>, key: &str, noun: &str) {
    let Some(subnets) = resource.get(key).filter(Prop::is_list) else { return };
    let mut items = subnets.items();
    let (Some(single), None) = (items.next(), items.next()) else { return };
    // A parameter may hold a list.
    if !is_one(&single) {
        return;
    }
    cx.report(
        single
            .finding(format!("{noun} `{}` is in one zone", resource.id()), "the only subnet")
            .help("add a subnet of another availability zone"),
    );
}

fn is_one(subnet: &Prop<'_>) -> bool {
    subnet.is_object() || subnet.text().is_some() || subnet.resource_of("AWS::EC2::Subnet").is_some()
}
