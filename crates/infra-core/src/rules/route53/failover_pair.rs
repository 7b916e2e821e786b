//! `route53/failover-pair`: a failover set has two records, and the first can fail.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/failover-pair",
    code: "R53-011",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "failover set that is no pair",
    why: "a failover set is one PRIMARY and one SECONDARY of a name and type, and the primary has something \
          that can declare it unhealthy",
    error: Some("A non-alias primary ResourceRecordSet must have an associated health check"),
    sources: &[
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html",
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-failover.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Resources:
  One:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      TTL: "60"
      ResourceRecords: [192.0.2.10]
      SetIdentifier: one
      Failover: PRIMARY
      HealthCheckId: 6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a
  Two:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      TTL: "60"
      ResourceRecords: [192.0.2.20]
      SetIdentifier: two
      Failover: PRIMARY
#               ^
      HealthCheckId: 1f2e3d4c-4c1e-4a0b-8d3f-6d3c1e0b5b6a
"#,
    good: &[(
        r#"SetIdentifier: two
      Failover: PRIMARY"#,
        r#"SetIdentifier: two
      Failover: SECONDARY"#,
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for group in view.record_groups() {
        let role = |wanted: &'static str| {
            group
                .iter()
                .filter_map(move |record| record.get("Failover").filter(|it| it.is(wanted)).map(|it| (record, it)))
        };
        for wanted in ["PRIMARY", "SECONDARY"] {
            let mut same = role(wanted);
            if let (Some((_, first)), Some((second, at))) = (same.next(), same.next()) {
                let title = format!("`{}` has two {wanted} records", second.name().unwrap_or_default());
                cx.report(
                    at.finding(title, "the second")
                        .also(first.at(), "the first")
                        .help("make one of them the other role"),
                );
            }
        }
        for (record, at) in role("PRIMARY") {
            let alone = role("SECONDARY").next().is_none() && group.iter().all(|it| it.get("Failover").is_some());
            let unknown = group.iter().any(|it| it.get("Failover").is_some_and(|it| it.text().is_none()));
            if alone && !unknown && record.is_zone_whole() && group.len() == 1 {
                let title = format!("`{}` has a PRIMARY record and no SECONDARY", record.name().unwrap_or_default());
                cx.report(at.finding(title, "nothing to fail over to").help("add the SECONDARY record"));
            }
            if record.alias().is_none() && record.get("HealthCheckId").is_none() {
                let title = format!("primary record `{}` has no health check", record.name().unwrap_or_default());
                cx.report(at.finding(title, "never unhealthy").help("add a `HealthCheckId`"));
            }
        }
    }
}
