//! `sns/large-topic-subscriber`: who is subscribed to a topic for large messages can take them.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sns/large-topic-subscriber",
    code: "MSG-006",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "topic for large messages has a subscriber that cannot take them",
    why: "a topic whose messages may exceed 256 KiB delivers to SQS, Firehose and Lambda only",
    error: None,
    sources: &["https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Orders:
    Type: AWS::SNS::Topic
    Properties: { MaximumMessageSize: 1048576 }
  Mail:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: !Ref Orders, Protocol: email, Endpoint: ops@example.com }
#                                                  ^
",
    good: &[("1048576", "262144")],
    check: Check::View(check),
};

/// Above this size delivery is limited. Unit: bytes.
const LARGE: i64 = 262_144;

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for subscription in view.subscriptions() {
        let Some(size) = subscription.topic.and_then(|topic| topic.get("MaximumMessageSize")) else { continue };
        let Some(bytes) = size.int().filter(|bytes| *bytes > LARGE) else { continue };
        let Some(slot) = subscription.get("Protocol") else { continue };
        let Some(protocol) = slot.text().filter(|it| !matches!(it.as_ref(), "sqs" | "firehose" | "lambda")) else {
            continue;
        };
        cx.report(
            slot.finding(
                format!("`{protocol}` cannot take messages of {bytes} bytes"),
                "SQS, Firehose and Lambda only",
            )
            .also(size.at(), "the topic accepts large messages")
            .help("subscribe it to a topic with `MaximumMessageSize: 262144` or less"),
        );
    }
}
