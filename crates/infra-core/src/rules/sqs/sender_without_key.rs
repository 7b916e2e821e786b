//! `sqs/sender-without-key`: who sends to an encrypted queue may use its key.

use crate::rules::prelude::*;

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
    check: Check::Resources(&["AWS::SQS::Queue"], check),
};

fn check(cx: &mut Cx<'_>, queue: Resource<'_>) {
    let Some(used) = queue.get("KmsMasterKeyId") else { return };
    let key = used.resource().and_then(|it| match it.kind() {
        "AWS::KMS::Alias" => it.get("TargetKeyId")?.resource_of("AWS::KMS::Key"),
        _ => Some(it),
    });
    let policy = key.and_then(|key| key.get("KeyPolicy"));
    let is_default = used.is("alias/aws/sqs");
    for (service, sender) in senders(&queue) {
        let refused = is_default || policy.is_some_and(|policy| !Statement::of(policy).any(|it| admits(&it, service)));
        if !refused {
            continue;
        }
        let mut finding = used
            .finding(
                format!("`{service}` cannot encrypt what it sends to queue `{}`", queue.id()),
                if is_default { "a key whose policy is AWS's own" } else { "the policy of this key does not admit it" },
            )
            .also(sender.at(), "sends to the queue");
        if let Some(policy) = policy {
            finding = finding.also(policy.at(), "the policy of the key");
        }
        cx.report(finding.help(format!(
            "write `SqsManagedSseEnabled: true` instead, or use a key whose policy allows `{service}` \
             `kms:GenerateDataKey*` and `kms:Decrypt`"
        )));
        return;
    }
}

fn admits(statement: &Statement<'_>, service: &str) -> bool {
    let unknown = statement.principals("Service").any(|principal| principal.text().is_none());
    statement.allows()
        && statement.covers("kms:GenerateDataKey")
        && (unknown || statement.service(service) || statement.anyone())
}

/// Returns services that send to the queue, each with what makes it do so.
fn senders<'v>(queue: &Resource<'v>) -> Vec<(&'static str, Resource<'v>)> {
    let is_queue = |prop: Option<Prop<'v>>| prop.and_then(|prop| prop.resource()) == Some(*queue);
    let service = |it: &Resource<'v>| match it.kind() {
        "AWS::SNS::Subscription" => is_queue(it.get("Endpoint")).then_some("sns.amazonaws.com"),
        "AWS::SNS::Topic" => {
            it.each("Subscription").any(|it| is_queue(it.get("Endpoint"))).then_some("sns.amazonaws.com")
        }
        "AWS::Events::Rule" => it.each("Targets").any(|it| is_queue(it.get("Arn"))).then_some("events.amazonaws.com"),
        "AWS::S3::Bucket" => it
            .each("NotificationConfiguration.QueueConfigurations")
            .any(|it| is_queue(it.get("Queue")))
            .then_some("s3.amazonaws.com"),
        _ => None,
    };
    queue.referrers().filter_map(|it| Some((service(&it)?, it))).collect()
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
