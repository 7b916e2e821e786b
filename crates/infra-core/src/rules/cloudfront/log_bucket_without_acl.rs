//! `cloudfront/log-bucket-without-acl`: logs can be written.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/log-bucket-without-acl",
    code: "CF-019",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "log bucket takes no ACL",
    why: "the older standard logging writes through an ACL of the bucket, and buckets have none unless their \
          object ownership says so",
    error: Some("The S3 bucket that you specified for CloudFront logs does not enable ACL access"),
    sources: &["https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: site.yaml region=us-east-1
Resources:
  Logs:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: { OwnershipControls: { Rules: [{ ObjectOwnership: BucketOwnerEnforced }] } }
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Logging: { Bucket: !GetAtt Logs.RegionalDomainName }
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
    good: &[("BucketOwnerEnforced", "BucketOwnerPreferred")],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    let Some(used) = site.get("DistributionConfig.Logging.Bucket") else { return };
    let Some(bucket) = used.mentions().into_iter().find(|it| it.kind() == "AWS::S3::Bucket") else { return };
    let rules: Vec<Prop<'_>> =
        bucket.each("OwnershipControls.Rules").filter_map(|rule| rule.key("ObjectOwnership")).collect();
    let open =
        rules.iter().any(|rule| rule.text().is_none() || rule.is_one_of(&["BucketOwnerPreferred", "ObjectWriter"]));
    // An ACL in the template makes CloudFormation enable them.
    if !open && !bucket.has("AccessControl") {
        let place = rules.first().copied().unwrap_or_else(|| bucket.properties());
        cx.report(
            used.finding("CloudFront cannot write its logs here", "the log bucket")
                .also(place.at(), "its ACLs are off")
                .help("set `ObjectOwnership: BucketOwnerPreferred`, or deliver logs by AWS::Logs::Delivery"),
        );
    }
}
