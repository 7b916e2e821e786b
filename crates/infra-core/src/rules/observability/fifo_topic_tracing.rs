//! `observability/fifo-topic-tracing`: active tracing is for standard topics.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "observability/fifo-topic-tracing",
    code: "OBS-003",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "active tracing on a FIFO topic",
    why: "SNS takes `TracingConfig: Active` on standard topics only, so the service map ends at this topic",
    error: None,
    sources: &["https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Events:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: orders.fifo
      FifoTopic: true
      TracingConfig: Active
#                    ^
"#,
    good: &[("TracingConfig: Active", "TracingConfig: PassThrough")],
    check: Check::Resources(&["AWS::SNS::Topic"], check),
};

fn check(cx: &mut Cx<'_>, topic: Resource<'_>) {
    let Some(tracing) = topic.get("TracingConfig").filter(|tracing| tracing.is("Active")) else { return };
    if topic.bool_or("FifoTopic", false) == Some(true) {
        cx.report(
            tracing
                .finding("FIFO topic cannot trace actively", "only standard topics can")
                .help("write `PassThrough`, and trace in the publisher and the consumers")
                .fix(tracing.replace("PassThrough")),
        );
    }
}
