//! `security/foreign-bucket-policy`: the policy of a bucket is about that bucket.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "security/foreign-bucket-policy",
    code: "SEC-014",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "bucket policy about another bucket",
    why: "each resource of a bucket policy is the bucket or what lies in it; S3 refuses a policy that names another",
    error: Some("Policy has invalid resource"),
    sources: &["https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-arn-format.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Files:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
  Papers:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
  Tls:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Files
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Deny
            Principal: "*"
            Action: s3:*
            Resource: !Sub "${Papers.Arn}/*"
#                     ^
            Condition: { Bool: { "aws:SecureTransport": "false" } }
"#,
    good: &[("${Papers.Arn}", "${Files.Arn}")],
    check: Check::Resources(&["AWS::S3::BucketPolicy"], check),
};

fn check(cx: &mut Cx<'_>, policy: Resource<'_>) {
    let Some(bucket) = policy.get("Bucket").and_then(|it| it.resource_of("AWS::S3::Bucket")) else { return };
    for statement in policy.get("PolicyDocument").into_iter().flat_map(Statement::of) {
        for resource in statement.resources() {
            let mentioned: Vec<Resource<'_>> =
                resource.mentions().into_iter().filter(|it| it.kind() == "AWS::S3::Bucket").collect();
            let Some(other) = mentioned.first().filter(|_| !mentioned.contains(&bucket)) else { continue };
            cx.report(
                resource
                    .finding(
                        format!("policy of bucket `{}` is about bucket `{}`", bucket.id(), other.id()),
                        "of another bucket",
                    )
                    .help(format!("name `!GetAtt {}.Arn`, or what lies in it", bucket.id())),
            );
        }
    }
}
