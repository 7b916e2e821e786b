//! `route53/missing-aaaa`: a name has a record for each family that its target answers on.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/missing-aaaa",
    code: "R53-005",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "name of an IPv6 distribution has no AAAA record",
    why: "a distribution with IPv6 answers on both families; without an AAAA alias nobody reaches it over IPv6",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-enable-ipv6.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: site.yaml region=us-east-1
Resources:
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        IPV6Enabled: true
        Aliases: [www.example.com]
        Origins:
          - Id: files
            DomainName: files.example.net
            CustomOriginConfig: { OriginProtocolPolicy: https-only }
        DefaultCacheBehavior:
          TargetOriginId: files
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
        ViewerCertificate:
          AcmCertificateArn: arn:aws:acm:us-east-1:111122223333:certificate/6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a
          SslSupportMethod: sni-only
          MinimumProtocolVersion: TLSv1.2_2021
  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: www.example.com
#           ^
      Type: A
      AliasTarget: { DNSName: !GetAtt Site.DomainName, HostedZoneId: Z2FDTNDATAQYW2 }
"#,
    good: &[("IPV6Enabled: true", "IPV6Enabled: false")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let Some(site) = record.alias().and_then(|alias| alias.distribution()) else { return };
    let Some(ipv6) = site.get("DistributionConfig.IPV6Enabled").filter(|it| it.bool() == Some(true)) else { return };
    let (Some(name), Some(zone), true) = (record.name(), record.zone(), record.is_type(&["A"])) else { return };
    if zone.sets(&name, "AAAA").any(|twin| twin.set_identifier() == record.set_identifier()) {
        return;
    }
    cx.report(
        record
            .finding(format!("`{name}` has an A record and no AAAA"), "IPv4 only")
            .also(ipv6.at(), "the distribution answers on IPv6")
            .help("add the same alias with `Type: AAAA`, or set `IPV6Enabled: false`"),
    );
}
