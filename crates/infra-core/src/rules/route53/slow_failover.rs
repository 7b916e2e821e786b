//! `route53/slow-failover`: answers that change with health are not kept for long.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/slow-failover",
    code: "R53-031",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "long TTL on records that change with health",
    why: "resolvers keep the old answer for the whole TTL; AWS recommends 60 seconds or less for records with \
          health checks, and the sets of a weighted group share one TTL",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Resources:
  Primary:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      TTL: "3600"
#          ^
      ResourceRecords: [192.0.2.10]
      SetIdentifier: eu
      Failover: PRIMARY
      HealthCheckId: 6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a
"#,
    good: &[(r#"TTL: "3600""#, r#"TTL: "60""#)],
    check: Check::View(check),
};

/// Longest TTL that AWS recommends for records with health checks.
///
/// Unit: seconds. Source: <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html> (read
/// 2026-11-22).
const MAX_TTL: i64 = 60;

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for group in view.record_groups() {
        for record in group.iter().filter(|record| record.routing().is_some() && record.get("HealthCheckId").is_some())
        {
            let Some(ttl) = record.get("TTL") else { continue };
            if let Some(seconds) = ttl.int().filter(|seconds| *seconds > MAX_TTL) {
                cx.report(
                    ttl.finding(format!("a change of health is seen after {seconds} seconds"), "kept this long")
                        .help("write 60 or less")
                        .fix(ttl.replace("60")),
                );
            }
        }
        let mut weighted = group.iter().filter(|record| record.get("Weight").is_some()).filter_map(|it| it.get("TTL"));
        let Some(first) = weighted.next() else { continue };
        let differs = |other: &Prop<'_>| other.int().zip(first.int()).is_some_and(|(one, other)| one != other);
        if let Some(other) = weighted.find(differs) {
            cx.report(
                other
                    .finding("weighted records of one name have different TTLs", "differs")
                    .also(first.at(), "from this one")
                    .help("give all of them one TTL"),
            );
        }
    }
}
