//! `sns/fifo-mismatch`: FIFO queues hang on FIFO topics.

use crate::rules::prelude::*;
use crate::rules::sqs;

pub(super) const RULE: Rule = Rule {
    id: "sns/fifo-mismatch",
    code: "MSG-016",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "FIFO queue on a standard topic",
    why: "order is kept only from end to end: a standard topic cannot deliver to a FIFO queue",
    error: Some("FIFO SQS Queues can not be subscribed to standard SNS topics"),
    sources: &["https://docs.aws.amazon.com/sns/latest/dg/sns-fifo-topics.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties: { MessageRetentionPeriod: 1209600, FifoQueue: true }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      FifoQueue: true
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 }
  Orders: { Type: AWS::SNS::Topic, Properties: { DisplayName: orders } }
  ToJobs:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Orders
      Protocol: sqs
      Endpoint: !GetAtt Jobs.Arn
#               ^
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
    good: &[("DisplayName: orders", "DisplayName: orders, FifoTopic: true, TopicName: orders.fifo")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for subscription in view.subscriptions() {
        let (Some(queue), Some(topic)) = (subscription.queue(), subscription.topic) else { continue };
        if sqs::is_fifo(&queue) != Some(true) || topic.bool_or("FifoTopic", false) != Some(false) {
            continue;
        }
        let Some(endpoint) = subscription.get("Endpoint") else { continue };
        cx.report(
            endpoint
                .finding(
                    format!("FIFO queue `{}` on standard topic `{}`", queue.id(), topic.id()),
                    "this queue is FIFO",
                )
                .also(topic.at(), "this topic is not")
                .help("write `FifoTopic: true` and a `TopicName` that ends in `.fifo`, or use a standard queue"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn a_standard_queue_may_hang_on_a_fifo_topic() {
        let fifo = super::RULE.good_example();
        let standard =
            fifo.replace("MessageRetentionPeriod: 1209600, FifoQueue: true", "MessageRetentionPeriod: 1209600");
        let standard = standard.replace("      FifoQueue: true\n", "");
        assert!(!standard.contains("FifoQueue") && standard.contains("FifoTopic: true"));
        assert!(of_rule(&super::RULE, &standard).is_empty());
    }
}
