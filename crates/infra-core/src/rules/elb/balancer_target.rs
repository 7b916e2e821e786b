//! `elb/balancer-target`: a balancer behind a balancer is alone and speaks TCP.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/balancer-target",
    code: "LINK-009",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "target group for a load balancer that cannot be",
    why: "a target group whose target is an Application Load Balancer speaks TCP and holds that one balancer",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html",
    ],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: { TargetType: alb, Protocol: HTTP, Port: 80, VpcId: vpc-0a1b2c3d }
#                                            ^
",
    good: &[("Protocol: HTTP", "Protocol: TCP")],
    check: Check::Resources(&["AWS::ElasticLoadBalancingV2::TargetGroup"], check),
};

fn check(cx: &mut Cx<'_>, group: Resource<'_>) {
    if !group.get("TargetType").is_some_and(|kind| kind.is("alb")) {
        return;
    }
    if let Some(protocol) = group.get("Protocol").filter(|protocol| protocol.text().is_some_and(|it| it != "TCP")) {
        cx.report(
            protocol
                .finding(format!("target group `{}` of a load balancer speaks TCP only", group.id()), "not TCP")
                .help("write `Protocol: TCP`")
                .fix(protocol.replace("TCP")),
        );
    }
    if let Some(second) = group.each("Targets").nth(1) {
        cx.report(
            second
                .finding(format!("target group `{}` can hold one load balancer", group.id()), "one too many")
                .help("make a target group for each load balancer"),
        );
    }
}
