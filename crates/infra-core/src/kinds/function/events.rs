//! What hands events to a function: queues, streams of tables, and objects of buckets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Function;
use crate::artifacts::{Expr, Handle, Object, Policy, Statement};
use crate::kinds::{Bucket, Queue, Table};
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::Seconds;
use crate::resolve::Bound;

/// A queue whose messages a function takes. What fails is received again; a message that fails alone is said so by the
/// function, as `batchItemFailures`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Consumed {
    /// The queue.
    pub queue: Ref<Queue>,
    /// Most messages of one call. 1 to 10,000; 1 to 10 of a FIFO queue; above 10 with a `window`.
    #[serde(default = "ten")]
    pub batch: u32,
    /// How long messages are gathered for one call; not for FIFO queues. 0 to 300 seconds.
    #[serde(default)]
    pub window: Seconds,
    /// Most calls at a time for this queue; as many as there are if not set. 2 to 1,000.
    #[serde(default)]
    pub max_concurrency: Option<u32>,
    /// Whether the function says which messages of a batch failed; else one failure brings back the whole batch.
    #[serde(default = "yes")]
    pub partial_failures: bool,
}

/// A table whose changes a function gets, in the order of each key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Streamed {
    /// The table; it needs a `stream`.
    pub table: Ref<Table>,
    /// Most changes of one call. 1 to 10,000.
    #[serde(default = "hundred")]
    pub batch: u32,
    /// How long changes are gathered for one call. 0 to 300 seconds.
    #[serde(default)]
    pub window: Seconds,
    /// Where it starts when it is new.
    #[serde(default)]
    pub start: StartAt,
    /// How often a batch is tried again before it is put into the function's dead-letter queue; a batch that fails holds up
    /// all changes behind it. 0 to 10,000.
    #[serde(default = "three")]
    pub retries: u32,
    /// Whether the function says which change of a batch failed.
    #[serde(default = "yes")]
    pub partial_failures: bool,
}

/// Where a stream is read from by somebody who is new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StartAt {
    /// From the oldest change that the stream has, which may be 24 hours old.
    #[default]
    Oldest,
    /// From now on; what happens while the stack is deployed may be missed.
    Latest,
}

/// Objects of a bucket of which a function is told, through EventBridge. A bucket that exists must send its events there,
/// which is its owner's to turn on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Objects {
    /// The bucket.
    pub bucket: Ref<Bucket>,
    /// Of what it is told.
    #[serde(default = "created")]
    pub of: Vec<ObjectEvent>,
    /// Start of the objects' keys; all if empty.
    #[serde(default)]
    pub prefix: String,
    /// End of the objects' keys, such as `.jpg`; all if empty. Not beside `prefix`.
    #[serde(default)]
    pub suffix: String,
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectEvent {
    /// It was written.
    Created,
    /// It was deleted.
    Deleted,
}

fn ten() -> u32 {
    10
}

fn hundred() -> u32 {
    100
}

fn three() -> u32 {
    3
}

fn yes() -> bool {
    true
}

fn created() -> Vec<ObjectEvent> {
    vec![ObjectEvent::Created]
}

impl ObjectEvent {
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html> (from memory).
    fn detail_type(self) -> &'static str {
        match self {
            Self::Created => "Object Created",
            Self::Deleted => "Object Deleted",
        }
    }
}

impl Consumed {
    /// Takes messages of a queue with the usual numbers.
    pub fn new(queue: Ref<Queue>) -> Self {
        Self { queue, batch: ten(), window: Seconds::default(), max_concurrency: None, partial_failures: true }
    }
}

/// Returns what it must be allowed to take events.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html> (from memory).
pub(super) fn statements(entry: Bound<'_, Function>) -> Vec<Statement> {
    const STREAM: [&str; 3] = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];
    let function = entry.spec();
    let queues = function.consumes.iter().flat_map(|own| entry.follow(&own.queue).consume_statements());
    let streams = function.streams.iter().flat_map(|own| {
        let table = entry.follow(&own.table);
        let read = Statement::allow(STREAM, table.stream_arn());
        let list = Statement::allow(["dynamodb:ListStreams"], "*".into());
        [read, list].into_iter().chain(table.stream_key_statement())
    });
    queues.chain(streams).collect()
}

/// Emits what hands events to the function.
pub(super) fn emit(entry: Bound<'_, Function>, cx: &mut Lowering<'_>) {
    for own in &entry.spec().consumes {
        let queue = entry.follow(&own.queue);
        let failures = own.partial_failures.then(|| list!["ReportBatchItemFailures"]);
        let properties = object! {
            "FunctionName" => entry.arn(),
            "EventSourceArn" => queue.arn(),
            "BatchSize" => own.batch,
            "MaximumBatchingWindowInSeconds" => (own.window.get() > 0).then(|| own.window.get()),
            "ScalingConfig" => own.max_concurrency.map(|most| object! { "MaximumConcurrency" => most }),
            "FunctionResponseTypes" => failures,
        };
        cx.add(entry.resource(&part("From", &own.queue), "AWS::Lambda::EventSourceMapping", properties));
    }
    for own in &entry.spec().streams {
        cx.add(entry.resource(&part("FromTable", &own.table), "AWS::Lambda::EventSourceMapping", stream(entry, own)));
    }
    for (index, own) in entry.spec().objects.iter().enumerate() {
        objects(entry, (index, own), cx);
    }
}

fn part<K, M>(what: &str, reference: &Ref<K, M>) -> String {
    format!("{what} {}", reference.as_str().replace('.', " "))
}

fn stream(entry: Bound<'_, Function>, own: &Streamed) -> Expr {
    let kept = entry.dead_letter_queue().map(|queue| object! { "OnFailure" => object! { "Destination" => queue.arn() } });
    object! {
        "FunctionName" => entry.arn(),
        "EventSourceArn" => entry.follow(&own.table).stream_arn(),
        "BatchSize" => own.batch,
        "MaximumBatchingWindowInSeconds" => (own.window.get() > 0).then(|| own.window.get()),
        "StartingPosition" => match own.start {
            StartAt::Oldest => "TRIM_HORIZON",
            StartAt::Latest => "LATEST",
        },
        "MaximumRetryAttempts" => own.retries,
        "BisectBatchOnFunctionError" => (!own.partial_failures).then_some(true),
        "FunctionResponseTypes" => own.partial_failures.then(|| list!["ReportBatchItemFailures"]),
        "DestinationConfig" => kept,
    }
}

/// A rule on the default bus. The bucket's own notifications would have to name the function, which names the bucket.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html> (from memory).
fn objects(entry: Bound<'_, Function>, (index, own): (usize, &Objects), cx: &mut Lowering<'_>) {
    let bucket = entry.follow(&own.bucket);
    let rule = rule(entry, index, own);
    let key = match (own.prefix.as_str(), own.suffix.as_str()) {
        ("", "") => None,
        ("", suffix) => Some(object! { "suffix" => suffix.to_owned() }),
        (prefix, _) => Some(object! { "prefix" => prefix.to_owned() }),
    };
    let mut detail = Object::default();
    detail.push("bucket", object! { "name" => list![bucket.bucket_name()] });
    detail.push("object", key.map(|key| object! { "key" => list![key] }));
    let kinds: Expr = own.of.iter().map(|event| event.detail_type()).collect();
    let kept = entry.dead_letter_queue().map(|queue| object! { "Arn" => queue.arn() });
    let properties = object! {
        "Description" => format!("Objects of bucket {} for function {}", bucket.name, entry.name),
        "EventPattern" => object! { "source" => list!["aws.s3"], "detail-type" => kinds, "detail" => detail },
        "State" => "ENABLED",
        "Targets" => list![object! { "Id" => "function", "Arn" => entry.arn(), "DeadLetterConfig" => kept }],
    };
    cx.add(crate::artifacts::Resource::new(rule.clone(), "AWS::Events::Rule", properties));
    let permission = entry.handle(&format!("{} {index} May Call", part("Objects Of", &own.bucket)));
    entry.let_in(permission, "events.amazonaws.com", rule.arn(), cx);
    if bucket.existing.is_some() {
        let what = "turn on its events for EventBridge: `EventBridgeConfiguration` of its notifications";
        cx.owner_must(bucket.id, what, bucket.arn(), Policy::default());
    }
}

/// Returns the rules of EventBridge that put what they cannot deliver into the function's dead-letter queue.
pub(super) fn rules(entry: Bound<'_, Function>) -> Vec<Handle> {
    entry.spec().objects.iter().enumerate().map(|(index, own)| rule(entry, index, own)).collect()
}

fn rule(entry: Bound<'_, Function>, index: usize, own: &Objects) -> Handle {
    let number = if index == 0 { String::new() } else { format!(" {}", index + 1) };
    entry.handle(&format!("{}{number}", part("Objects Of", &own.bucket)))
}
