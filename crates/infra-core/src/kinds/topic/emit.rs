//! What a topic compiles to.

use super::{Kept, Receiver, Subscription, FilterScope, Topic};
use crate::artifacts::{Expr, Handle, Object, Place, Policy, Pseudo, Resource, Statement};
use crate::kinds::queue::{Encryption, MAX_RETENTION, account_key_policy};
use crate::lower::Lowering;
use crate::names::{LogicalId, Name};
use crate::resolve::Bound;

/// Emits everything of one topic.
pub(super) fn emit(entry: Bound<'_, Topic>, cx: &mut Lowering<'_>) {
    match entry.spec().existing {
        Some(_) => owners(entry, cx),
        None => topic(entry, cx),
    }
    for (name, _) in entry.own_dead_letters() {
        own_dead_letters(entry, name, cx);
    }
    for (name, own) in &entry.spec().subscriptions {
        subscription(entry, name, own, cx);
    }
}

/// The policies of a topic that exists, and of its key, are its owner's.
fn owners(entry: Bound<'_, Topic>, cx: &mut Lowering<'_>) {
    if entry.takes_alarms() {
        let policy = Policy::default().with(alarms(["sns:Publish"], entry.arn()));
        cx.owner_must(entry.id, "let alarms publish to it, in the policy of the topic", entry.arn(), policy);
    }
    let Some(key) = entry.key_arn() else { return };
    let uses = entry.key_uses();
    if !uses.is_empty() {
        let policy = uses.into_iter().fold(Policy::default(), Policy::with);
        cx.owner_must(entry.id, "let services use its key, in the policy of the key", key, policy);
    }
}

fn topic(entry: Bound<'_, Topic>, cx: &mut Lowering<'_>) {
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
    if entry.takes_alarms() {
        policy.push(alarms(["sns:Publish"], entry.arn()));
    }
    cx.add(entry.resource(
        "Policy",
        "AWS::SNS::TopicPolicy",
        object! { "Topics" => vec![entry.arn()], "PolicyDocument" => policy },
    ));
}

/// A key that the account administers, that CloudWatch may use to tell the topic of alarms, and SNS to keep what it
/// cannot deliver.
fn key_policy(entry: Bound<'_, Topic>) -> Policy {
    entry.key_uses().into_iter().fold(account_key_policy(), Policy::with)
}

impl Bound<'_, Topic> {
    /// Returns what services may do with the key of the topic.
    pub(in crate::kinds) fn key_uses(&self) -> Vec<Statement> {
        let actions = ["kms:Decrypt", "kms:GenerateDataKey*"];
        let mut uses = Vec::new();
        if self.takes_alarms() {
            uses.push(alarms(actions, "*".into()));
        }
        if self.own_dead_letters().next().is_some() {
            let statement = Statement::allow(actions, "*".into())
                .sid("DeadLetters")
                .service("sns.amazonaws.com")
                .when("StringEquals", "aws:SourceAccount", Pseudo::AccountId);
            uses.push(statement);
        }
        uses
    }
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

/// A queue beside the topic for what one subscription does not deliver, to which nobody but the topic sends.
fn own_dead_letters(entry: Bound<'_, Topic>, name: &Name, cx: &mut Lowering<'_>) {
    let queue = entry.own_dead_letter_queue(name);
    let key = entry.key_arn();
    let properties = object! {
        "FifoQueue" => entry.fifo.then_some(true),
        "MessageRetentionPeriod" => MAX_RETENTION.get(),
        "SqsManagedSseEnabled" => key.is_none().then_some(true),
        "KmsMasterKeyId" => key,
    };
    cx.add(Resource::new(queue.clone(), "AWS::SQS::Queue", properties));
    let secure = Statement::deny(["sqs:*"], queue.arn())
        .sid("OnlyEncrypted")
        .principal("*".into())
        .when("Bool", "aws:SecureTransport", "false");
    let send = Statement::allow(["sqs:SendMessage"], queue.arn())
        .sid("FromTopic")
        .service("sns.amazonaws.com")
        .when("ArnEquals", "aws:SourceArn", entry.arn());
    let policy = Policy::default().with(secure).with(send);
    cx.add(entry.resource(
        &format!("To {name} Dead Letter Policy"),
        "AWS::SQS::QueuePolicy",
        object! { "Queues" => vec![queue.reference()], "PolicyDocument" => policy },
    ));
}

fn subscription(entry: Bound<'_, Topic>, name: &Name, own: &Subscription, cx: &mut Lowering<'_>) {
    let Some(receiver) = own.receiver() else { return };
    let filter: Object = own.filter.iter().map(|(key, value)| (key.clone(), Expr::from_json(value))).collect();
    let scope = match own.filter_scope {
        FilterScope::MessageAttributes => "MessageAttributes",
        FilterScope::MessageBody => "MessageBody",
    };
    let (protocol, endpoint) = endpoint(entry, receiver);
    let raw = match receiver {
        Receiver::Queue(_) => Some(own.raw.unwrap_or(true)),
        Receiver::Https(_) => own.raw,
        Receiver::Function(_) | Receiver::Email(_) | Receiver::EmailJson(_) => None,
    };
    let kept = entry.kept(own).and_then(|kept| match kept {
        Kept::By(queue) => queue.dead_letter_queue(),
        Kept::Apart => Some(entry.own_dead_letter_queue(name)),
    });
    if let Receiver::Queue(queue) = receiver {
        entry.follow(queue).ask_for_topic(entry, cx);
    }
    let (place, elsewhere) = home(entry, receiver);
    let part = format!("To{}", LogicalId::from_name("", name, ""));
    let handle = Handle { place, id: entry.logical_id(&part) };
    if let Receiver::Function(function) = receiver {
        let permission = Handle { place, id: entry.logical_id(&format!("{part}MayCall")) };
        entry.follow(function).let_in(permission, "sns.amazonaws.com", entry.arn(), cx);
    }
    let resource = Resource::new(
        handle,
        "AWS::SNS::Subscription",
        object! {
            "Region" => elsewhere.then(|| entry.region().to_string()),
            "TopicArn" => entry.arn(),
            "Protocol" => protocol,
            "Endpoint" => endpoint,
            "RawMessageDelivery" => raw,
            "FilterPolicy" => (!filter.is_empty()).then_some(filter.clone()),
            "FilterPolicyScope" => (!filter.is_empty()).then_some(scope),
            "RedrivePolicy" => kept.map(|queue| object! { "deadLetterTargetArn" => queue.arn() }),
        },
    );
    cx.add(resource);
}

fn endpoint(entry: Bound<'_, Topic>, receiver: Receiver<'_>) -> (&'static str, Expr) {
    match receiver {
        Receiver::Queue(queue) => ("sqs", entry.follow(queue).arn()),
        Receiver::Function(function) => ("lambda", entry.follow(function).arn()),
        Receiver::Email(address) => ("email", address.to_string().into()),
        Receiver::EmailJson(address) => ("email-json", address.to_string().into()),
        Receiver::Https(url) => ("https", url.to_string().into()),
    }
}

/// Where a subscription stands, and whether that is another region than the topic's: with the queue, so that stacks of
/// consumers need the topic's stack and never the other way round.
fn home(entry: Bound<'_, Topic>, receiver: Receiver<'_>) -> (Place, bool) {
    match receiver {
        Receiver::Queue(queue) => {
            let queue = entry.follow(queue);
            // A queue that exists needs no stack.
            if queue.existing.is_some() {
                return (entry.home(), false);
            }
            (queue.home(), queue.region() != entry.region())
        }
        Receiver::Function(function) => {
            let function = entry.follow(function);
            (function.home(), function.region() != entry.region())
        }
        Receiver::Email(_) | Receiver::EmailJson(_) | Receiver::Https(_) => (entry.home(), false),
    }
}
