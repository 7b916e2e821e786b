//! `route53/cloudfront-failover`: failover inside CloudFront is its own.

use crate::facts::hosted_zones::Service;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/cloudfront-failover",
    code: "R53-036",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "primary and secondary are both CloudFront",
    why: "a name can be an alternate domain name of one distribution only, so the second distribution does not \
          answer for it",
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
      Name: www.example.com
      Type: A
      SetIdentifier: one
      Failover: PRIMARY
      HealthCheckId: 6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a
      AliasTarget: { DNSName: d111111abcdef8.cloudfront.net, HostedZoneId: Z2FDTNDATAQYW2 }
  Secondary:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: www.example.com
      Type: A
      SetIdentifier: two
      Failover: SECONDARY
      AliasTarget: { DNSName: d222222abcdef8.cloudfront.net, HostedZoneId: Z2FDTNDATAQYW2 }
#                             ^
"#,
    good: &[(
        "DNSName: d222222abcdef8.cloudfront.net, HostedZoneId: Z2FDTNDATAQYW2",
        "DNSName: s3-website-eu-west-1.amazonaws.com, HostedZoneId: Z1BKCTXD74EZPE",
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for group in view.record_groups() {
        let target = |role: &str| {
            let record = group.iter().find(|record| record.get("Failover").is_some_and(|it| it.is(role)))?;
            let alias = record.alias()?;
            alias.dns_name().filter(|_| alias.service().is_some_and(|it| it.service == Service::CloudFront))
        };
        if let (Some(primary), Some(secondary)) = (target("PRIMARY"), target("SECONDARY")) {
            cx.report(
                secondary
                    .finding("two distributions cannot serve one name", "the second")
                    .also(primary.at(), "the first")
                    .help("use one distribution with an origin group that fails over"),
            );
        }
    }
}
