//! `sqs/short-polling`: a worker waits for messages.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sqs/short-polling",
    code: "MSG-019",
    severity: Severity::Advice,
    phase: Phase::Cost,
    title: "queue answers at once when it is empty",
    why: "without a wait SQS asks only some of its servers and answers at once, so a worker pays for empty \
          answers and may miss messages that are there",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html",
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
      ReceiveMessageWaitTimeSeconds: 0
#                                    ^
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 }
",
    good: &[("WaitTimeSeconds: 0", "WaitTimeSeconds: 20")],
    check: Check::Resources(&["AWS::SQS::Queue"], check),
};

fn check(cx: &mut Cx<'_>, queue: Resource<'_>) {
    // Where nothing is written the worker may ask for a wait with each call.
    let Some(wait) = queue.get("ReceiveMessageWaitTimeSeconds").filter(|wait| wait.int() == Some(0)) else { return };
    cx.report(
        wait.finding(format!("queue `{}` is polled without waiting", queue.id()), "answers at once, also when empty")
            .help("write `ReceiveMessageWaitTimeSeconds: 20`")
            .fix(wait.replace("20")),
    );
}
