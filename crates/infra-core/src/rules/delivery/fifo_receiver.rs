//! `delivery/fifo-receiver`: a FIFO queue or topic gets what it needs, from who can send to one.

use super::sender;
use crate::rules::prelude::*;
use crate::view::{Delivery, Receiver};

pub(super) const RULE: Rule = Rule {
    id: "delivery/fifo-receiver",
    code: "DEL-004",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "FIFO queue or topic from a sender that does not say the group",
    why: "each message of a FIFO queue or topic belongs to a group: rules, schedules and pipes send to a FIFO queue only with \
          a message group id, and buckets, dead letters of functions and rules cannot send to one at all",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_SqsParameters.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html",
    ],
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
      ContentBasedDeduplication: true
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 }
  JobsPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: events.amazonaws.com }
            Action: sqs:SendMessage
            Resource: !GetAtt Jobs.Arn
            Condition: { ArnEquals: { "aws:SourceArn": !GetAtt Changed.Arn } }
  Changed:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: { source: [aws.ecs] }
      Targets: [{ Id: jobs, Arn: !GetAtt Jobs.Arn }]
#                                ^
"#,
    good: &[("Arn: !GetAtt Jobs.Arn }]", "Arn: !GetAtt Jobs.Arn, SqsParameters: { MessageGroupId: ecs } }]")],
    check: Check::View(check),
};

/// Where the message group is written, by the property that names the queue.
const GROUPS: &[(&str, &str, &str)] = &[
    ("AWS::Events::Rule", "Arn", "SqsParameters.MessageGroupId"),
    ("AWS::Pipes::Pipe", "Target", "TargetParameters.SqsQueueParameters.MessageGroupId"),
    ("AWS::Scheduler::Schedule", "Target.Arn", "Target.SqsParameters.MessageGroupId"),
];

/// Who cannot send to a FIFO queue or topic at all.
const NEVER: &[(&str, &str)] = &[
    ("AWS::Events::Rule", "DeadLetterConfig.Arn"),
    ("AWS::Lambda::EventInvokeConfig", "DestinationConfig.OnFailure.Destination"),
    ("AWS::Lambda::EventInvokeConfig", "DestinationConfig.OnSuccess.Destination"),
    ("AWS::Lambda::Function", "DeadLetterConfig.TargetArn"),
    ("AWS::S3::Bucket", "Queue"),
    ("AWS::S3::Bucket", "Topic"),
    ("AWS::Scheduler::Schedule", "Target.DeadLetterConfig.Arn"),
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for delivery in view.deliveries().filter(is_to_fifo) {
        let is = |kind: &str, key: &str| kind == delivery.slot.kind && key == delivery.slot.key;
        let noun = delivery.receiver().map_or("queue", Receiver::noun);
        let never = NEVER.iter().any(|(kind, key)| is(kind, key))
            || (noun == "topic" && delivery.slot.kind == "AWS::Events::Rule");
        let group = GROUPS.iter().find(|(kind, key, _)| noun == "queue" && is(kind, key)).map(|(.., group)| *group);
        let finding = |title: String, label: &str| {
            let finding = delivery.written.finding(title, label.to_owned());
            match delivery.target() {
                Some(target) => finding.also(target.at(), format!("a FIFO {noun}")),
                None => finding,
            }
        };
        if never {
            let title = format!("{} cannot send to a FIFO {noun}", sender(&delivery));
            cx.report(finding(title, "refused, or never arrives").help(format!("name a standard {noun}")));
        } else if let Some(group) = group.filter(|group| delivery.item.get(group).is_none()) {
            let title = format!("{} sends to a FIFO queue without a message group", sender(&delivery));
            cx.report(
                finding(title, "each message is refused")
                    .help(format!("add `{group}` with the group that the messages form")),
            );
        }
    }
}

fn is_to_fifo(delivery: &Delivery<'_>) -> bool {
    if !matches!(delivery.receiver(), Some(Receiver::Queue | Receiver::Topic)) {
        return false;
    }
    match delivery.target() {
        Some(target) => ["FifoQueue", "FifoTopic"].iter().any(|key| target.bool_or(key, false) == Some(true)),
        None => delivery.written.text().is_some_and(|arn| arn.ends_with(".fifo")),
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn schedules_say_the_group_too_and_buckets_never_can() {
        let count = |resource: &str| of_rule(&super::RULE, &format!("Resources:\n  One: {resource}\n")).len();
        let queue = "\"arn:aws:sqs:eu-west-1:111122223333:jobs.fifo\"";
        let schedule = |more: &str| {
            count(&format!(
                "{{ Type: AWS::Scheduler::Schedule, Properties: {{ ScheduleExpression: rate(1 day), Target: {{ Arn: {queue}{more} }} }} }}"
            ))
        };
        assert_eq!(schedule(""), 1);
        assert_eq!(schedule(", SqsParameters: { MessageGroupId: a }"), 0);
        let bucket = format!(
            "{{ Type: AWS::S3::Bucket, Properties: {{ NotificationConfiguration: {{ QueueConfigurations: [{{ Event: \"s3:ObjectCreated:*\", Queue: {queue} }}] }} }} }}"
        );
        assert_eq!(count(&bucket), 1);
        assert_eq!(count(&bucket.replace(".fifo", "")), 0);
    }
}
