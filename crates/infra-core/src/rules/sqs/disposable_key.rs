//! `sqs/disposable-key`: a key lives as long as what it protects.

use crate::artifacts::Deletion;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sqs/disposable-key",
    code: "MSG-025",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "queue is kept when its stack goes, its key is not",
    why: "a key that is scheduled for deletion cannot be used from that moment: the messages of a queue that \
          was kept can never be read again",
    error: None,
    sources: &["https://docs.aws.amazon.com/kms/latest/cryptographic-details/key-deletion.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" }
            Action: kms:*
            Resource: "*"
  Jobs:
    Type: AWS::SQS::Queue
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      KmsMasterKeyId: !Ref Key
#                     ^
"#,
    good: &[(
        r"AWS::KMS::Key
",
        r"AWS::KMS::Key
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
",
    )],
    check: Check::Resources(&["AWS::SQS::Queue"], check),
};

fn check(cx: &mut Cx<'_>, queue: Resource<'_>) {
    let is_kept = |it: &Resource<'_>| matches!(it.deletion(), Some(Deletion::Retain | Deletion::RetainExceptOnCreate));
    let Some(used) = queue.get("KmsMasterKeyId").filter(|_| is_kept(&queue)) else { return };
    let Some(key) = used.resource_of("AWS::KMS::Key").filter(|key| !is_kept(key)) else { return };
    cx.report(
        used.finding(
            format!("key `{}` goes with its stack, queue `{}` stays", key.id(), queue.id()),
            "deleted while messages are encrypted with it",
        )
        .also(key.at(), "the key")
        .help("write `DeletionPolicy: Retain` and `UpdateReplacePolicy: Retain` for the key"),
    );
}
