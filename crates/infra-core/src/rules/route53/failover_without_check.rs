//! `route53/failover-without-check`: failover to another region has a trigger.

use crate::facts::hosted_zones::Service;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/failover-without-check",
    code: "R53-010",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "failover that nothing triggers",
    why: "API Gateway, S3 websites and interface endpoints always count as healthy to Route 53, so evaluating \
          their health never fails over; only a health check of the record does",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html"],
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
      SetIdentifier: eu
      Failover: PRIMARY
#               ^
      AliasTarget:
        DNSName: d-a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com
        HostedZoneId: ZLY8HYME6SFDD
        EvaluateTargetHealth: true
"#,
    good: &[(
        "Failover: PRIMARY",
        r#"Failover: PRIMARY
      HealthCheckId: 6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a"#,
    )],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let Some(primary) = record.get("Failover").filter(|failover| failover.is("PRIMARY")) else { return };
    let Some(alias) = record.alias().filter(|_| record.get("HealthCheckId").is_none()) else { return };
    let always = |service| matches!(service, Service::ApiGatewayRegional | Service::S3Website | Service::VpcEndpoint);
    if !alias.service().is_some_and(|it| always(it.service)) {
        return;
    }
    let mut finding = primary.finding("this record never fails over", "no health check");
    if let Some(target) = alias.dns_name() {
        finding = finding.also(target.at(), "always healthy to Route 53");
    }
    cx.report(finding.help("add a `HealthCheckId` of a check that requests the endpoint of this region"));
}
