//! `lambda/event-source-settings`: a mapping has the settings of what it reads.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "lambda/event-source-settings",
    code: "FN-003",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "mapping with settings that do not fit what it reads",
    why: "a stream is read from a position, a queue is not; a queue gives more than ten messages at once only to a mapping that \
          waits for them, and a FIFO queue neither waits nor gives more than ten",
    error: Some("InvalidParameterValueException"),
    sources: &[
        "https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Work: { Type: String }
Resources:
  Feed:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: arn:aws:sqs:eu-west-1:111122223333:jobs
      FunctionName: !Ref Work
      BatchSize: 100
#                ^
"#,
    good: &[("BatchSize: 100", "BatchSize: 100\n      MaximumBatchingWindowInSeconds: 5")],
    check: Check::Resources(&["AWS::Lambda::EventSourceMapping"], check),
};

/// What a mapping reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Queue { fifo: bool },
    Kinesis,
    Table,
}

/// Settings of streams only.
const OF_STREAMS: &[&str] = &[
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "StartingPosition",
    "StartingPositionTimestamp",
    "TumblingWindowInSeconds",
];

fn source(arn: &Prop<'_>) -> Option<Source> {
    if let Some(resource) = arn.resource() {
        return match resource.kind() {
            "AWS::SQS::Queue" => Some(Source::Queue { fifo: resource.bool_or("FifoQueue", false)? }),
            "AWS::Kinesis::Stream" => Some(Source::Kinesis),
            "AWS::DynamoDB::GlobalTable" | "AWS::DynamoDB::Table" => Some(Source::Table),
            _ => None,
        };
    }
    let text = arn.pattern();
    match text.split(':').nth(2)? {
        "sqs" => Some(Source::Queue { fifo: text.rsplit('.').next() == Some("fifo") }),
        "kinesis" => Some(Source::Kinesis),
        "dynamodb" => Some(Source::Table),
        _ => None,
    }
}

fn check(cx: &mut Cx<'_>, mapping: Resource<'_>) {
    let Some(arn) = mapping.get("EventSourceArn") else { return };
    match source(&arn) {
        Some(Source::Queue { fifo }) => queue(cx, &mapping, fifo),
        Some(kind) => stream(cx, &mapping, &arn, kind),
        None => {}
    }
}

fn queue(cx: &mut Cx<'_>, mapping: &Resource<'_>, fifo: bool) {
    let noun = if fifo { "a FIFO queue" } else { "a queue" };
    for key in OF_STREAMS {
        if let Some(written) = mapping.get(key) {
            let title = format!("mapping `{}` reads {noun} and has `{key}`", mapping.id());
            cx.report(written.finding_of_key(title, "of streams only").help(format!("leave `{key}` out")));
        }
    }
    let window = mapping.get("MaximumBatchingWindowInSeconds");
    if fifo && let Some(window) = window.filter(|it| it.int().is_some_and(|seconds| seconds > 0)) {
        let title = format!("mapping `{}` reads a FIFO queue and has a batching window", mapping.id());
        cx.report(
            window.finding(title, "a FIFO queue does not wait").help("leave `MaximumBatchingWindowInSeconds` out"),
        );
    }
    let Some(batch) = mapping.get("BatchSize") else { return };
    let Some(size) = batch.int().filter(|size| *size > 10) else { return };
    let waits = window.is_some_and(|it| it.int() != Some(0));
    let (problem, help) = if fifo {
        ("at most 10 from a FIFO queue", "write `BatchSize: 10`")
    } else if size > 10_000 {
        ("at most 10000", "write `BatchSize: 10000` or less")
    } else if !waits {
        (
            "above 10 needs a batching window",
            "add `MaximumBatchingWindowInSeconds: 1` or more, or write `BatchSize: 10`",
        )
    } else {
        return;
    };
    let title = format!(
        "mapping `{}` wants {size} messages at once (`BatchSize`) without a window that allows it",
        mapping.id()
    );
    cx.report(batch.finding(title, problem).help(help));
}

fn stream(cx: &mut Cx<'_>, mapping: &Resource<'_>, arn: &Prop<'_>, kind: Source) {
    let Some(position) = mapping.get("StartingPosition") else {
        let title = format!("mapping `{}` reads a stream and has no `StartingPosition`", mapping.id());
        cx.report(arn.finding(title, "read from where?").help("add `StartingPosition: LATEST` or `TRIM_HORIZON`"));
        return;
    };
    let by_time = position.is("AT_TIMESTAMP");
    if by_time && kind == Source::Table {
        let title = format!("mapping `{}` reads the stream of a table from a time", mapping.id());
        cx.report(position.finding(title, "streams of tables know no time").help("write `LATEST` or `TRIM_HORIZON`"));
    } else if by_time && !mapping.has("StartingPositionTimestamp") {
        let title = format!("mapping `{}` reads from a time and does not say which", mapping.id());
        cx.report(position.finding(title, "from which time?").help("add `StartingPositionTimestamp`"));
    }
    if let Some(scaling) = mapping.get("ScalingConfig") {
        let title = format!("mapping `{}` reads a stream and has `ScalingConfig`", mapping.id());
        cx.report(
            scaling
                .finding_of_key(title, "of queues only")
                .help("leave it out; `ParallelizationFactor` is for streams"),
        );
    }
    if let Some(table) = arn.resource_of("AWS::DynamoDB::Table").filter(|table| !table.has("StreamSpecification")) {
        let title = format!("mapping `{}` reads the stream of table `{}`, which has none", mapping.id(), table.id());
        cx.report(
            arn.finding(title, "no stream")
                .also(table.at(), "has no `StreamSpecification`")
                .help("add `StreamSpecification: { StreamViewType: NEW_AND_OLD_IMAGES }` to the table"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    fn count(arn: &str, settings: &str) -> usize {
        let yaml = format!(
            "Resources:\n  Feed: {{ Type: AWS::Lambda::EventSourceMapping, Properties: {{ FunctionName: work, EventSourceArn: \"arn:aws:{arn}\"{settings} }} }}\n"
        );
        of_rule(&super::RULE, &yaml).len()
    }

    #[test]
    fn queues_give_as_many_as_they_wait_for() {
        let queue = |settings: &str| count("sqs:eu-west-1:111122223333:jobs", settings);
        assert_eq!(queue(""), 0);
        assert_eq!(queue(", BatchSize: 10"), 0);
        assert_eq!(queue(", BatchSize: 11"), 1);
        assert_eq!(queue(", BatchSize: 11, MaximumBatchingWindowInSeconds: 0"), 1);
        assert_eq!(queue(", BatchSize: 10000, MaximumBatchingWindowInSeconds: 1"), 0);
        assert_eq!(queue(", BatchSize: 10001, MaximumBatchingWindowInSeconds: 1"), 1);
        assert_eq!(queue(", StartingPosition: LATEST"), 1);
        let fifo = |settings: &str| count("sqs:eu-west-1:111122223333:jobs.fifo", settings);
        assert_eq!(fifo(", BatchSize: 10"), 0);
        assert_eq!(fifo(", BatchSize: 11"), 1);
        assert_eq!(fifo(", MaximumBatchingWindowInSeconds: 1"), 1);
    }

    #[test]
    fn streams_are_read_from_a_position() {
        let stream = |settings: &str| count("kinesis:eu-west-1:111122223333:stream/jobs", settings);
        assert_eq!(stream(""), 1);
        assert_eq!(stream(", StartingPosition: LATEST, BatchSize: 500"), 0);
        assert_eq!(stream(", StartingPosition: AT_TIMESTAMP"), 1);
        assert_eq!(stream(", StartingPosition: AT_TIMESTAMP, StartingPositionTimestamp: 1"), 0);
        assert_eq!(count("dynamodb:eu-west-1:111122223333:table/a/stream/b", ", StartingPosition: AT_TIMESTAMP"), 1);
        assert_eq!(count("kafka:eu-west-1:111122223333:cluster/a", ""), 0);
    }
}
