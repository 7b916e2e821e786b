//! `cloudfront/root-object-slash`: the root object is a name.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/root-object-slash",
    code: "CF-015",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "default root object begins with a slash",
    why: "the default root object is a name, not a path; with a slash CloudFront asks the origin for another \
          object",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DefaultRootObject.html",
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
        DefaultRootObject: /index.html
#                          ^
        Origins:
          - Id: files
            DomainName: files.example.net
            CustomOriginConfig: { OriginProtocolPolicy: https-only }
        DefaultCacheBehavior:
          TargetOriginId: files
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
"#,
    good: &[("DefaultRootObject: /index.html", "DefaultRootObject: index.html")],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    let Some(root) = site.get("DistributionConfig.DefaultRootObject") else { return };
    let Some(text) = root.text().filter(|text| text.starts_with('/')) else { return };
    let right = text.trim_start_matches('/').to_owned();
    cx.report(
        root.finding("the page at `/` is not found", "begins with a slash")
            .help(format!("write `{right}`"))
            .fix(root.replace(&right)),
    );
}
