//! `cloudfront/old-tls`: viewers use TLS 1.2 or later.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/old-tls",
    code: "CF-011",
    severity: Severity::Warning,
    phase: Phase::Security,
    title: "distribution takes old TLS versions",
    why: "without a minimum, or with one of the old policies, viewers may use TLS 1.0 and 1.1",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html",
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
          MinimumProtocolVersion: TLSv1
#                                 ^
"#,
    good: &[(
        r#"MinimumProtocolVersion: TLSv1
"#,
        r#"MinimumProtocolVersion: TLSv1.2_2021
"#,
    )],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

const OLD: &[&str] = &["SSLv3", "TLSv1", "TLSv1_2016", "TLSv1.1_2016"];

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    let Some(viewer) = site.get("DistributionConfig.ViewerCertificate") else { return };
    // With CloudFront's own certificate the minimum cannot be chosen.
    let own = viewer.key("CloudFrontDefaultCertificate").is_some_and(|own| own.bool() == Some(true));
    match viewer.key("MinimumProtocolVersion") {
        Some(minimum) if minimum.is_one_of(OLD) && !own => cx.report(
            minimum
                .finding(format!("`{}` takes TLS older than 1.2", site.id()), "an old policy")
                .help("write `TLSv1.2_2021` or later")
                .fix(minimum.replace("TLSv1.2_2021")),
        ),
        None if viewer.key("AcmCertificateArn").is_some() => cx.report(
            viewer
                .finding(format!("`{}` does not say which TLS it takes", site.id()), "no `MinimumProtocolVersion`")
                .help("add `MinimumProtocolVersion: TLSv1.2_2021`"),
        ),
        Some(_) | None => {}
    }
}
