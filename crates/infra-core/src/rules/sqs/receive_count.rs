//! `sqs/receive-count`: a message is tried as often as SQS counts.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sqs/receive-count",
    code: "MSG-027",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "number of receives that a redrive policy cannot have",
    why: "`maxReceiveCount` is a whole number from 1 to 1000",
    error: Some(
        "Value {…} for parameter RedrivePolicy is invalid. Reason: Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive.",
    ),
    sources: &["https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties: { MessageRetentionPeriod: 1209600 }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1001 }
#                                                                              ^
",
    good: &[("maxReceiveCount: 1001", "maxReceiveCount: 1000")],
    check: Check::Resources(&["AWS::SQS::Queue"], check),
};

fn check(cx: &mut Cx<'_>, queue: Resource<'_>) {
    let Some(count) = queue.get("RedrivePolicy.maxReceiveCount") else { return };
    let Some(text) = count.text().filter(|_| count.int().is_none_or(|number| !(1..=1000).contains(&number))) else {
        return;
    };
    cx.report(
        count
            .finding(
                format!("queue `{}` gives a message up after {text} receives, 1 to 1000 are possible", queue.id()),
                "out of range",
            )
            .help("write `maxReceiveCount: 5`, or another number from 1 to 1000"),
    );
}
