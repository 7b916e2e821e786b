//! `network/two-networks`: subnets and security groups of one resource are of one network.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "network/two-networks",
    code: "NET-017",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "subnets and security groups, or target groups, of two networks",
    why: "a security group, a target group and a subnet each belong to one network, and AWS refuses what is put together of two",
    error: Some("One or more security groups are invalid: not in the same VPC"),
    sources: &["https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  One:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.0.0.0/16 }
  Other:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.1.0.0/16 }
  Inner:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref One, CidrBlock: 10.0.0.0/20, AvailabilityZone: eu-west-1a }
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: files
      VpcId: !Ref Other
      SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 2049, ToPort: 2049, CidrIp: 10.0.0.0/16 }]
  Mount:
    Type: AWS::EFS::MountTarget
    Properties:
      FileSystemId: fs-0123456789abcdef0
      SubnetId: !Ref Inner
      SecurityGroups: [!Ref Group]
#                      ^
",
    good: &[("VpcId: !Ref Other", "VpcId: !Ref One")],
    check: Check::View(check),
};

/// What stands in subnets and has groups: type, path to the subnets, path to the groups.
const PLACED: &[(&str, &str, &str)] = &[
    ("AWS::ApiGatewayV2::VpcLink", "SubnetIds", "SecurityGroupIds"),
    ("AWS::EC2::Instance", "SubnetId", "SecurityGroupIds"),
    ("AWS::EC2::VPCEndpoint", "SubnetIds", "SecurityGroupIds"),
    (
        "AWS::ECS::Service",
        "NetworkConfiguration.AwsvpcConfiguration.Subnets",
        "NetworkConfiguration.AwsvpcConfiguration.SecurityGroups",
    ),
    ("AWS::EFS::MountTarget", "SubnetId", "SecurityGroups"),
    ("AWS::EKS::Cluster", "ResourcesVpcConfig.SubnetIds", "ResourcesVpcConfig.SecurityGroupIds"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Subnets", "SecurityGroups"),
    ("AWS::Lambda::Function", "VpcConfig.SubnetIds", "VpcConfig.SecurityGroupIds"),
    ("AWS::RDS::DBProxy", "VpcSubnetIds", "VpcSecurityGroupIds"),
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for (kind, subnets, groups) in PLACED {
        for resource in view.of(kind) {
            let Some(home) = network_of(&resource, subnets) else { continue };
            let groups = resource.properties().every(groups).into_iter().filter(|slot| !is_shared(view, slot));
            groups.for_each(|slot| judge(cx, &resource, &slot, &home));
        }
    }
    for listener in view.of("AWS::ElasticLoadBalancingV2::Listener") {
        let balancer = listener.get("LoadBalancerArn").and_then(|arn| arn.resource());
        let Some(home) = balancer.and_then(|it| network_of(&it, "Subnets")) else { continue };
        let actions = listener.properties();
        for path in ["DefaultActions.TargetGroupArn", "DefaultActions.ForwardConfig.TargetGroups.TargetGroupArn"] {
            actions.every(path).iter().for_each(|slot| judge(cx, &listener, slot, &home));
        }
    }
}

fn network_of<'v>(resource: &Resource<'v>, subnets: &str) -> Option<Resource<'v>> {
    let mut subnets = resource.properties().every(subnets).into_iter();
    subnets.find_map(|subnet| subnet.resource_of("AWS::EC2::Subnet")?.network())
}

/// Returns whether a security group is associated with other networks than its own.
///
/// Source: <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-assoc.html> (read 2026-12-01).
fn is_shared(view: &View<'_>, slot: &Prop<'_>) -> bool {
    let Some(group) = slot.resource() else { return false };
    let mut associations = view.of("AWS::EC2::SecurityGroupVpcAssociation");
    associations.any(|it| it.get("GroupId").and_then(|id| id.resource()).is_some_and(|it| it == group))
}

fn judge(cx: &mut Cx<'_>, resource: &Resource<'_>, slot: &Prop<'_>, home: &Resource<'_>) {
    let Some(named) = slot.resource() else { return };
    let Some(other) = named.network().filter(|other| other != home) else { return };
    cx.report(
        slot.finding(
            format!("`{}` is in network `{}`, and `{}` in `{}`", resource.id(), home.id(), named.id(), other.id()),
            format!("of network `{}`", other.id()),
        )
        .also(named.nearest("VpcId").at(), "its network")
        .help(format!("take one of network `{}`", home.id())),
    );
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn a_group_may_be_associated_with_a_second_network() {
        let association = "  Both: { Type: AWS::EC2::SecurityGroupVpcAssociation, Properties: { GroupId: !GetAtt Group.GroupId, VpcId: !Ref One } }\n";
        assert_eq!(of_rule(&super::RULE, super::RULE.bad).len(), 1);
        assert!(of_rule(&super::RULE, &format!("{}{association}", super::RULE.bad)).is_empty());
    }
}
