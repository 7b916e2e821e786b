//! `sqs/impatient-redrive`: a message survives a rollout.

use crate::diag::counted;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sqs/impatient-redrive",
    code: "MSG-005",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "message goes to the dead-letter queue after one or two receives",
    why: "every receive counts, also one that ends by throttling, by a pod that is moved or by a time-out: \
          with so few, an ordinary rollout puts healthy messages aside",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    ],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties: { MessageRetentionPeriod: 1209600 }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1 }
#                                                                              ^
",
    good: &[("maxReceiveCount: 1", "maxReceiveCount: 5")],
    check: Check::Resources(&["AWS::SQS::Queue"], check),
};

/// Fewest receives that survive a rollout and one retry.
const FEWEST: i64 = 3;

fn check(cx: &mut Cx<'_>, queue: Resource<'_>) {
    let Some(count) = queue.get("RedrivePolicy.maxReceiveCount") else { return };
    let Some(receives) = count.int().filter(|receives| *receives < FEWEST) else { return };
    cx.report(
        count
            .finding(
                format!("queue `{}` gives a message up after {}", queue.id(), counted(receives, "receive")),
                "too few to survive a rollout",
            )
            .help("write `maxReceiveCount: 5`")
            .fix(count.replace("5")),
    );
}
