//! `network/foreign-zone`: availability zones are of the region of the stack.

use crate::facts::regions;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "network/foreign-zone",
    code: "NET-013",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "availability zone of another region",
    why: "a zone is named by its region and a letter, and a stack makes its resources in the zones of its own region",
    error: Some("Value (us-east-1b) for parameter availabilityZone is invalid"),
    sources: &["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Inner:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: vpc-0123456789abcdef0, CidrBlock: 10.0.0.0/20, AvailabilityZone: us-east-1b }
#                                                                                         ^
",
    good: &[("us-east-1b", "eu-west-1b")],
    check: Check::View(check),
};

/// Properties that hold zones, by type.
const ZONES: &[(&str, &str)] = &[
    ("AWS::AutoScaling::AutoScalingGroup", "AvailabilityZones"),
    ("AWS::EC2::CapacityReservation", "AvailabilityZone"),
    ("AWS::EC2::Instance", "AvailabilityZone"),
    ("AWS::EC2::LaunchTemplate", "LaunchTemplateData.Placement.AvailabilityZone"),
    ("AWS::EC2::Subnet", "AvailabilityZone"),
    ("AWS::EC2::Volume", "AvailabilityZone"),
    ("AWS::ElastiCache::CacheCluster", "PreferredAvailabilityZone"),
    ("AWS::ElastiCache::ReplicationGroup", "PreferredCacheClusterAZs"),
    ("AWS::ElasticLoadBalancing::LoadBalancer", "AvailabilityZones"),
    ("AWS::RDS::DBCluster", "AvailabilityZones"),
    ("AWS::RDS::DBInstance", "AvailabilityZone"),
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for (kind, path) in ZONES {
        for resource in view.of(kind) {
            let Some(home) = resource.region() else { continue };
            for zone in resource.each(path) {
                let Some(text) = zone.text().filter(|text| is_foreign(text, home.as_str())) else { continue };
                // What a parameter or a mapping gives, who deploys can choose otherwise.
                let severity = if zone.is_computed() { Severity::Warning } else { Severity::Error };
                cx.report_as(
                    severity,
                    zone.finding(
                        format!("zone `{text}` of `{}` is not in {home}", resource.id()),
                        format!("the stack is in {home}"),
                    )
                    .help(format!("write a zone of {home}, or `!Select [0, !GetAZs \"\"]`")),
                );
            }
        }
    }
}

/// Whether a text has the form of a zone and is none of `home`; local zones have longer names.
fn is_foreign(zone: &str, home: &str) -> bool {
    let region = zone.strip_suffix(|c: char| c.is_ascii_lowercase()).unwrap_or(zone);
    regions::find(region).is_some() && (region != home || region == zone)
}

#[cfg(test)]
mod tests {
    use super::is_foreign;

    #[test]
    fn a_region_is_no_zone_and_a_local_zone_is_one() {
        assert!(is_foreign("us-east-1b", "eu-west-1"));
        assert!(is_foreign("eu-west-1", "eu-west-1"));
        assert!(!is_foreign("eu-west-1c", "eu-west-1"));
        assert!(!is_foreign("us-west-2-lax-1a", "us-west-2"));
    }
}
