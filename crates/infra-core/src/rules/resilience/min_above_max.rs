//! `resilience/min-above-max`: the least number is not above the most.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "resilience/min-above-max",
    code: "RES-014",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "least number of something is above the most",
    why: "what scales has a least number, a wanted one and a most, in this order; AWS refuses anything else",
    error: Some("Max bound, 2, must be greater than or equal to min bound, 4"),
    sources: &[
        "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html",
        "https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html",
        "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Fleet:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: "4"
#              ^
      MaxSize: "2"
      VPCZoneIdentifier: [subnet-0123456789abcde00]
      LaunchTemplate: { LaunchTemplateId: lt-0123456789abcdef0, Version: "1" }
"#,
    good: &[("MaxSize: \"2\"", "MaxSize: \"8\"")],
    check: Check::View(check),
};

/// Where each type holds the least, the wanted and the most, the wanted being empty where there is none.
const BOUNDS: &[(&str, &str, &str, &str)] = &[
    ("AWS::ApplicationAutoScaling::ScalableTarget", "MinCapacity", "", "MaxCapacity"),
    ("AWS::AutoScaling::AutoScalingGroup", "MinSize", "DesiredCapacity", "MaxSize"),
    ("AWS::EKS::Nodegroup", "ScalingConfig.MinSize", "ScalingConfig.DesiredSize", "ScalingConfig.MaxSize"),
    ("AWS::RDS::DBCluster", "ScalingConfiguration.MinCapacity", "", "ScalingConfiguration.MaxCapacity"),
    (
        "AWS::RDS::DBCluster",
        "ServerlessV2ScalingConfiguration.MinCapacity",
        "",
        "ServerlessV2ScalingConfiguration.MaxCapacity",
    ),
    ("AWS::RDS::DBInstance", "AllocatedStorage", "", "MaxAllocatedStorage"),
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for (kind, least, wanted, most) in BOUNDS {
        for resource in view.of(kind) {
            // The ends tell the most; the wanted number is judged where they are in order.
            for (low, high) in [(least, most), (least, wanted), (wanted, most)] {
                let (Some(below), Some(above)) = (resource.get(low), resource.get(high)) else { continue };
                let (Some(small), Some(large)) = (below.number(), above.number()) else { continue };
                if small <= large {
                    continue;
                }
                let name = |path: &str| path.rsplit('.').next().unwrap_or(path).to_owned();
                let title = format!("`{}` of `{}` is above its `{}`", name(low), resource.id(), name(high));
                cx.report(below.finding(title, format!("{small}")).also(above.at(), format!("{large}")).help(format!(
                    "write `{}` <= `{}`",
                    name(low),
                    name(high)
                )));
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn the_wanted_number_is_between_the_ends() {
        let count = |min: i64, wanted: i64, max: i64| {
            let yaml = format!(
                "Resources:\n  Nodes: {{ Type: AWS::EKS::Nodegroup, Properties: {{ ScalingConfig: {{ MinSize: {min}, DesiredSize: {wanted}, MaxSize: {max} }} }} }}\n"
            );
            of_rule(&super::RULE, &yaml).len()
        };
        assert_eq!(count(1, 2, 3), 0);
        assert_eq!(count(2, 2, 2), 0);
        assert_eq!(count(5, 5, 3), 1);
        assert_eq!(count(2, 1, 3), 1);
        assert_eq!(count(1, 4, 3), 1);
    }
}
