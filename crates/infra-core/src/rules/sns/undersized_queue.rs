//! `sns/undersized-queue`: a queue takes whatever its topic accepts.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sns/undersized-queue",
    code: "MSG-004",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "queue takes smaller messages than the topic sends",
    why: "what a topic accepts and the queue does not is lost on the way, after the publisher was told that \
          all is well; without raw delivery the envelope counts too",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
        "https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html",
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
      MaximumMessageSize: 65536
#                         ^
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
            Action: sqs:SendMessage
            Resource: !GetAtt Jobs.Arn
            Condition: { ArnEquals: { "aws:SourceArn": !Ref Orders } }
"#,
    good: &[("MaximumMessageSize: 65536", "MaximumMessageSize: 1048576")],
    check: Check::View(check),
};

/// Largest message of a topic where nothing is written. Unit: bytes.
const TOPIC: i64 = 262_144;

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for subscription in view.subscriptions() {
        let (Some(queue), Some(topic)) = (subscription.queue(), subscription.topic) else { continue };
        let Some(limit) = queue.get("MaximumMessageSize") else { continue };
        let (Some(takes), Some(sends)) = (limit.int(), topic.int_or("MaximumMessageSize", TOPIC)) else { continue };
        if takes >= sends {
            continue;
        }
        cx.report(
            limit
                .finding(
                    format!("queue `{}` takes {takes} bytes, topic `{}` sends up to {sends}", queue.id(), topic.id()),
                    "larger messages are lost here",
                )
                .also(subscription.prop.at(), "subscribed here")
                .also(topic.nearest("MaximumMessageSize").at(), format!("accepts {sends} bytes"))
                .help("leave `MaximumMessageSize` of the queue out (1048576), or lower that of the topic"),
        );
    }
}
