//! `network/repeated-rule`: a security group has each rule once.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "network/repeated-rule",
    code: "NET-011",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "security group with one rule twice",
    why: "rules of a security group are told apart by protocol, ports and peer, not by their description; a rule that is there \
          already is refused",
    error: Some("the specified rule \"peer: 10.0.0.0/8, TCP, from port: 443, to port: 443, ALLOW\" already exists"),
    sources: &["https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      VpcId: vpc-0123456789abcdef0
      SecurityGroupIngress:
        - { IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8, Description: pods }
        - { IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8, Description: office }
#           ^
"#,
    good: &[("CidrIp: 10.0.0.0/8, Description: office", "CidrIp: 172.16.0.0/12, Description: office")],
    check: Check::Resources(&["AWS::EC2::SecurityGroup"], check),
};

/// What tells rules apart.
const KEYS: &[&str] = &[
    "IpProtocol",
    "FromPort",
    "ToPort",
    "CidrIp",
    "CidrIpv6",
    "SourceSecurityGroupId",
    "SourceSecurityGroupName",
    "SourcePrefixListId",
    "DestinationSecurityGroupId",
    "DestinationPrefixListId",
];

fn check(cx: &mut Cx<'_>, group: Resource<'_>) {
    for (own, apart) in [
        ("SecurityGroupIngress", "AWS::EC2::SecurityGroupIngress"),
        ("SecurityGroupEgress", "AWS::EC2::SecurityGroupEgress"),
    ] {
        let of_group = |it: &Resource<'_>| it.get("GroupId").and_then(|id| id.resource()) == Some(group);
        let apart = group.referrers_of(apart).filter(of_group).map(|rule| rule.properties());
        let rules: Vec<Prop<'_>> = group.each(own).filter(Prop::is_object).chain(apart).collect();
        for (at, rule) in rules.iter().enumerate() {
            let Some(first) = rules.iter().take(at).find(|other| is_same(rule, other)) else { continue };
            cx.report(
                rule.finding(format!("security group `{}` has one rule twice", group.id()), "the second one")
                    .also(first.at(), "the same protocol, ports and peer")
                    .help("leave one of them out; a description does not make it another rule"),
            );
        }
    }
}

fn is_same(one: &Prop<'_>, other: &Prop<'_>) -> bool {
    KEYS.iter().all(|key| match (one.key(key), other.key(key)) {
        (Some(one), Some(other)) => one.is_same(&other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    })
}
