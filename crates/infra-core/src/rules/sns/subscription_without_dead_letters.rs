//! `sns/subscription-without-dead-letters`: what cannot be delivered is kept.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sns/subscription-without-dead-letters",
    code: "MSG-015",
    severity: Severity::Advice,
    phase: Phase::Runtime,
    title: "what a topic cannot deliver is lost",
    why: "SNS gives up at once on an endpoint that is gone or refuses it, and after its retries on others; \
          only a dead-letter queue of the subscription keeps the message",
    error: None,
    sources: &["https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html"],
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
# ^
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Orders
      Protocol: sqs
      Endpoint: !GetAtt Jobs.Arn
  JobsPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs, !Ref Dead]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: sns.amazonaws.com }
            Action: sqs:SendMessage
            Resource: [!GetAtt Jobs.Arn, !GetAtt Dead.Arn]
            Condition: { ArnEquals: { "aws:SourceArn": !Ref Orders } }
"#,
    good: &[(
        r"      Endpoint: !GetAtt Jobs.Arn
",
        r"      Endpoint: !GetAtt Jobs.Arn
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn }
",
    )],
    check: Check::Resources(&["AWS::SNS::Subscription"], check),
};

fn check(cx: &mut Cx<'_>, subscription: Resource<'_>) {
    let delivers = subscription.get("Protocol").is_some_and(|it| it.is_one_of(&["sqs", "lambda", "http", "https"]));
    if !delivers || subscription.has("RedrivePolicy") {
        return;
    }
    cx.report(
        subscription
            .finding(format!("subscription `{}` has no dead-letter queue", subscription.id()), "lost when it cannot be delivered")
            .help("add `RedrivePolicy: { deadLetterTargetArn: !GetAtt <queue>.Arn }` and let `sns.amazonaws.com` send to it"),
    );
}
