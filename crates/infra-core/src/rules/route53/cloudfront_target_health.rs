//! `route53/cloudfront-target-health`: nothing evaluates the health of a distribution.

use crate::facts::hosted_zones::Service;
use crate::rules::prelude::*;
use crate::view::AliasService;

pub(super) const RULE: Rule = Rule {
    id: "route53/cloudfront-target-health",
    code: "R53-004",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "target health of a distribution is evaluated",
    why: "Route 53 cannot evaluate the health of CloudFront distributions, nor of edge-optimized API domains, \
          which are distributions",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Resources:
  Www:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: www.example.com
      Type: A
      AliasTarget:
        DNSName: d111111abcdef8.cloudfront.net
        HostedZoneId: Z2FDTNDATAQYW2
        EvaluateTargetHealth: true
#                             ^
"#,
    good: &[("EvaluateTargetHealth: true", "EvaluateTargetHealth: false")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let Some(alias) = record.alias() else { return };
    let global = |it: AliasService| matches!(it.service, Service::CloudFront | Service::CognitoDomain);
    let Some(written) = alias.prop.key("EvaluateTargetHealth").filter(|it| it.bool() == Some(true)) else { return };
    if alias.service().is_some_and(global) {
        cx.report(
            written
                .finding("the health of a distribution cannot be evaluated", "evaluates the target's health")
                .help("write `false`; for failover, give the record a health check of its own")
                .fix(written.replace("false")),
        );
    }
}
