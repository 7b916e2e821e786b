//! `network/taken-place`: a route, or an entry of a network ACL, has its place alone.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "network/taken-place",
    code: "NET-018",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "second route to one destination, or second entry with one number",
    why: "a route table has one route to each destination, and a network ACL one entry with each number and direction; the second is refused",
    error: Some("The route identified by 0.0.0.0/0 already exists"),
    sources: &["https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Out:
    Type: AWS::EC2::Route
    Properties: { RouteTableId: rtb-0123456789abcdef0, DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: nat-0123456789abcdef0 }
  Again:
    Type: AWS::EC2::Route
    Properties: { RouteTableId: rtb-0123456789abcdef0, DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: nat-0123456789abcdef1 }
#                                                                            ^
",
    good: &[("0.0.0.0/0, NatGatewayId: nat-0123456789abcdef1", "10.9.0.0/16, NatGatewayId: nat-0123456789abcdef1")],
    check: Check::View(check),
};

/// Type and the properties that make its place; of the last it must be written, the others may be left out in both.
const PLACES: &[(&str, &[&str])] = &[
    ("AWS::EC2::NetworkAclEntry", &["NetworkAclId", "Egress", "RuleNumber"]),
    ("AWS::EC2::Route", &["RouteTableId", "DestinationCidrBlock"]),
    ("AWS::EC2::Route", &["RouteTableId", "DestinationIpv6CidrBlock"]),
    ("AWS::EC2::Route", &["RouteTableId", "DestinationPrefixListId"]),
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for (kind, keys) in PLACES {
        let Some(last) = keys.last() else { continue };
        let all: Vec<Resource<'_>> = view.of(kind).filter(|it| it.has(last)).collect();
        for (at, resource) in all.iter().enumerate() {
            let Some(first) = all.iter().take(at).find(|other| is_same(keys, resource, other)) else { continue };
            let Some(written) = resource.get(last) else { continue };
            cx.report(
                written
                    .finding(format!("`{}` takes the place of `{}`", resource.id(), first.id()), "the second one")
                    .also(first.nearest(last).at(), "the first one")
                    .help(format!("choose another `{last}`, or leave one out")),
            );
        }
    }
}

fn is_same(keys: &[&str], one: &Resource<'_>, other: &Resource<'_>) -> bool {
    one.stack() == other.stack()
        && keys.iter().all(|key| match (one.get(key), other.get(key)) {
            (Some(one), Some(other)) => one.is_same(&other) && !one.is(""),
            (None, None) => true,
            // The direction of an entry is inward where nothing is said.
            (Some(only), None) | (None, Some(only)) => *key == "Egress" && only.bool() == Some(false),
        })
}
