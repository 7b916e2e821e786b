//! `cloudfront/alias-taken`: one name, one distribution.

use std::collections::BTreeMap;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/alias-taken",
    code: "CF-012",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "alternate domain name of two distributions",
    why: "a name belongs to one distribution in the whole world; edge-optimized API domains and sign-in \
          domains are distributions too",
    error: Some(
        "CNAMEAlreadyExists: One or more of the CNAMEs you provided are already associated with a different \
         resource.",
    ),
    sources: &["https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html"],
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
          MinimumProtocolVersion: TLSv1.2_2021
#: other.yaml region=us-east-1
Resources:
  Other:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Aliases: [www.example.com]
#                 ^
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
"#,
    good: &[(
        r#"[www.example.com]
#"#,
        r#"[www2.example.com]
#"#,
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let aliases = view
        .of("AWS::CloudFront::Distribution")
        .flat_map(|site| site.each("DistributionConfig.Aliases").map(move |name| (site, name)));
    let others = view.served().into_iter().filter(|served| served.edge);
    let others = others.filter(|served| served.endpoint.kind() != "AWS::CloudFront::Distribution");
    let mut known: BTreeMap<String, (Resource<'_>, Prop<'_>)> = BTreeMap::new();
    for (endpoint, name) in aliases.chain(others.map(|served| (served.endpoint, served.name))) {
        let Some(text) = name.text().map(|text| text.to_ascii_lowercase()) else { continue };
        match known.get(&text) {
            Some((first, at)) if *first != endpoint => cx.report(
                name.finding(format!("`{text}` belongs to `{}` already", first.id()), format!("`{}`", endpoint.id()))
                    .also(at.at(), format!("`{}`", first.id()))
                    .help("keep the name on one of them; to move it between distributions use AssociateAlias"),
            ),
            Some(_) => {}
            None => {
                known.insert(text, (endpoint, name));
            }
        }
    }
}
