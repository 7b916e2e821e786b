//! `sqs/unpinned-sender`: only our own topics, rules and buckets send to a queue.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sqs/unpinned-sender",
    code: "MSG-009",
    severity: Severity::Warning,
    phase: Phase::Security,
    title: "any account may send to a queue through an AWS service",
    why: "a service sends for whoever asks it to: without `aws:SourceArn` or `aws:SourceAccount` a topic, rule \
          or bucket of any account gets its messages in",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
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
  Orders: { Type: AWS::SNS::Topic }
  ToJobs:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Orders
      Protocol: sqs
      Endpoint: !GetAtt Jobs.Arn
  JobsPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: sns.amazonaws.com }
#                                 ^
            Action: sqs:SendMessage
            Resource: !GetAtt Jobs.Arn
"#,
    good: &[(
        r"            Resource: !GetAtt Jobs.Arn
",
        r#"            Resource: !GetAtt Jobs.Arn
            Condition: { ArnEquals: { "aws:SourceArn": !Ref Orders } }
"#,
    )],
    check: Check::Resources(&["AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy"], check),
};

/// Services that send for customers of any account.
const SENDERS: &[&str] = &["sns.amazonaws.com", "events.amazonaws.com", "s3.amazonaws.com"];

/// Condition keys that tie a service to an owner.
const PINS: &[&str] = &[
    "aws:SourceArn",
    "aws:SourceAccount",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:PrincipalOrgID",
    "aws:SourceOwner",
];

fn check(cx: &mut Cx<'_>, policy: Resource<'_>) {
    for statement in policy.get("PolicyDocument").into_iter().flat_map(Statement::of) {
        let pinned = statement.conditions().any(|(_, key, _)| PINS.iter().any(|pin| pin.eq_ignore_ascii_case(key)));
        if pinned || !statement.allows() || !statement.covers("sqs:SendMessage") {
            continue;
        }
        for sender in statement.principals("Service").filter(|sender| sender.is_one_of(SENDERS)) {
            let name = sender.text().unwrap_or_default();
            cx.report(
                sender
                    .finding(format!("`{name}` may send for anyone"), "of any account")
                    .help("add `Condition: { ArnEquals: { \"aws:SourceArn\": <ARN of the topic, rule or bucket> } }`"),
            );
        }
    }
}
