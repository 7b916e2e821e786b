//! SQS queues with their dead-letter queues, policies and keys.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Topic, check};
use crate::artifacts::{Expr, Policy, Pseudo, Statement};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits;
use crate::lower::Lowering;
use crate::model::build::Typed;
use crate::model::{Fifo, Standard};
use crate::names::Seconds;
use crate::resolve::Bound;
use crate::route;

/// The page that gives the ranges of a queue's attributes.
const SOURCE: &str = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html";

/// Longest time that SQS keeps a message: 14 days.
///
/// Source: [`SOURCE`] (read 2026-11-22); `facts::limits` holds the same bound.
const MAX_RETENTION: Seconds = Seconds::new(1_209_600);

/// An SQS queue for one logical consumer; it has a dead-letter queue unless that is turned off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Queue {
    /// Strict order per message group and exactly-once sending; cannot be changed later.
    pub(crate) fifo: bool,
    /// How long a received message stays hidden from other receivers. 0 to 43,200 seconds.
    pub visibility_timeout: Seconds,
    /// How long messages are kept. 60 to 1,209,600 seconds; must be shorter than that of the dead-letter queue.
    pub retention: Seconds,
    /// How long a new message stays hidden. 0 to 900 seconds.
    pub delay: Seconds,
    /// How long a receive call waits for messages. 0 to 20 seconds.
    pub wait_time: Seconds,
    /// Largest message. 1,024 to 1,048,576 bytes.
    pub max_message_size: u32,
    /// The dead-letter queue.
    pub dead_letter: DeadLetter,
    /// Encryption of the messages at rest.
    pub encryption: Encryption,
    /// What high throughput of a FIFO queue needs: order and duplicates are looked at per message group.
    pub high_throughput: bool,
    /// Removes duplicates by content: FIFO queues only.
    pub content_based_deduplication: bool,
}

/// What happens to messages that fail again and again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct DeadLetter {
    /// Whether they move to a queue of their own; else they are received until they expire.
    pub enabled: bool,
    /// How often a message is received before it moves. 1 to 1,000; below 3 a rolling deployment moves good messages.
    pub max_receive_count: u16,
    /// How long dead letters are kept, counted from when they were first sent. 60 to 1,209,600 seconds.
    pub retention: Seconds,
}

/// Encryption of messages at rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// With a key that the service owns; nothing to grant.
    #[default]
    Managed,
    /// With a customer managed KMS key made for the entry; its grants are derived.
    Kms,
}

impl Default for DeadLetter {
    fn default() -> Self {
        Self { enabled: true, max_receive_count: 5, retention: MAX_RETENTION }
    }
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            fifo: false,
            visibility_timeout: Seconds::new(60),
            retention: Seconds::new(345_600),
            delay: Seconds::new(0),
            wait_time: Seconds::new(20),
            max_message_size: 1_048_576,
            dead_letter: DeadLetter::default(),
            encryption: Encryption::Managed,
            high_throughput: false,
            content_based_deduplication: false,
        }
    }
}

impl Kind for Queue {
    const SECTION: &'static str = "queues";
    const NOUN: &'static str = "queue";
    const PREFIX: &'static str = "Queue";
    const EXAMPLE: &'static str = "
queues:
  payment:
    visibility-timeout: 180
    dead-letter: { max-receive-count: 5 }
  audit:
    dead-letter: { enabled: false }
    encryption: kms
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        let mut check = |route, value, bounds| check::bounds(entry, diags, &route, value, (bounds, SOURCE));
        check(route!["visibility-timeout"], entry.visibility_timeout.get(), limits::sqs::VISIBILITY_TIMEOUT);
        check(route!["retention"], entry.retention.get(), limits::sqs::RETENTION);
        check(route!["delay"], entry.delay.get(), limits::sqs::DELAY);
        check(route!["wait-time"], entry.wait_time.get(), limits::sqs::RECEIVE_WAIT);
        check(route!["max-message-size"], entry.max_message_size, limits::sqs::MESSAGE_BYTES);
        let dead = &entry.dead_letter;
        check(route!["dead-letter", "retention"], dead.retention.get(), limits::sqs::RETENTION);
        let count = u32::from(dead.max_receive_count);
        check(route!["dead-letter", "max-receive-count"], count, limits::sqs::MAX_RECEIVE_COUNT);
        for (used, key) in [
            (entry.high_throughput, "high-throughput"),
            (entry.content_based_deduplication, "content-based-deduplication"),
        ] {
            if used && !entry.fifo {
                diags.push(
                    Diagnostic::error("queues/fifo-only", format!("`{key}` is for FIFO queues"))
                        .at(entry.at(&route![key]), "this queue is a standard one")
                        .help("add `fifo: true`, or remove the line"),
                );
            }
        }
        if dead.enabled && dead.retention <= entry.retention && !entry.fifo {
            diags.push(
                Diagnostic::error("queues/dead-letter-retention", "the dead-letter queue forgets messages before anybody looks")
                    .at(entry.at(&route!["dead-letter", "retention"]), format!("kept {} s", dead.retention))
                    .also(entry.at(&route!["retention"]), format!("the queue itself keeps them {} s", entry.retention))
                    .note("a message that moves keeps the time at which it was first sent, so the dead-letter queue must keep it longer")
                    .help(format!("keep dead letters {} s, the most that SQS allows, and messages for less", MAX_RETENTION)),
            );
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        let key = (entry.encryption == Encryption::Kms).then(|| entry.handle("Key").arn());
        if key.is_some() {
            cx.add(entry.resource("Key", "AWS::KMS::Key", key_properties(entry)).retain());
        }
        let fifo = entry.fifo.then_some(true);
        let dead = &entry.dead_letter;
        let redrive = dead.enabled.then(|| {
            let properties = object! {
                "FifoQueue" => fifo,
                "MessageRetentionPeriod" => dead.retention.get(),
                "KmsMasterKeyId" => key.clone(),
                "SqsManagedSseEnabled" => key.is_none().then_some(true),
            };
            cx.add(entry.resource("DeadLetter", "AWS::SQS::Queue", properties));
            object! { "deadLetterTargetArn" => entry.handle("DeadLetter").arn(), "maxReceiveCount" => dead.max_receive_count }
        });
        let scope = |text: &'static str| entry.high_throughput.then_some(text);
        cx.add(entry.resource(
            "",
            "AWS::SQS::Queue",
            object! {
                "FifoQueue" => fifo,
                "ContentBasedDeduplication" => entry.content_based_deduplication.then_some(true),
                "DeduplicationScope" => scope("messageGroup"),
                "FifoThroughputLimit" => scope("perMessageGroupId"),
                "VisibilityTimeout" => entry.visibility_timeout.get(),
                "MessageRetentionPeriod" => entry.retention.get(),
                "DelaySeconds" => (entry.delay.get() > 0).then(|| entry.delay.get()),
                "ReceiveMessageWaitTimeSeconds" => entry.wait_time.get(),
                "MaximumMessageSize" => entry.max_message_size,
                "KmsMasterKeyId" => key.clone(),
                "SqsManagedSseEnabled" => key.is_none().then_some(true),
                "RedrivePolicy" => redrive,
            },
        ));
        cx.add(entry.resource("Policy", "AWS::SQS::QueuePolicy", policy_properties(entry, "", |_| true)));
        if dead.enabled {
            let properties = policy_properties(entry, "DeadLetter", |topic| topic.gives_up_to(entry));
            cx.add(entry.resource("DeadLetterPolicy", "AWS::SQS::QueuePolicy", properties));
        }
    }
}

impl Bound<'_, Queue> {
    /// Returns the queue's ARN.
    pub fn arn(&self) -> Expr {
        self.handle("").arn()
    }

    /// Returns the queue's URL.
    pub fn url(&self) -> Expr {
        self.handle("").reference()
    }

    /// Returns the queue's generated name, as metrics and alarms know it.
    pub fn queue_name(&self) -> Expr {
        self.handle("").att("QueueName")
    }

    /// Returns the handle of the dead-letter queue, if there is one.
    pub fn dead_letter_queue(&self) -> Option<crate::artifacts::Handle> {
        self.dead_letter.enabled.then(|| self.handle("DeadLetter"))
    }

    /// Returns what a consumer must be allowed.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html>
    /// (read 2026-11-22).
    pub fn consume_statements(&self) -> Vec<Statement> {
        const ACTIONS: [&str; 4] =
            ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"];
        let mut statements = vec![Statement::allow(ACTIONS, self.arn())];
        statements.extend(self.key_arn().map(|key| Statement::allow(["kms:Decrypt"], key)));
        statements
    }

    /// Returns what a sender must be allowed.
    pub fn send_statements(&self) -> Vec<Statement> {
        let mut statements = vec![Statement::allow(["sqs:SendMessage", "sqs:GetQueueUrl"], self.arn())];
        statements.extend(self.key_arn().map(|key| Statement::allow(["kms:Decrypt", "kms:GenerateDataKey"], key)));
        statements
    }

    /// Returns the ARN of the customer managed key, if there is one.
    pub fn key_arn(&self) -> Option<Expr> {
        (self.encryption == Encryption::Kms).then(|| self.handle("Key").arn())
    }
}

/// Only encrypted connections, and those topics that send to the queue named by `part`.
fn policy_properties(entry: Bound<'_, Queue>, part: &str, sends: impl Fn(Bound<'_, Topic>) -> bool) -> Expr {
    let queue = entry.handle(part);
    let secure = Statement::deny(["sqs:*"], queue.arn())
        .sid("OnlyEncrypted")
        .principal("*".into())
        .when("Bool", "aws:SecureTransport", "false");
    let mut policy = Policy::default().with(secure);
    for topic in entry.referrers::<Topic>().into_iter().filter(|topic| sends(*topic)) {
        // Ids of statements are unique, ids of topics are so in one stack only.
        let stack = if topic.id.stack == entry.id.stack { String::new() } else { topic.stack_name().to_pascal() };
        let statement = Statement::allow(["sqs:SendMessage"], queue.arn())
            .sid(format!("From{stack}{}", topic.logical_id("")))
            .service("sns.amazonaws.com")
            .when("ArnEquals", "aws:SourceArn", topic.arn());
        policy.push(statement);
    }
    object! { "Queues" => vec![queue.reference()], "PolicyDocument" => policy }
}

/// A key that the account administers and that SNS may use to deliver.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html> (read 2026-11-22).
fn key_properties(entry: Bound<'_, Queue>) -> Expr {
    let mut policy = account_key_policy();
    if !entry.referrers::<Topic>().is_empty() {
        let statement = Statement::allow(["kms:Decrypt", "kms:GenerateDataKey*"], "*".into())
            .sid("TopicsDeliver")
            .service("sns.amazonaws.com")
            .when("StringEquals", "aws:SourceAccount", Pseudo::AccountId);
        policy.push(statement);
    }
    object! {
        "Description" => format!("Messages of queue {}", entry.full_name()),
        "EnableKeyRotation" => true,
        "KeyPolicy" => policy,
    }
}

/// A key policy that leaves all to IAM policies of the account.
pub fn account_key_policy() -> Policy {
    let root = text!["arn:", Pseudo::Partition, ":iam::", Pseudo::AccountId, ":root"];
    Policy::default().with(
        Statement::allow(["kms:*"], "*".into()).sid("Account").principal(object! { "AWS" => root }),
    )
}

impl Queue {
    /// Starts a standard queue: at least once, order not kept.
    pub fn standard() -> Typed<Self, Standard> {
        Typed::new(Self::default())
    }

    /// Starts a FIFO queue.
    pub fn fifo() -> Typed<Self, Fifo> {
        Typed::new(Self { fifo: true, ..Self::default() })
    }
}
