//! `delivery/before-permission`: who is let in by a policy is made after it, where AWS tries at once.

use super::sender;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "delivery/before-permission",
    code: "DEL-005",
    severity: Severity::Warning,
    phase: Phase::Deploy,
    title: "sender that may be made before the policy that lets it in",
    why: "a bucket or a log filter that is made tries at once whether it may deliver; it refers to what receives and not to \
          the policy of that, so without `DependsOn` it may come first and is refused",
    error: Some("Unable to validate the following destination configurations"),
    sources: &[
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-notificationconfiguration.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties: { MessageRetentionPeriod: 1209600 }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 }
  JobsPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: s3.amazonaws.com }
            Action: sqs:SendMessage
            Resource: !GetAtt Jobs.Arn
            Condition: { ArnLike: { "aws:SourceArn": "arn:aws:s3:::shop-files-111122223333" } }
  Files:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      BucketName: shop-files-111122223333
      NotificationConfiguration:
        QueueConfigurations: [{ Event: "s3:ObjectCreated:*", Queue: !GetAtt Jobs.Arn }]
#                                                                   ^
"#,
    good: &[("    Type: AWS::S3::Bucket\n", "    Type: AWS::S3::Bucket\n    DependsOn: JobsPolicy\n")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for delivery in view.deliveries().filter(|it| it.slot.tried && matches!(it.by(), crate::view::By::Service(_))) {
        if delivery.is_refused() {
            continue;
        }
        let policies = delivery.policies();
        let waits = policies.iter().any(|policy| delivery.owner.comes_after(policy));
        // A policy that refers to the sender cannot come before it; a second pass of the deployment makes it.
        let Some(policy) = policies.iter().find(|policy| !policy.comes_after(&delivery.owner)).filter(|_| !waits)
        else {
            continue;
        };
        cx.report(
            delivery
                .written
                .finding(
                    format!("{} may be made before `{}`, which lets it in", sender(&delivery), policy.id()),
                    "tried when it is made",
                )
                .also(policy.at(), "lets it in")
                .help(format!("add `DependsOn: {}` to `{}`", policy.id(), delivery.owner.id())),
        );
    }
}
