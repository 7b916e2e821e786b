//! SNS topics and their subscriptions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::queue::{Encryption, account_key_policy};
use super::{Kind, Monitor, Queue, check};
use crate::artifacts::{Expr, Handle, Object, Policy, Pseudo, Resource, Statement};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits;
use crate::lower::Lowering;
use crate::model::build::{BuildError, Typed};
use crate::model::{Fifo, Ref, Standard};
use crate::names::Name;
use crate::resolve::Bound;
use crate::route;

/// The page that gives the ranges of a topic's attributes.
const SOURCE: &str = "https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html";

/// An SNS topic and the queues that subscribe to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Topic {
    /// Strict order per message group; cannot be changed later. FIFO queues subscribe to FIFO topics only.
    pub(crate) fifo: bool,
    /// Removes duplicates by content: FIFO topics only.
    pub content_based_deduplication: bool,
    /// Name that receivers see in mails and the like.
    pub display_name: Option<String>,
    /// Encryption of the messages at rest.
    pub encryption: Encryption,
    /// Largest message. 1,024 to 1,048,576 bytes; 262,144 if not set.
    pub max_message_size: Option<u32>,
    /// Who gets the messages, by a name of your choice.
    pub(crate) subscriptions: std::collections::BTreeMap<Name, Subscription>,
}

/// Delivery of a topic's messages to a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Subscription {
    /// The queue.
    pub(crate) queue: Ref<Queue>,
    /// Whether the queue gets the message alone, without the envelope of SNS.
    #[serde(default = "yes")]
    pub raw: bool,
    /// Which messages are delivered, as SNS defines filter policies; at most 5 keys.
    #[serde(default)]
    pub filter: serde_json::Map<String, serde_json::Value>,
    /// What the filter looks at.
    #[serde(default)]
    pub filter_scope: FilterScope,
    /// Whether messages that cannot be delivered go to the queue's dead-letter queue.
    #[serde(default = "yes")]
    pub dead_letter: bool,
}

/// What a filter policy looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FilterScope {
    /// The attributes of the message.
    #[default]
    MessageAttributes,
    /// The keys of a JSON body.
    MessageBody,
}

fn yes() -> bool {
    true
}

impl Kind for Topic {
    const SECTION: &'static str = "topics";
    const NOUN: &'static str = "topic";
    const PREFIX: &'static str = "Topic";
    const EXAMPLE: &'static str = "
topics:
  order-events:
    subscriptions:
      payment:
        queue: payment
        filter: { eventType: [OrderCreated] }
queues:
  payment: {}
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        for (name, subscription) in &entry.spec().subscriptions {
            let queue = entry.follow(&subscription.queue);
            if queue.fifo != entry.fifo {
                let word = |fifo: bool| if fifo { "FIFO" } else { "standard" };
                let at = entry.at(&route!["subscriptions", name.as_str(), "queue"]);
                let title = format!("a {} queue cannot subscribe to a {} topic", word(queue.fifo), word(entry.fifo));
                diags.push(
                    Diagnostic::error("topics/fifo-mismatch", title)
                        .at(at, format!("this queue is a {} one", word(queue.fifo)))
                        .also(queue.at(&route!["fifo"]), "the queue")
                        .note("SNS refuses it: \"FIFO SQS Queues can not be subscribed to standard SNS topics\"")
                        .help("set `fifo` alike on both"),
                );
            }
            if subscription.filter.len() > limits::sns::FILTER_POLICY_KEYS {
                let title = format!("a filter policy has at most {} keys", limits::sns::FILTER_POLICY_KEYS);
                let at = entry.at(&route!["subscriptions", name.as_str(), "filter"]);
                diags.push(Diagnostic::error("topics/filter-keys", title).at(at, format!("{} keys", subscription.filter.len())));
            }
        }
        if let Some(size) = entry.max_message_size {
            check::bounds(entry, diags, &route!["max-message-size"], size, (limits::sns::MESSAGE_BYTES, SOURCE));
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        if entry.encryption == Encryption::Kms {
            let properties = object! {
                "Description" => format!("Messages of topic {}", entry.full_name()),
                "EnableKeyRotation" => true,
                "KeyPolicy" => key_policy(entry),
            };
            cx.add(entry.resource("Key", "AWS::KMS::Key", properties).retain());
        }
        // The name that CloudFormation makes up lacks the ending that SNS wants:
        // https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/681
        let name = || format!("{}-{}.fifo", entry.world().stack_name(entry.home()), entry.name);
        cx.add(entry.resource(
            "",
            "AWS::SNS::Topic",
            object! {
                "TopicName" => entry.fifo.then(name),
                "FifoTopic" => entry.fifo.then_some(true),
                "ContentBasedDeduplication" => entry.content_based_deduplication.then_some(true),
                "DisplayName" => entry.display_name.as_ref(),
                "KmsMasterKeyId" => entry.key_arn(),
                "MaximumMessageSize" => entry.max_message_size,
            },
        ));
        let secure = Statement::deny(["sns:Publish"], entry.arn())
            .sid("OnlyEncrypted")
            .principal("*".into())
            .when("Bool", "aws:SecureTransport", "false");
        let mut policy = Policy::default().with(secure);
        if !entry.referrers::<Monitor>().is_empty() {
            policy.push(alarms(["sns:Publish"], entry.arn()));
        }
        cx.add(entry.resource(
            "Policy",
            "AWS::SNS::TopicPolicy",
            object! { "Topics" => vec![entry.arn()], "PolicyDocument" => policy },
        ));
        for (name, subscription) in &entry.spec().subscriptions {
            lower_subscription(entry, name, subscription, cx);
        }
    }
}

/// A key that the account administers and that CloudWatch may use to tell the topic of alarms.
fn key_policy(entry: Bound<'_, Topic>) -> Policy {
    let mut policy = account_key_policy();
    if !entry.referrers::<Monitor>().is_empty() {
        policy.push(alarms(["kms:Decrypt", "kms:GenerateDataKey*"], "*".into()));
    }
    policy
}

/// Alarms of the account, which no identity policy covers.
///
/// Source: <https://repost.aws/knowledge-center/cloudwatch-receive-sns-for-alarm-trigger> (read 2026-11-22).
fn alarms(actions: impl IntoIterator<Item = &'static str>, resource: Expr) -> Statement {
    Statement::allow(actions, resource)
        .sid("Alarms")
        .service("cloudwatch.amazonaws.com")
        .when("StringEquals", "aws:SourceAccount", Pseudo::AccountId)
}

fn lower_subscription(entry: Bound<'_, Topic>, name: &Name, subscription: &Subscription, cx: &mut Lowering<'_>) {
    let queue = entry.follow(&subscription.queue);
    let filter: Object = subscription.filter.iter().map(|(key, value)| (key.clone(), Expr::from_json(value))).collect();
    let scope = match subscription.filter_scope {
        FilterScope::MessageAttributes => "MessageAttributes",
        FilterScope::MessageBody => "MessageBody",
    };
    let dead_letter = queue.dead_letter_queue().filter(|_| subscription.dead_letter);
    let part = format!("To{}", crate::names::LogicalId::from_name("", name, ""));
    // With the queue, so that stacks of consumers need the topic's stack and never the other way round.
    let handle = Handle { place: queue.home(), id: entry.logical_id(&part) };
    let resource = Resource::new(
        handle,
        "AWS::SNS::Subscription",
        object! {
            "Region" => (entry.region() != queue.region()).then(|| entry.region().to_string()),
            "TopicArn" => entry.arn(),
            "Protocol" => "sqs",
            "Endpoint" => queue.arn(),
            "RawMessageDelivery" => subscription.raw,
            "FilterPolicy" => (!filter.is_empty()).then_some(filter.clone()),
            "FilterPolicyScope" => (!filter.is_empty()).then_some(scope),
            "RedrivePolicy" => dead_letter.map(|queue| object! { "deadLetterTargetArn" => queue.arn() }),
        },
    );
    cx.add(resource);
}

impl Bound<'_, Topic> {
    /// Returns the topic's ARN.
    pub fn arn(&self) -> Expr {
        self.handle("").reference()
    }

    /// Returns what a publisher must be allowed.
    ///
    /// Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html> (read 2026-11-22).
    pub fn publish_statements(&self) -> Vec<Statement> {
        let mut statements = vec![Statement::allow(["sns:Publish"], self.arn())];
        statements.extend(self.key_arn().map(|key| Statement::allow(["kms:Decrypt", "kms:GenerateDataKey"], key)));
        statements
    }

    /// Returns the ARN of the customer managed key, if there is one.
    pub fn key_arn(&self) -> Option<Expr> {
        (self.encryption == Encryption::Kms).then(|| self.handle("Key").arn())
    }
}

impl Bound<'_, Topic> {
    /// Returns whether messages that cannot be delivered to `queue` go to its dead-letter queue.
    pub(super) fn gives_up_to(&self, queue: Bound<'_, Queue>) -> bool {
        let mut subscriptions = self.spec().subscriptions.values();
        subscriptions.any(|subscription| subscription.dead_letter && self.follow(&subscription.queue).id == queue.id)
    }
}

impl Topic {
    /// Starts a standard topic.
    pub fn standard() -> Typed<Self, Standard> {
        Typed::new(Self::default())
    }

    /// Starts a FIFO topic, to which only FIFO queues subscribe.
    pub fn fifo() -> Typed<Self, Fifo> {
        Typed::new(Self { fifo: true, ..Self::default() })
    }
}

impl<M> Typed<Topic, M> {
    /// Delivers the topic's messages to a queue of the same order.
    ///
    /// # Errors
    /// If `name` is not a name.
    pub fn subscribe(
        self,
        name: &str,
        queue: &Ref<Queue, M>,
        set: impl FnOnce(&mut Subscription),
    ) -> Result<Self, BuildError> {
        let name: Name = name.parse().map_err(BuildError::text)?;
        let mut subscription = Subscription {
            queue: queue.clone().any(),
            raw: true,
            filter: serde_json::Map::new(),
            filter_scope: FilterScope::default(),
            dead_letter: true,
        };
        set(&mut subscription);
        Ok(self.with(|topic| {
            topic.subscriptions.insert(name, subscription);
        }))
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::kinds::testing::{compile_stacks, properties, properties_in, report, resolved, template};

    #[test]
    fn a_topic_refuses_plain_connections() {
        assert_snapshot!(properties(Topic::EXAMPLE, "TopicOrderEventsPolicy"), @"
        Topics:
        - Ref: TopicOrderEvents
        PolicyDocument:
          Version: 2012-10-17
          Statement:
          - Effect: Deny
            Action: sns:Publish
            Resource:
              Ref: TopicOrderEvents
            Sid: OnlyEncrypted
            Principal: '*'
            Condition:
              Bool:
                aws:SecureTransport: 'false'
        ");
    }

    #[test]
    fn a_queue_gets_the_messages_that_its_filter_lets_through() {
        assert_snapshot!(properties(Topic::EXAMPLE, "TopicOrderEventsToPayment"), @"
        TopicArn:
          Ref: TopicOrderEvents
        Protocol: sqs
        Endpoint:
          Fn::GetAtt:
          - QueuePayment
          - Arn
        RawMessageDelivery: true
        FilterPolicy:
          eventType:
          - OrderCreated
        FilterPolicyScope: MessageAttributes
        RedrivePolicy:
          deadLetterTargetArn:
            Fn::GetAtt:
            - QueuePaymentDeadLetter
            - Arn
        ");
    }

    #[test]
    fn a_filter_may_look_into_the_body() {
        let yaml = "
topics: { t: { subscriptions: { q: { queue: q, filter: { type: [a] }, filter-scope: message-body } } } }
queues: { q: {} }
";
        assert!(properties(yaml, "TopicTToQ").contains("FilterPolicyScope: MessageBody\n"));
    }

    #[test]
    fn without_a_filter_there_is_no_scope() {
        let yaml = "
topics: { t: { subscriptions: { q: { queue: q, raw: false, dead-letter: false } } } }
queues: { q: {} }
";
        assert_snapshot!(properties(yaml, "TopicTToQ"), @"
        TopicArn:
          Ref: TopicT
        Protocol: sqs
        Endpoint:
          Fn::GetAtt:
          - QueueQ
          - Arn
        RawMessageDelivery: false
        ");
    }

    #[test]
    fn what_cannot_be_delivered_is_lost_where_the_queue_keeps_no_dead_letters() {
        let yaml = "
topics: { t: { subscriptions: { q: { queue: q } } } }
queues: { q: { dead-letter: { enabled: false } } }
";
        assert!(!properties(yaml, "TopicTToQ").contains("RedrivePolicy"));
    }

    #[test]
    fn a_topic_may_have_a_key_and_a_name_for_people() {
        let yaml = "topics: { t: { encryption: kms, display-name: Orders, max-message-size: 1024 } }\n";
        assert_snapshot!(properties(yaml, "TopicT"), @"
        DisplayName: Orders
        KmsMasterKeyId:
          Fn::GetAtt:
          - TopicTKey
          - Arn
        MaximumMessageSize: 1024
        ");
        assert_eq!(template(yaml)["Resources"]["TopicTKey"]["DeletionPolicy"], "Retain");
    }

    #[test]
    fn publishers_may_use_the_key() {
        let world = resolved("topics: { t: { encryption: kms } }\n");
        let topic = world.all::<Topic>().next().unwrap();
        let policy = topic.publish_statements().into_iter().fold(Policy::default(), Policy::with);
        assert_snapshot!(serde_yaml::to_string(&Expr::from(policy)).unwrap(), @"
        Version: 2012-10-17
        Statement:
        - Effect: Allow
          Action: sns:Publish
          Resource:
            Ref: TopicT
        - Effect: Allow
          Action:
          - kms:Decrypt
          - kms:GenerateDataKey
          Resource:
            Fn::GetAtt:
            - TopicTKey
            - Arn
        ");
    }

    #[test]
    fn a_fifo_topic_has_a_name_that_ends_as_sns_wants_it() {
        let yaml = "topics: { t: { fifo: true, content-based-deduplication: true } }\n";
        assert_snapshot!(properties(yaml, "TopicT"), @"
        TopicName: shop-dev-example-t.fifo
        FifoTopic: true
        ContentBasedDeduplication: true
        ");
    }

    #[test]
    fn a_subscription_to_a_topic_of_another_region_names_that_region() {
        let assembly = compile_stacks(&[
            ("events", "region: eu-central-1\ntopics: { t: { subscriptions: { q: { queue: jobs.q } } } }\n"),
            ("jobs", "queues: { q: {} }\n"),
        ]);
        let text = properties_in(&assembly, "stacks/jobs.eu-west-1.template.json", "TopicTToQ");
        assert!(text.starts_with("Region: eu-central-1\nTopicArn:\n  Ref: EventsTopicTRef\n"), "{text}");
    }

    #[test]
    fn a_standard_queue_cannot_follow_a_fifo_topic() {
        let yaml = "
topics: { t: { fifo: true, subscriptions: { q: { queue: jobs } } } }
queues: { jobs: {} }
";
        assert_snapshot!(report(yaml), @"topics/fifo-mismatch: a standard queue cannot subscribe to a FIFO topic <- `jobs` this queue is a standard one");
    }

    #[test]
    fn a_fifo_queue_cannot_follow_a_standard_topic() {
        let yaml = "
topics: { t: { subscriptions: { q: { queue: jobs } } } }
queues: { jobs: { fifo: true } }
";
        assert_snapshot!(report(yaml), @"topics/fifo-mismatch: a FIFO queue cannot subscribe to a standard topic <- `jobs` this queue is a FIFO one");
    }

    #[test]
    fn a_filter_has_five_keys_at_most() {
        let yaml = "
topics: { t: { subscriptions: { q: { queue: q, filter: { a: [1], b: [1], c: [1], d: [1], e: [1], f: [1] } } } } }
queues: { q: {} }
";
        assert_snapshot!(report(yaml), @"topics/filter-keys: a filter policy has at most 5 keys <- `filter` 6 keys");
    }

    #[test]
    fn messages_have_the_size_that_sns_takes() {
        assert_snapshot!(report("topics: { t: { max-message-size: 1048577 } }\n"), @"kinds/out-of-range: `max-message-size` must be from 1024 to 1048576 <- `1048577` 1048577 is outside");
    }
}
