//! `cloudfront/missing-object-is-403`: missing files are handled as they are answered.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/missing-object-is-403",
    code: "CF-014",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "missing files are answered with 403, which nobody handles",
    why: "S3 says 404 only to those who may list the bucket; to others a missing object is a 403",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: site.yaml region=us-east-1
Resources:
  Files:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Files
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: cloudfront.amazonaws.com }
            Action: s3:GetObject
            Resource: !Sub "${Files.Arn}/*"
            Condition: { StringEquals: { "AWS:SourceArn": !Sub "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Site}" } }
  Access:
    Type: AWS::CloudFront::OriginAccessControl
    Properties:
      OriginAccessControlConfig: { Name: files, OriginAccessControlOriginType: s3, SigningBehavior: always, SigningProtocol: sigv4 }
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins:
          - Id: files
            DomainName: !GetAtt Files.RegionalDomainName
            OriginAccessControlId: !GetAtt Access.Id
            S3OriginConfig: { OriginAccessIdentity: "" }
        DefaultCacheBehavior:
          TargetOriginId: files
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
        CustomErrorResponses:
          - ErrorCode: 404
#                      ^
            ResponseCode: 200
            ResponsePagePath: /index.html
"#,
    good: &[(
        r#"          - ErrorCode: 404
"#,
        r#"          - { ErrorCode: 403, ResponseCode: 200, ResponsePagePath: /index.html }
          - ErrorCode: 404
"#,
    )],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    let responses: Vec<Prop<'_>> = site.each("DistributionConfig.CustomErrorResponses").collect();
    let of = |code: i64| responses.iter().filter_map(|it| it.key("ErrorCode")).find(|it| it.int() == Some(code));
    let (Some(missing), None) = (of(404), of(403)) else { return };
    let default = site.get("DistributionConfig.DefaultCacheBehavior");
    let Some(origin) = default.and_then(|behaviour| super::origin(&site, &behaviour)) else { return };
    let signed = origin.key("OriginAccessControlId").is_some();
    let Some(bucket) = super::bucket(&origin).filter(|_| signed) else { return };
    let statements = bucket.referrers_of("AWS::S3::BucketPolicy").filter_map(|policy| policy.get("PolicyDocument"));
    let lists = statements.flat_map(Statement::of).any(|it| it.allows() && it.covers("s3:ListBucket"));
    if !lists {
        cx.report(
            missing
                .finding("a missing file is a 403 here, not a 404", "never happens")
                .also(bucket.at(), "CloudFront may not list this bucket")
                .help("handle 403 as well, or rewrite the paths of the application in a CloudFront function"),
        );
    }
}
