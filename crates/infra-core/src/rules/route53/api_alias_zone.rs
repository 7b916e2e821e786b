//! `route53/api-alias-zone`: an alias to an API domain names the zone of the API's region.

use crate::facts::hosted_zones::Service;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/api-alias-zone",
    code: "R53-002",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "alias to an API domain names the hosted zone of another region",
    why: "a regional API domain is in the `execute-api` zone of its own region, an edge-optimized one is a \
          CloudFront name",
    error: Some(
        "Tried to create an alias that targets …, type A in zone …, but the alias target name does not lie \
         within the target zone",
    ),
    sources: &[
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html",
        "https://docs.aws.amazon.com/general/latest/gr/apigateway.html",
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
        DNSName: d-a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com
        HostedZoneId: Z1UJRXOUMOOFQ8
#                     ^
"#,
    good: &[("Z1UJRXOUMOOFQ8", "ZLY8HYME6SFDD")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    super::alias_zone(cx, &record, |service| service == Service::ApiGatewayRegional);
}
