//! `route53/private-cloudfront-alias`: aliases to distributions stand in public zones.

use crate::facts::hosted_zones::Service;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/private-cloudfront-alias",
    code: "R53-006",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "alias to CloudFront in a private zone",
    why: "Route 53 makes no alias to a distribution in a private hosted zone",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Parameters:
  Vpc: { Type: "AWS::EC2::VPC::Id" }
Resources:
  Inside:
    Type: AWS::Route53::HostedZone
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: { Name: example.com, VPCs: [{ VPCId: !Ref Vpc, VPCRegion: eu-west-1 }] }
  Www:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: !Ref Inside
      Name: www.example.com
      Type: A
      AliasTarget:
        DNSName: d111111abcdef8.cloudfront.net
#                ^
        HostedZoneId: Z2FDTNDATAQYW2
"#,
    good: &[(", VPCs: [{ VPCId: !Ref Vpc, VPCRegion: eu-west-1 }] }", " }")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let (Some(alias), Some(zone)) = (record.alias(), record.zone()) else { return };
    let cloudfront = alias.service().is_some_and(|it| it.service == Service::CloudFront);
    let (Some(target), true, Some(true)) = (alias.dns_name(), cloudfront, zone.private()) else { return };
    let mut finding = target.finding("a private zone cannot hold an alias to CloudFront", "a distribution");
    if let Some(made) = zone.resource() {
        finding = finding.also(made.at(), "this zone is private");
    }
    cx.report(finding.help("put the record into the public zone, or make it a CNAME"));
}
