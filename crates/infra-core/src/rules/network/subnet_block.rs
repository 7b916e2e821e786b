//! `network/subnet-block`: the blocks of subnets lie in their network and do not overlap.

use crate::names::Cidr;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "network/subnet-block",
    code: "NET-015",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "block of a subnet that is taken, or outside of its network",
    why: "the block of a subnet is a part of a block of its network, of 16 to 65,536 addresses, that no other subnet of the network has",
    error: Some("The CIDR '10.0.0.0/20' conflicts with another subnet"),
    sources: &["https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Network:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.0.0.0/16 }
  One:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref Network, CidrBlock: 10.0.0.0/20, AvailabilityZone: eu-west-1a }
  Two:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref Network, CidrBlock: 10.0.8.0/24, AvailabilityZone: eu-west-1b }
#                                                 ^
",
    good: &[("10.0.8.0/24", "10.0.16.0/24")],
    check: Check::Resources(&["AWS::EC2::VPC"], check),
};

fn check(cx: &mut Cx<'_>, network: Resource<'_>) {
    let blocks = blocks_of(&network);
    let mut seen: Vec<(Resource<'_>, Prop<'_>, Cidr)> = Vec::new();
    for subnet in network.referrers_of("AWS::EC2::Subnet").filter(|it| it.network() == Some(network)) {
        let Some((written, block)) = subnet.get("CidrBlock").and_then(|it| Some((it, it.text()?.parse().ok()?))) else {
            continue;
        };
        let block: Cidr = block;
        // What a parameter gives, who deploys can choose otherwise.
        let severity = if written.is_computed() { Severity::Warning } else { Severity::Error };
        if let Some(blocks) = blocks.as_ref().filter(|blocks| !blocks.iter().any(|it| it.contains(&block))) {
            let of: Vec<String> = blocks.iter().map(ToString::to_string).collect();
            cx.report_as(
                severity,
                written
                    .finding(format!("block of subnet `{}` is not in its network", subnet.id()), "outside")
                    .also(network.nearest("CidrBlock").at(), format!("the network has {}", of.join(", ")))
                    .help("choose a block that is a part of one of the network's"),
            );
        } else if !(16..=28).contains(&block.prefix_len()) {
            cx.report_as(
                severity,
                written
                    .finding(
                        format!("block of subnet `{}` has a size that no subnet has", subnet.id()),
                        "from /16 to /28",
                    )
                    .help("choose a block from /16 to /28"),
            );
        } else if let Some((other, first, _)) = seen.iter().find(|(_, _, it)| it.overlaps(&block)) {
            cx.report_as(
                severity,
                written
                    .finding(format!("subnets `{}` and `{}` overlap", other.id(), subnet.id()), "taken in part")
                    .also(first.at(), format!("the block of `{}`", other.id()))
                    .help("choose a block that no other subnet of the network has"),
            );
        }
        seen.push((subnet, written, block));
    }
}

/// The blocks of a network, if all are known.
fn blocks_of(network: &Resource<'_>) -> Option<Vec<Cidr>> {
    let more = network.referrers_of("AWS::EC2::VPCCidrBlock").filter(|it| !it.has("AmazonProvidedIpv6CidrBlock"));
    let written = network.get("CidrBlock").into_iter().chain(more.map(|it| it.nearest("CidrBlock")));
    let blocks: Option<Vec<Cidr>> = written.map(|it| it.text()?.parse().ok()).collect();
    blocks.filter(|blocks| !blocks.is_empty())
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn sizes_and_further_blocks_count() {
        let with = |block: &str, more: &str| {
            of_rule(&super::RULE, &format!("{}{more}", super::RULE.good_example().replace("10.0.16.0/24", block))).len()
        };
        assert_eq!(with("10.1.0.0/24", ""), 1);
        let more =
            "  More: { Type: AWS::EC2::VPCCidrBlock, Properties: { VpcId: !Ref Network, CidrBlock: 10.1.0.0/16 } }\n";
        assert_eq!(with("10.1.0.0/24", more), 0);
        assert_eq!(with("10.0.16.0/29", ""), 1);
        assert_eq!(with("10.0.16.0/28", ""), 0);
        assert_eq!(with("10.0.15.0/24", ""), 1);
    }
}
