//! `route53/self-checking-record`: a health check asks its own target.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/self-checking-record",
    code: "R53-015",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "health check asks the very name that it guards",
    why: "when the check follows the record that it decides about, it asks whichever target is answering and \
          calls the failed one healthy again",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Resources:
  Check:
    Type: AWS::Route53::HealthCheck
    Properties:
      HealthCheckConfig:
        Type: HTTPS
        FullyQualifiedDomainName: api.example.com
#                                 ^
        Port: 443
        ResourcePath: /readyz
        EnableSNI: true
  Primary:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      TTL: "60"
      ResourceRecords: [192.0.2.10]
      SetIdentifier: eu
      Failover: PRIMARY
      HealthCheckId: !Ref Check
"#,
    good: &[("FullyQualifiedDomainName: api.example.com", "FullyQualifiedDomainName: api-eu.example.com")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let Some(name) = record.name().filter(|_| record.routing().is_some()) else { return };
    let Some(check) = record.get("HealthCheckId").and_then(|id| id.resource_of("AWS::Route53::HealthCheck")) else {
        return;
    };
    let Some(host) = check.get("HealthCheckConfig.FullyQualifiedDomainName") else { return };
    // With an address the name is only sent in the request.
    let by_address = check.has("HealthCheckConfig.IPAddress");
    if !by_address && host.text().is_some_and(|host| host.trim_end_matches('.').eq_ignore_ascii_case(&name)) {
        cx.report(
            host.finding(format!("the check of `{name}` asks `{name}`"), "follows the record")
                .also(record.at(), "decides about this record")
                .help("check a name of this region alone, such as one with its own mapping and certificate"),
        );
    }
}
