//! SQS queues with their dead-letter queues, policies and keys.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::existing::{self, Given};
use super::{Field, Key, Kind, Topic, check, field};
use crate::artifacts::{Expr, Policy, Pseudo, Statement};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits;
use crate::lower::Lowering;
use crate::model::build::Typed;
use crate::model::{Fifo, Ref, Standard};
use crate::names::Seconds;
use crate::resolve::Bound;
use crate::route;

/// The page that gives the ranges of a queue's attributes.
const SOURCE: &str = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html";

/// Longest time that SQS keeps a message: 14 days.
///
/// Source: [`SOURCE`] (read 2026-11-22); `facts::limits` holds the same bound.
pub(super) const MAX_RETENTION: Seconds = Seconds::new(1_209_600);

/// An SQS queue for one logical consumer; it has a dead-letter queue unless that is turned off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Queue {
    /// The queue that exists; without it one is made. Beside it, `fifo`, `visibility-timeout` and `retention` say how it is.
    pub existing: Option<ExistingQueue>,
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

/// A queue that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExistingQueue {
    /// Its ARN, from which its name and its URL follow.
    pub arn: Given,
    /// ARN of the customer managed key that encrypts its messages, if there is one; senders and consumers may then use it.
    #[serde(default)]
    pub kms_key: Option<Given>,
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

/// Encryption at rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// With a key that the service owns; nothing to grant.
    #[default]
    Managed,
    /// With a customer managed KMS key made for the entry; its grants are derived.
    Kms,
    /// With a key of `keys`, which entries share; its grants are derived.
    Key(Ref<Key>),
}

impl<K: Kind> Bound<'_, K> {
    /// Returns the ARN of the customer managed key of an encryption, if there is one.
    pub(super) fn key_of(&self, encryption: &Encryption) -> Option<Expr> {
        match encryption {
            Encryption::Managed => None,
            Encryption::Kms => Some(self.handle("Key").arn()),
            Encryption::Key(key) => Some(self.follow(key).arn()),
        }
    }
}

impl Default for DeadLetter {
    fn default() -> Self {
        Self { enabled: true, max_receive_count: 5, retention: MAX_RETENTION }
    }
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            existing: None,
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

    const FIELDS: &'static [Field] = &[
        field("", "VisibilityTimeout", "visibility-timeout"),
        field("", "MessageRetentionPeriod", "retention"),
        field("", "DelaySeconds", "delay"),
        field("", "ReceiveMessageWaitTimeSeconds", "wait-time"),
        field("", "MaximumMessageSize", "max-message-size"),
        field("", "RedrivePolicy", "dead-letter"),
        field("", "RedrivePolicy.maxReceiveCount", "dead-letter.max-receive-count"),
        field("", "FifoQueue", "fifo"),
        field("", "FifoThroughputLimit", "high-throughput"),
        field("", "DeduplicationScope", "high-throughput"),
        field("", "KmsMasterKeyId", "encryption"),
        field("", "SqsManagedSseEnabled", "encryption"),
        field("DeadLetter", "MessageRetentionPeriod", "dead-letter.retention"),
        field("DeadLetter", "KmsMasterKeyId", "encryption"),
        field("DeadLetter", "SqsManagedSseEnabled", "encryption"),
    ];

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        if let Some(queue) = &entry.spec().existing {
            existing::only(entry, diags, &["fifo", "visibility-timeout", "retention"]);
            existing::starts(entry, diags, &route!["existing", "arn"], &queue.arn, "arn:");
            if let Some(key) = &queue.kms_key {
                existing::starts(entry, diags, &route!["existing", "kms-key"], key, "arn:");
            }
        }
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
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        if entry.existing.is_some() {
            return;
        }
        let key = entry.key_arn();
        if entry.encryption == Encryption::Kms {
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
        match &self.existing {
            Some(queue) => self.given(&queue.arn),
            None => self.handle("").arn(),
        }
    }

    /// Returns the queue's URL.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html>
    /// (from memory): region, account and name are those of the ARN.
    pub fn url(&self) -> Expr {
        let Some(queue) = &self.existing else { return self.handle("").reference() };
        let part = |index| self.given_arn_part(&queue.arn, index);
        text!["https://sqs.", part(3), ".", Pseudo::UrlSuffix, "/", part(4), "/", part(5)]
    }

    /// Returns the queue's generated name, as metrics and alarms know it.
    pub fn queue_name(&self) -> Expr {
        match &self.existing {
            Some(queue) => self.given_arn_part(&queue.arn, 5),
            None => self.handle("").att("QueueName"),
        }
    }

    /// Returns the handle of the dead-letter queue, if there is one that is made here.
    pub fn dead_letter_queue(&self) -> Option<crate::artifacts::Handle> {
        (self.existing.is_none() && self.dead_letter.enabled).then(|| self.handle("DeadLetter"))
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

    /// Returns what a consumer must be allowed that puts messages into the dead-letter queue itself; nothing without one.
    pub fn reject_statements(&self) -> Vec<Statement> {
        let Some(dead_letters) = self.dead_letter_queue() else { return Vec::new() };
        let mut statements = vec![Statement::allow(["sqs:SendMessage"], dead_letters.arn())];
        statements.extend(self.key_arn().map(|key| Statement::allow(["kms:GenerateDataKey"], key)));
        statements
    }

    /// Says what the owner of a queue that exists must let a topic do: the policies of queue and key are theirs.
    pub(super) fn ask_for_topic(&self, topic: Bound<'_, Topic>, cx: &mut Lowering<'_>) {
        let Some(queue) = &self.spec().existing else { return };
        let policy = Policy::default().with(from_topic(*self, topic, self.arn()));
        cx.owner_must(self.id, "let the topic send to it, in the policy of the queue", self.arn(), policy);
        if let Some(key) = &queue.kms_key {
            let policy = Policy::default().with(topics_deliver());
            cx.owner_must(self.id, "let SNS use its key, in the policy of the key", self.given(key), policy);
        }
    }

    /// Returns what a sender must be allowed.
    pub fn send_statements(&self) -> Vec<Statement> {
        let mut statements = vec![Statement::allow(["sqs:SendMessage"], self.arn())];
        statements.extend(self.key_arn().map(|key| Statement::allow(["kms:Decrypt", "kms:GenerateDataKey"], key)));
        statements
    }

    /// Returns what services may do with the key of the queue: those that send to it.
    pub(super) fn key_uses(&self) -> Vec<Statement> {
        if self.referrers::<Topic>().is_empty() { Vec::new() } else { vec![topics_deliver()] }
    }

    /// Returns the ARN of the customer managed key, if there is one.
    pub fn key_arn(&self) -> Option<Expr> {
        if let Some(queue) = &self.existing {
            return queue.kms_key.as_ref().map(|key| self.given(key));
        }
        self.key_of(&self.encryption)
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
        policy.push(from_topic(entry, topic, queue.arn()));
    }
    object! { "Queues" => vec![queue.reference()], "PolicyDocument" => policy }
}

/// Lets a topic send to a queue.
fn from_topic(entry: Bound<'_, Queue>, topic: Bound<'_, Topic>, queue: Expr) -> Statement {
    // Ids of statements are unique, ids of topics are so in one stack only.
    let stack = if topic.id.stack == entry.id.stack { String::new() } else { topic.stack_name().to_pascal() };
    Statement::allow(["sqs:SendMessage"], queue)
        .sid(format!("From{stack}{}", topic.logical_id("")))
        .service("sns.amazonaws.com")
        .when("ArnEquals", "aws:SourceArn", topic.arn())
}

/// Lets SNS deliver what a key encrypts.
fn topics_deliver() -> Statement {
    Statement::allow(["kms:Decrypt", "kms:GenerateDataKey*"], "*".into())
        .sid("TopicsDeliver")
        .service("sns.amazonaws.com")
        .when("StringEquals", "aws:SourceAccount", Pseudo::AccountId)
}

/// A key that the account administers and that SNS may use to deliver.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html> (read 2026-11-22).
fn key_properties(entry: Bound<'_, Queue>) -> Expr {
    let policy = entry.key_uses().into_iter().fold(account_key_policy(), Policy::with);
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

impl ExistingQueue {
    /// Stands for a queue by its ARN.
    pub fn new(arn: impl Into<Given>) -> Self {
        Self { arn: arn.into(), kms_key: None }
    }
}

impl Queue {
    /// Stands for a standard queue that exists.
    pub fn existing(existing: ExistingQueue) -> Typed<Self, Standard> {
        Typed::new(Self { existing: Some(existing), ..Self::default() })
    }

    /// Starts a standard queue: at least once, order not kept.
    pub fn standard() -> Typed<Self, Standard> {
        Typed::new(Self::default())
    }

    /// Starts a FIFO queue.
    pub fn fifo() -> Typed<Self, Fifo> {
        Typed::new(Self { fifo: true, ..Self::default() })
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::kinds::testing::{compile_stacks, ids, json, properties, properties_in, report, resolved, template};

    #[test]
    fn a_queue_polls_long_and_moves_what_fails_to_a_queue_of_its_own() {
        assert_snapshot!(properties(Queue::EXAMPLE, "QueuePayment"), @"
        VisibilityTimeout: 180
        MessageRetentionPeriod: 345600
        ReceiveMessageWaitTimeSeconds: 20
        MaximumMessageSize: 1048576
        SqsManagedSseEnabled: true
        RedrivePolicy:
          deadLetterTargetArn:
            Fn::GetAtt:
            - QueuePaymentDeadLetter
            - Arn
          maxReceiveCount: 5
        ");
    }

    #[test]
    fn dead_letters_are_kept_as_long_as_sqs_can() {
        assert_snapshot!(properties(Queue::EXAMPLE, "QueuePaymentDeadLetter"), @"
        MessageRetentionPeriod: 1209600
        SqsManagedSseEnabled: true
        ");
    }

    #[test]
    fn both_queues_refuse_plain_connections() {
        assert_snapshot!(properties(Queue::EXAMPLE, "QueuePaymentPolicy"), @"
        Queues:
        - Ref: QueuePayment
        PolicyDocument:
          Version: 2012-10-17
          Statement:
          - Effect: Deny
            Action: sqs:*
            Resource:
              Fn::GetAtt:
              - QueuePayment
              - Arn
            Sid: OnlyEncrypted
            Principal: '*'
            Condition:
              Bool:
                aws:SecureTransport: 'false'
        ");
        let dead = properties(Queue::EXAMPLE, "QueuePaymentDeadLetterPolicy");
        assert!(dead.contains("QueuePaymentDeadLetter") && dead.contains("aws:SecureTransport"), "{dead}");
    }

    #[test]
    fn without_dead_letters_there_is_neither_queue_nor_redrive() {
        let template = template("queues: { audit: { dead-letter: { enabled: false } } }\n");
        assert_eq!(ids(&template), ["QueueAudit", "QueueAuditPolicy"]);
        assert!(template["Resources"]["QueueAudit"]["Properties"].get("RedrivePolicy").is_none());
    }

    #[test]
    fn queues_go_with_their_stack_and_keys_stay() {
        let template = template("queues: { audit: { encryption: kms } }\n");
        assert_eq!(template["Resources"]["QueueAudit"]["DeletionPolicy"], "Delete");
        assert_eq!(template["Resources"]["QueueAuditKey"]["DeletionPolicy"], "Retain");
        assert_eq!(template["Resources"]["QueueAuditKey"]["UpdateReplacePolicy"], "Retain");
    }

    #[test]
    fn one_customer_key_encrypts_the_queue_and_its_dead_letters() {
        let template = template("queues: { audit: { encryption: kms } }\n");
        for id in ["QueueAudit", "QueueAuditDeadLetter"] {
            let properties = &template["Resources"][id]["Properties"];
            assert_eq!(properties["KmsMasterKeyId"], serde_json::json!({ "Fn::GetAtt": ["QueueAuditKey", "Arn"] }));
            assert!(properties.get("SqsManagedSseEnabled").is_none(), "{properties}");
        }
    }

    #[test]
    fn the_key_lets_topics_deliver_only_where_one_subscribes() {
        let alone = properties("queues: { audit: { encryption: kms } }\n", "QueueAuditKey");
        assert!(!alone.contains("sns.amazonaws.com"), "{alone}");
        let yaml = "
queues: { audit: { encryption: kms } }
topics: { events: { subscriptions: { audit: { queue: audit } } } }
";
        assert_snapshot!(properties(yaml, "QueueAuditKey"), @"
        Description: Messages of queue shop-dev-audit
        EnableKeyRotation: true
        KeyPolicy:
          Version: 2012-10-17
          Statement:
          - Effect: Allow
            Action: kms:*
            Resource: '*'
            Sid: Account
            Principal:
              AWS:
                Fn::Sub: arn:${AWS::Partition}:iam::${AWS::AccountId}:root
          - Effect: Allow
            Action:
            - kms:Decrypt
            - kms:GenerateDataKey*
            Resource: '*'
            Sid: TopicsDeliver
            Principal:
              Service: sns.amazonaws.com
            Condition:
              StringEquals:
                aws:SourceAccount:
                  Ref: AWS::AccountId
        ");
    }

    #[test]
    fn a_fifo_queue_has_fifo_dead_letters() {
        let yaml = "queues: { orders: { fifo: true } }\n";
        assert!(properties(yaml, "QueueOrders").starts_with("FifoQueue: true\n"));
        assert!(properties(yaml, "QueueOrdersDeadLetter").starts_with("FifoQueue: true\n"));
    }

    #[test]
    fn high_throughput_looks_at_each_message_group() {
        let yaml = "queues: { orders: { fifo: true, high-throughput: true, content-based-deduplication: true } }\n";
        let text = properties(yaml, "QueueOrders");
        assert_snapshot!(text.split_inclusive('\n').take(4).collect::<String>(), @"
        FifoQueue: true
        ContentBasedDeduplication: true
        DeduplicationScope: messageGroup
        FifoThroughputLimit: perMessageGroupId
        ");
    }

    #[test]
    fn a_delay_is_written_only_where_there_is_one() {
        assert!(!properties("queues: { a: {} }\n", "QueueA").contains("DelaySeconds"));
        assert!(properties("queues: { a: { delay: 5 } }\n", "QueueA").contains("DelaySeconds: 5\n"));
    }

    #[test]
    fn consumers_and_senders_get_what_they_need_and_the_key() {
        let world = resolved("queues: { audit: { encryption: kms } }\n");
        let queue = world.all::<Queue>().next().unwrap();
        let policy = |statements: Vec<Statement>| {
            let policy = statements.into_iter().fold(Policy::default(), Policy::with);
            serde_yaml::to_string(&Expr::from(policy)).unwrap()
        };
        assert_snapshot!(policy(queue.consume_statements()), @"
        Version: 2012-10-17
        Statement:
        - Effect: Allow
          Action:
          - sqs:ReceiveMessage
          - sqs:DeleteMessage
          - sqs:ChangeMessageVisibility
          - sqs:GetQueueAttributes
          Resource:
            Fn::GetAtt:
            - QueueAudit
            - Arn
        - Effect: Allow
          Action: kms:Decrypt
          Resource:
            Fn::GetAtt:
            - QueueAuditKey
            - Arn
        ");
        assert_snapshot!(policy(queue.send_statements()), @"
        Version: 2012-10-17
        Statement:
        - Effect: Allow
          Action: sqs:SendMessage
          Resource:
            Fn::GetAtt:
            - QueueAudit
            - Arn
        - Effect: Allow
          Action:
          - kms:Decrypt
          - kms:GenerateDataKey
          Resource:
            Fn::GetAtt:
            - QueueAuditKey
            - Arn
        ");
    }

    #[test]
    fn plain_encryption_needs_no_grant_of_a_key() {
        let world = resolved("queues: { audit: {} }\n");
        let queue = world.all::<Queue>().next().unwrap();
        assert_eq!((queue.consume_statements().len(), queue.send_statements().len()), (1, 1));
    }

    const EVENTS: (&str, &str) =
        ("events", "topics: { orders: { subscriptions: { jobs: { queue: consumer.jobs } } } }\n");

    #[test]
    fn topics_of_other_stacks_may_send_and_their_stack_waits_for_nobody() {
        let assembly = compile_stacks(&[EVENTS, ("consumer", "queues: { jobs: {} }\n")]);
        let consumer = "stacks/consumer.eu-west-1.template.json";
        assert_snapshot!(properties_in(&assembly, consumer, "QueueJobsPolicy"), @"
        Queues:
        - Ref: QueueJobs
        PolicyDocument:
          Version: 2012-10-17
          Statement:
          - Effect: Deny
            Action: sqs:*
            Resource:
              Fn::GetAtt:
              - QueueJobs
              - Arn
            Sid: OnlyEncrypted
            Principal: '*'
            Condition:
              Bool:
                aws:SecureTransport: 'false'
          - Effect: Allow
            Action: sqs:SendMessage
            Resource:
              Fn::GetAtt:
              - QueueJobs
              - Arn
            Sid: FromEventsTopicOrders
            Principal:
              Service: sns.amazonaws.com
            Condition:
              ArnEquals:
                aws:SourceArn:
                  Ref: EventsTopicOrdersRef
        ");
        assert!(ids(&json(&assembly, consumer)).contains(&"TopicOrdersToJobs"));
        let manifest = json(&assembly, "manifest.json");
        let needs: Vec<String> =
            manifest["stacks"].as_array().unwrap().iter().map(|stack| stack["dependsOn"].to_string()).collect();
        assert_eq!(needs, [r#"["shop-dev-events"]"#, "[]"]);
    }

    #[test]
    fn a_topic_may_send_to_the_dead_letters_only_where_it_gives_up_to_them() {
        let giving_up = compile_stacks(&[EVENTS, ("consumer", "queues: { jobs: {} }\n")]);
        let consumer = "stacks/consumer.eu-west-1.template.json";
        assert!(properties_in(&giving_up, consumer, "QueueJobsDeadLetterPolicy").contains("sns.amazonaws.com"));
        let yaml = "
queues: { jobs: {} }
topics: { orders: { subscriptions: { jobs: { queue: jobs, dead-letter: false } } } }
";
        assert!(!properties(yaml, "QueueJobsDeadLetterPolicy").contains("sns.amazonaws.com"));
        assert!(properties(yaml, "QueueJobsPolicy").contains("sns.amazonaws.com"));
    }

    #[test]
    fn topics_of_one_name_in_two_stacks_have_statements_of_their_own() {
        let topic = |name: &str| {
            format!("topics: {{ orders: {{ subscriptions: {{ {name}: {{ queue: consumer.jobs }} }} }} }}\n")
        };
        let (a, b) = (topic("a"), topic("b"));
        let assembly = compile_stacks(&[("a", &a), ("b", &b), ("consumer", "queues: { jobs: {} }\n")]);
        let template = json(&assembly, "stacks/consumer.eu-west-1.template.json");
        let statements = &template["Resources"]["QueueJobsPolicy"]["Properties"]["PolicyDocument"]["Statement"];
        let sids: std::collections::BTreeSet<&str> =
            statements.as_array().unwrap().iter().map(|statement| statement["Sid"].as_str().unwrap()).collect();
        assert_eq!(sids.len(), 3, "{sids:?}");
    }

    #[test]
    fn numbers_outside_what_sqs_takes_are_reported_where_they_stand() {
        for (line, expected) in [
            ("visibility-timeout: 43201", "`visibility-timeout` must be from 0 to 43200 <- `43201` 43201 is outside"),
            ("retention: 59", "`retention` must be from 60 to 1209600 <- `59` 59 is outside"),
            ("delay: 901", "`delay` must be from 0 to 900 <- `901` 901 is outside"),
            ("wait-time: 21", "`wait-time` must be from 0 to 20 <- `21` 21 is outside"),
            ("max-message-size: 1023", "`max-message-size` must be from 1024 to 1048576 <- `1023` 1023 is outside"),
            (
                "dead-letter: { retention: 1209601 }",
                "`retention` must be from 60 to 1209600 <- `1209601` 1209601 is outside",
            ),
            (
                "dead-letter: { max-receive-count: 0 }",
                "`max-receive-count` must be from 1 to 1000 <- `0` 0 is outside",
            ),
        ] {
            let found = report(&format!("queues: {{ jobs: {{ {line} }} }}\n"));
            assert_eq!(found, format!("kinds/out-of-range: {expected}\n"));
        }
    }

    #[test]
    fn what_only_fifo_queues_can_is_refused_on_others() {
        let yaml = "queues: { jobs: { high-throughput: true, content-based-deduplication: true } }\n";
        assert_snapshot!(report(yaml), @"
        queues/fifo-only: `high-throughput` is for FIFO queues <- `true` this queue is a standard one
        queues/fifo-only: `content-based-deduplication` is for FIFO queues <- `true` this queue is a standard one
        ");
    }

    #[test]
    fn a_fifo_queue_may_keep_dead_letters_as_long_as_messages() {
        let yaml = "queues: { jobs: { fifo: true, retention: 3600, dead-letter: { retention: 3600 } } }\n";
        assert_eq!(report(yaml), "");
    }
}
