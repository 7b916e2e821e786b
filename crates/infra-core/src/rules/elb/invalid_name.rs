//! `elb/invalid-name`: names are such that AWS takes them.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/invalid-name",
    code: "LINK-019",
    severity: Severity::Warning,
    phase: Phase::Deploy,
    title: "name that a load balancer or target group cannot have",
    why: "such a name has at most 32 letters, digits and hyphens, none at its ends, and that of a load \
          balancer does not start with `internal-`; a name that CloudFormation makes fits and never collides",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html",
    ],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: { Name: orders-, Protocol: HTTP, Port: 8080, TargetType: ip, VpcId: vpc-0a1b2c3d }
#                       ^
",
    good: &[("Name: orders-", "Name: orders")],
    check: Check::Resources(
        &["AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::TargetGroup"],
        check,
    ),
};

/// Longest name. Unit: characters.
const LONGEST: usize = 32;

fn check(cx: &mut Cx<'_>, resource: Resource<'_>) {
    let Some(name) = resource.get("Name") else { return };
    let Some(text) = name.text() else { return };
    let problem = if text.chars().count() > LONGEST {
        "longer than 32 characters"
    } else if !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        "letters, digits and hyphens only"
    } else if text.starts_with('-') || text.ends_with('-') {
        "starts or ends with a hyphen"
    } else if resource.kind().ends_with("::LoadBalancer") && text.starts_with("internal-") {
        "`internal-` is kept for AWS"
    } else {
        return;
    };
    cx.report(name.finding(format!("`{text}` cannot be a name"), problem).help("leave `Name` out"));
}
