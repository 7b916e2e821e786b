//! `cloudfront/failover-of-writes`: failover is for reads.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/failover-of-writes",
    code: "CF-005",
    severity: Severity::Warning,
    phase: Phase::Design,
    title: "origin group is to fail over for writes",
    why: "CloudFront fails over for GET, HEAD and OPTIONS only; a POST or PUT that fails is answered with the \
          failure",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html",
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
            DomainName: files.example.net
            CustomOriginConfig: { OriginProtocolPolicy: https-only }
          - Id: spare
            DomainName: spare.example.net
            CustomOriginConfig: { OriginProtocolPolicy: https-only }
        OriginGroups:
          Quantity: 1
          Items:
            - Id: both
              FailoverCriteria: { StatusCodes: { Quantity: 1, Items: [503] } }
              Members: { Quantity: 2, Items: [{ OriginId: files }, { OriginId: spare }] }
        DefaultCacheBehavior:
          TargetOriginId: both
          ViewerProtocolPolicy: redirect-to-https
          AllowedMethods: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]
#         ^
          CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
"#,
    good: &[("[GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]", "[GET, HEAD, OPTIONS]")],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    for behaviour in super::behaviours(&site) {
        let Some(target) = behaviour.key("TargetOriginId").and_then(|target| target.text()) else { continue };
        let mut groups = site.each("DistributionConfig.OriginGroups.Items");
        let Some(group) = groups.find(|group| group.key("Id").is_some_and(|id| id.is(&target))) else { continue };
        let Some(methods) = behaviour.key("AllowedMethods") else { continue };
        if methods.items().any(|method| method.is_one_of(&["DELETE", "PATCH", "POST", "PUT"])) {
            cx.report(
                methods
                    .finding("writes to this origin group never fail over", "allows writes")
                    .also(group.at(), "fails over for reads only")
                    .help("fail over by Route 53 records, or answer writes from a queue"),
            );
        }
    }
}
