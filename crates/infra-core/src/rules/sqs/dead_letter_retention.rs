//! `sqs/dead-letter-retention`: dead letters outlive the queue that they come from.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sqs/dead-letter-retention",
    code: "MSG-003",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "dead-letter queue keeps messages no longer than its source",
    why: "in a standard queue a message that moves to the dead-letter queue keeps the time at which it was \
          first sent, so it expires there before anybody has looked",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    ],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties: { MessageRetentionPeriod: 345600 }
#                                         ^
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      MessageRetentionPeriod: 864000
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 }
",
    good: &[("345600", "1209600")],
    check: Check::Resources(&["AWS::SQS::Queue"], check),
};

/// What SQS keeps messages for where nothing is written. Unit: seconds.
const DEFAULT: i64 = 345_600;

fn check(cx: &mut Cx<'_>, queue: Resource<'_>) {
    let Some(dead) = super::dead_letters(&queue) else { return };
    if [queue, dead].iter().any(|it| super::is_fifo(it) != Some(false)) {
        return;
    }
    let keeps = |queue: &Resource<'_>| queue.int_or("MessageRetentionPeriod", DEFAULT);
    let (Some(source), Some(kept)) = (keeps(&queue), keeps(&dead)) else { return };
    // Both by default is common and loses only what was hardly ever received.
    let written = [queue, dead].iter().any(|it| it.has("MessageRetentionPeriod"));
    if kept > source || !written {
        return;
    }
    cx.report(
        dead.finding_at(
            "MessageRetentionPeriod",
            format!("dead-letter queue `{}` keeps messages {kept} s, `{}` itself {source} s", dead.id(), queue.id()),
            format!("{kept} s, counted from when the message was first sent"),
        )
        .also(queue.nearest("MessageRetentionPeriod").at(), format!("kept here {source} s"))
        .help("write `MessageRetentionPeriod: 1209600` for the dead-letter queue, and less for its source"),
    );
}
