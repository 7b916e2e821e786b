//! `route53/cloudfront-alias-zone`: an alias to a distribution names CloudFront's zone.

use crate::facts::hosted_zones::Service;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/cloudfront-alias-zone",
    code: "R53-035",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "alias to CloudFront names another hosted zone",
    why: "distributions are in the zone Z2FDTNDATAQYW2, those of the China partition in Z3RFFRIM2A3IF5",
    error: Some(
        "Tried to create an alias that targets …, type A in zone …, but the alias target name does not lie \
         within the target zone",
    ),
    sources: &[
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html",
        "https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_route53-readme.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml region=cn-north-1
Resources:
  Www:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: www.example.com
      Type: A
      AliasTarget:
        DNSName: d111111abcdef8.cloudfront.cn
        HostedZoneId: Z2FDTNDATAQYW2
#                     ^
"#,
    good: &[("Z2FDTNDATAQYW2", "Z3RFFRIM2A3IF5")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    super::alias_zone(cx, &record, |service| service == Service::CloudFront);
}
