//! `cloudformation/two-policies`: what a resource has once is written once.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudformation/two-policies",
    code: "CFN-018",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "two resources write the one policy or setting of another",
    why: "a bucket, a queue, a topic or a secret has one policy, and a subnet one route table: of two resources that write it the \
          second is refused, or the two overwrite each other with every deployment",
    error: Some("The bucket policy already exists on bucket …"),
    sources: &[
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queuepolicy.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Files: { Type: String }
Resources:
  Tls:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Files
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - { Effect: Deny, Principal: "*", Action: "s3:*", Resource: "*", Condition: { Bool: { "aws:SecureTransport": "false" } } }
  Readers:
    Type: AWS::S3::BucketPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - { Effect: Allow, Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "s3:GetObject", Resource: "*" }
      Bucket: !Ref Files
#             ^
"#,
    good: &[("      Bucket: !Ref Files\n      PolicyDocument:", "      Bucket: other\n      PolicyDocument:")],
    check: Check::View(check),
};

/// Types that write what is there once: the property that names of what, and what that is.
const ONCE: &[(&str, &str, &str)] = &[
    ("AWS::EC2::SubnetRouteTableAssociation", "SubnetId", "the route table of the subnet"),
    ("AWS::Lambda::EventInvokeConfig", "FunctionName", "how the function is invoked asynchronously"),
    ("AWS::S3::BucketPolicy", "Bucket", "the policy of the bucket"),
    ("AWS::SNS::TopicPolicy", "Topics", "the policy of the topic"),
    ("AWS::SQS::QueuePolicy", "Queues", "the policy of the queue"),
    ("AWS::SecretsManager::ResourcePolicy", "SecretId", "the policy of the secret"),
    ("AWS::SecretsManager::RotationSchedule", "SecretId", "the rotation of the secret"),
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for (kind, property, what) in ONCE {
        let mut seen: Vec<(Prop<'_>, Resource<'_>)> = Vec::new();
        for writer in view.of(kind) {
            for named in writer.each(property) {
                let same = |(other, by): &&(Prop<'_>, Resource<'_>)| {
                    let qualified = writer.get("Qualifier").zip(by.get("Qualifier"));
                    *by != writer && other.is_same(&named) && qualified.is_none_or(|(one, other)| one.is_same(&other))
                };
                if let Some((_, first)) = seen.iter().find(same) {
                    let of = named.resource().map_or_else(String::new, |it| format!(" `{}`", it.id()));
                    let title = format!("`{}` and `{}` both write {what}{of}", first.id(), writer.id());
                    cx.report(
                        named
                            .finding(title, "the second one: refused, or one overwrites the other")
                            .also(first.at(), "the first one")
                            .help("put all statements into one of them"),
                    );
                }
                seen.push((named, writer));
            }
        }
    }
}
