//! `route53/alias-zone`: an alias names the hosted zone of its target.

use crate::facts::hosted_zones::Service;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/alias-zone",
    code: "R53-001",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "alias names the hosted zone of another service or region",
    why: "every kind of alias target has a hosted zone of its own in each region; those of Application and \
          Network Load Balancers differ even in one region",
    error: Some(
        "Tried to create an alias that targets …, type A in zone …, but the alias target name does not lie \
         within the target zone",
    ),
    sources: &[
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html",
        "https://docs.aws.amazon.com/general/latest/gr/elb.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Resources:
  Api:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      AliasTarget:
        DNSName: orders-1a2b3c4d5e6f7a8b.elb.us-west-2.amazonaws.com
        HostedZoneId: Z1H1FL5HABSF5
#                     ^
"#,
    good: &[("Z1H1FL5HABSF5", "Z18D5FSROUN65G")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let own = |service| !matches!(service, Service::ApiGatewayRegional | Service::CloudFront);
    super::alias_zone(cx, &record, own);
}
