//! `sns/undeliverable-subscription`: a queue lets the topics in that it is subscribed to.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sns/undeliverable-subscription",
    code: "MSG-001",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "queue refuses what the topic that it is subscribed to sends",
    why: "SNS accepts the subscription of a queue whatever the policy of the queue says, and drops each \
          message that it may not send: nobody sees an error",
    error: None,
    sources: &["https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html"],
    evidence: Evidence::Documented,
    bad: r"
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
#               ^
",
    good: &[(
        r"      Endpoint: !GetAtt Jobs.Arn
",
        r#"      Endpoint: !GetAtt Jobs.Arn
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
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for delivery in view.deliveries().filter(|it| super::is_to_queue(it) && it.is_refused()) {
        let (Some(queue), Some(topic)) = (delivery.target(), delivery.source()) else { continue };
        cx.report(
            delivery
                .written
                .finding(
                    format!("queue `{}` does not let topic `{}` send", queue.id(), topic.id()),
                    "no policy of this queue admits SNS for that topic",
                )
                .also(queue.at(), "the queue")
                .also(topic.at(), "the topic")
                .help(format!(
                    "add an AWS::SQS::QueuePolicy for `{}` that allows `sns.amazonaws.com` `sqs:SendMessage` with \
                     `aws:SourceArn: !Ref {}`",
                    queue.id(),
                    topic.id()
                )),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn a_policy_for_another_topic_does_not_help() {
        let other = super::RULE
            .good_example()
            .replace("\"aws:SourceArn\": !Ref Orders", "\"aws:SourceArn\": !Ref Other")
            .replace("  Orders: ", "  Other: { Type: AWS::SNS::Topic }\n  Orders: ");
        assert_eq!(of_rule(&super::RULE, &other).len(), 1);
        let pattern = super::RULE.good_example().replace("!Ref Orders }", "\"arn:aws:sns:eu-west-1:111122223333:*\" }");
        assert!(of_rule(&super::RULE, &pattern).is_empty());
    }
}
