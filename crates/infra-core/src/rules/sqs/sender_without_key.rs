//! `sqs/sender-without-key`: who sends to an encrypted queue may use its key.

use crate::rules::delivery;
use crate::rules::prelude::*;
use crate::view::Receiver;

pub(super) const RULE: Rule = Rule {
    id: "sqs/sender-without-key",
    code: "MSG-002",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "service that sends to a queue may not use the key of the queue",
    why: "SNS, EventBridge and S3 encrypt what they send with the key of the queue: the policy of \
          `alias/aws/sqs` cannot admit them and that of an own key has to, else the subscription is made and \
          every message is dropped",
    error: None,
    sources: &["https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties: { MessageRetentionPeriod: 1209600 }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      KmsMasterKeyId: alias/aws/sqs
#                     ^
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
    good: &[("KmsMasterKeyId: alias/aws/sqs", "SqsManagedSseEnabled: true")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    delivery::without_key(cx, view, Receiver::Queue, |service| {
        format!(
            "write `SqsManagedSseEnabled: true` instead, or use a key whose policy allows `{service}` \
             `kms:GenerateDataKey*` and `kms:Decrypt`"
        )
    });
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    fn yaml(statement: &str) -> String {
        let template = super::RULE.good_example().replace("SqsManagedSseEnabled: true", "KmsMasterKeyId: !Ref Key");
        format!(
            "{template}  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy:\n        Version: \"2012-10-17\"\n        \
             Statement:\n          - {{ Effect: Allow, Principal: {statement}, Action: \"kms:*\", Resource: \"*\" }}\n"
        )
    }

    #[test]
    fn the_policy_of_an_own_key_must_name_the_service() {
        assert_eq!(of_rule(&super::RULE, &yaml("{ AWS: arn:aws:iam::111122223333:root }")).len(), 1);
        assert!(of_rule(&super::RULE, &yaml("{ Service: sns.amazonaws.com }")).is_empty());
    }
}
