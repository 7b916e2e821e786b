//! `route53/unserved-alias`: what points to a distribution is one of its names.

use crate::rules::prelude::*;
use crate::view::glob;

pub(super) const RULE: Rule = Rule {
    id: "route53/unserved-alias",
    code: "R53-003",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "distribution does not serve the name that points to it",
    why: "a distribution answers only for its alternate domain names; a browser that comes by another name \
          gets a 403 or a certificate of another name",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: site.yaml region=us-east-1
Resources:
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        IPV6Enabled: false
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
      Name: shop.example.com
#           ^
      Type: A
      AliasTarget: { DNSName: !GetAtt Site.DomainName, HostedZoneId: Z2FDTNDATAQYW2 }
"#,
    good: &[("Name: shop.example.com", "Name: www.example.com")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let Some(site) = record.alias().and_then(|alias| alias.distribution()) else { return };
    let Some(name) = record.name() else { return };
    let aliases = site.get("DistributionConfig.Aliases");
    let names = aliases.into_iter().flat_map(|aliases| aliases.items());
    let serves = |alias: Prop<'_>| alias.text().is_none_or(|alias| glob(&alias.to_ascii_lowercase(), &name));
    if names.into_iter().any(serves) {
        return;
    }
    let place = aliases.unwrap_or_else(|| site.properties());
    cx.report(
        record
            .finding(format!("distribution `{}` does not serve `{name}`", site.id()), "points to the distribution")
            .also(place.at(), "its alternate domain names")
            .help(format!("add `{name}` to `Aliases` and to the distribution's certificate")),
    );
}
