//! `cloudfront/signed-website`: signed requests go to the bucket itself.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/signed-website",
    code: "CF-013",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "origin access control on a website endpoint",
    why: "website endpoints of S3 speak plain HTTP and know no signed requests; an access control works with \
          the bucket's own endpoint only",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html",
        "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html",
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
        Origins:
          - Id: files
            DomainName: files.example.com.s3-website-eu-west-1.amazonaws.com
#                       ^
            OriginAccessControlId: E2EXAMPLE0000
            CustomOriginConfig: { OriginProtocolPolicy: http-only }
        DefaultCacheBehavior:
          TargetOriginId: files
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
"#,
    good: &[(
        r#"DomainName: files.example.com.s3-website-eu-west-1.amazonaws.com
#"#,
        r#"DomainName: files.example.com.s3.eu-west-1.amazonaws.com
#"#,
    )],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    for origin in site.each("DistributionConfig.Origins") {
        let (Some(domain), Some(control)) = (origin.key("DomainName"), origin.key("OriginAccessControlId")) else {
            continue;
        };
        let by_attribute = domain.mentions().iter().any(|it| it.kind() == "AWS::S3::Bucket")
            && domain.target().is_some_and(|target| target.attribute == Some("WebsiteURL"));
        let by_name = domain.pattern().contains(".s3-website");
        if (by_attribute || by_name) && !control.is("") {
            cx.report(
                domain
                    .finding("a website endpoint takes no signed requests", "a website endpoint")
                    .also(control.at(), "signs requests")
                    .help("use the bucket's own endpoint, `!GetAtt <Bucket>.RegionalDomainName`"),
            );
        }
    }
}
