//! `sns/raw-delivery-protocol`: raw delivery is asked of protocols that have it.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sns/raw-delivery-protocol",
    code: "MSG-013",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "raw delivery for a subscriber that takes the envelope only",
    why: "SNS can leave the envelope out for SQS, HTTP(S) and Firehose; every other protocol gets its own form",
    error: None,
    sources: &["https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Orders: { Type: AWS::SNS::Topic }
  Mail:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: !Ref Orders, Protocol: email-json, Endpoint: ops@example.com, RawMessageDelivery: true }
#                                                                                                             ^
",
    good: &[("RawMessageDelivery: true", "RawMessageDelivery: false")],
    check: Check::View(check),
};

const RAW: &[&str] = &["sqs", "http", "https", "firehose"];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for subscription in view.subscriptions() {
        let raw = subscription.get("RawMessageDelivery").filter(|raw| raw.bool() == Some(true));
        let (Some(raw), Some(protocol)) = (raw, subscription.protocol()) else { continue };
        if RAW.contains(&protocol.as_ref()) {
            continue;
        }
        cx.report(
            raw.finding(format!("protocol `{protocol}` has no raw delivery"), "SQS, HTTP, HTTPS and Firehose only")
                .help("leave `RawMessageDelivery` out"),
        );
    }
}
