//! `cloudfront/regional-web-acl`: a distribution has a global web ACL.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/regional-web-acl",
    code: "CF-010",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "web ACL of a distribution is not a global one",
    why: "CloudFront takes web ACLs of scope CLOUDFRONT only, and those live in us-east-1",
    error: None,
    sources: &["https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: site.yaml region=us-east-1
Resources:
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        WebACLId: arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a
#                 ^
        Origins:
          - Id: files
            DomainName: files.example.net
            CustomOriginConfig: { OriginProtocolPolicy: https-only }
        DefaultCacheBehavior:
          TargetOriginId: files
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
"#,
    good: &[("arn:aws:wafv2:eu-west-1:111122223333:regional/", "arn:aws:wafv2:us-east-1:111122223333:global/")],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    let Some(used) = site.get("DistributionConfig.WebACLId") else { return };
    let help = "make a web ACL with `Scope: CLOUDFRONT` in a stack of us-east-1 and name that one";
    if let Some(acl) = used.resource_of("AWS::WAFv2::WebACL") {
        let scope = acl.get("Scope").filter(|scope| scope.is("REGIONAL"));
        let away = acl.region().filter(|region| region.as_str() != "us-east-1");
        if scope.is_none() && away.is_none() {
            return;
        }
        let place = scope.unwrap_or_else(|| acl.properties());
        let why = away.map_or_else(|| "a regional one".to_owned(), |region| format!("made in {region}"));
        cx.report(used.finding("CloudFront cannot use this web ACL", "named here").also(place.at(), why).help(help));
    } else if used.text().is_some_and(|arn| arn.contains(":regional/")) {
        cx.report(used.finding("CloudFront cannot use a regional web ACL", "a regional one").help(help));
    }
}
