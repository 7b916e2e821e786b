//! SNS topics and who gets their messages.

mod checks;
mod emit;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::queue::Encryption;
use super::existing::Given;
use super::{Function, Kind, Monitor, Queue};
use crate::artifacts::{Expr, Handle, Statement};
use crate::diag::Diagnostics;
use crate::lower::Lowering;
use crate::model::build::{BuildError, Typed};
use crate::model::{Fifo, Mark, Ref, Standard};
use crate::names::{EmailAddress, HttpsUrl, Name};
use crate::resolve::Bound;

/// An SNS topic and who gets its messages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Topic {
    /// The topic that exists; without it one is made. Beside it, `fifo` says how it is, and `subscriptions` are added to it.
    pub existing: Option<ExistingTopic>,
    /// Strict order per message group; cannot be changed later. FIFO queues subscribe to FIFO topics only, and nobody but
    /// queues does.
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
    pub(crate) subscriptions: BTreeMap<Name, Subscription>,
}

/// A topic that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExistingTopic {
    /// Its ARN.
    pub arn: Given,
    /// ARN of the customer managed key that encrypts its messages, if there is one; publishers may then use it.
    #[serde(default)]
    pub kms_key: Option<Given>,
}

impl ExistingTopic {
    /// Stands for a topic by its ARN.
    pub fn new(arn: impl Into<Given>) -> Self {
        Self { arn: arn.into(), kms_key: None }
    }
}

/// Delivery of a topic's messages to one receiver: a queue, a function, a mailbox or a server.
///
/// Mailboxes and servers get nothing until they have confirmed: somebody opens the link in the first mail, the server
/// asks for the address in the first message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Subscription {
    /// The queue that gets the messages.
    pub(crate) queue: Option<Ref<Queue>>,
    /// The function that is called with them.
    pub(crate) function: Option<Ref<Function>>,
    /// The mailbox that gets them as text for people.
    pub(crate) email: Option<EmailAddress>,
    /// The mailbox that gets them as JSON for a program.
    pub(crate) email_json: Option<EmailAddress>,
    /// The server that gets them by POST.
    pub(crate) https: Option<HttpsUrl>,
    /// Whether the receiver gets the message alone, without the envelope of SNS; queues do if not set, servers may,
    /// functions and mailboxes cannot.
    pub raw: Option<bool>,
    /// Which messages are delivered, as SNS defines filter policies; at most 5 keys.
    pub filter: serde_json::Map<String, serde_json::Value>,
    /// What the filter looks at.
    pub filter_scope: FilterScope,
    /// Whether messages that cannot be delivered are kept: in the queue's dead-letter queue, or in one of the
    /// subscription's own for a function, a server, a queue of another region and a standard queue on a FIFO topic. They are if not
    /// set, but for a queue without a dead-letter queue; those for mailboxes never are.
    pub dead_letter: Option<bool>,
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

/// Who gets the messages of a subscription.
#[derive(Clone, Copy, Debug)]
enum Receiver<'a> {
    Queue(&'a Ref<Queue>),
    Function(&'a Ref<Function>),
    Email(&'a EmailAddress),
    EmailJson(&'a EmailAddress),
    Https(&'a HttpsUrl),
}

impl Subscription {
    /// Returns all receivers with their keys; there must be one.
    fn receivers(&self) -> Vec<(&'static str, Receiver<'_>)> {
        let queue = self.queue.as_ref().map(|queue| ("queue", Receiver::Queue(queue)));
        let email = self.email.as_ref().map(|address| ("email", Receiver::Email(address)));
        let json = self.email_json.as_ref().map(|address| ("email-json", Receiver::EmailJson(address)));
        let https = self.https.as_ref().map(|url| ("https", Receiver::Https(url)));
        let function = self.function.as_ref().map(|function| ("function", Receiver::Function(function)));
        [queue, function, email, json, https].into_iter().flatten().collect()
    }

    fn receiver(&self) -> Option<Receiver<'_>> {
        self.receivers().first().map(|(_, receiver)| *receiver)
    }
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
  alarms:
    display-name: Alarms of the shop
    subscriptions:
      oncall: { email: oncall@example.com }
      pager: { https: 'https://events.example.com/sns' }
queues:
  payment: {}
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        checks::check(entry, diags);
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        emit::emit(entry, cx);
    }
}

impl<'a> Bound<'a, Topic> {
    /// Returns the topic's ARN.
    pub fn arn(&self) -> Expr {
        match &self.existing {
            Some(topic) => self.given(&topic.arn),
            None => self.handle("").reference(),
        }
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
        if let Some(topic) = &self.existing {
            return topic.kms_key.as_ref().map(|key| self.given(key));
        }
        self.key_of(&self.encryption)
    }

    /// Returns whether messages that cannot be delivered to `queue` go to its dead-letter queue.
    pub(super) fn gives_up_to(&self, queue: Bound<'_, Queue>) -> bool {
        let mut kept = self.spec().subscriptions.values().filter_map(|subscription| self.kept(subscription));
        kept.any(|kept| matches!(kept, Kept::By(other) if other.id == queue.id))
    }

    /// Returns the dead-letter queues that subscriptions have of their own, with the names of those.
    pub(super) fn own_dead_letters(&self) -> impl Iterator<Item = (&'a Name, Handle)> {
        let this = *self;
        let subscriptions = this.spec().subscriptions.iter();
        let own = subscriptions.filter(move |(_, subscription)| matches!(this.kept(subscription), Some(Kept::Apart)));
        own.map(move |(name, _)| (name, this.own_dead_letter_queue(name)))
    }

    fn own_dead_letter_queue(&self, subscription: &Name) -> Handle {
        self.handle(&format!("To {subscription} Dead Letter"))
    }

    /// Returns where messages of a subscription go that cannot be delivered, if anywhere.
    ///
    /// The subscription lives in the topic's region, and its dead-letter queue must too; that of a FIFO topic must be a
    /// FIFO queue. Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html> (read 2026-11-30).
    fn kept(&self, subscription: &Subscription) -> Option<Kept<'a>> {
        if subscription.dead_letter == Some(false) {
            return None;
        }
        match subscription.receiver()? {
            Receiver::Queue(queue) => {
                let queue = self.follow(queue);
                let fits = queue.fifo == self.fifo && queue.region() == self.region();
                match queue.dead_letter_queue() {
                    Some(_) if fits => Some(Kept::By(queue)),
                    Some(_) => Some(Kept::Apart),
                    None => subscription.dead_letter.map(|_| Kept::Apart),
                }
            }
            Receiver::Function(_) | Receiver::Https(_) => Some(Kept::Apart),
            Receiver::Email(_) | Receiver::EmailJson(_) => None,
        }
    }

    /// Returns whether the topic calls a function.
    pub(super) fn calls(&self, function: Bound<'_, Function>) -> bool {
        let mut called = self.spec().subscriptions.values().filter_map(|own| own.function.as_ref());
        called.any(|own| self.follow(own).id == function.id)
    }

    /// Returns whether alarms are sent to the topic.
    fn takes_alarms(&self) -> bool {
        let is_told = |monitor: &Bound<'_, Monitor>| monitor.tells().any(|topic| topic.id == self.id);
        self.referrers::<Monitor>().iter().any(is_told)
    }
}

/// Where messages go that cannot be delivered.
enum Kept<'a> {
    /// To the dead-letter queue of the queue that did not get them.
    By(Bound<'a, Queue>),
    /// To a queue of the subscription's own.
    Apart,
}

impl Topic {
    /// Stands for a standard topic that exists.
    pub fn existing(existing: ExistingTopic) -> Typed<Self, Standard> {
        Typed::new(Self { existing: Some(existing), ..Self::default() })
    }

    /// Starts a standard topic.
    pub fn standard() -> Typed<Self, Standard> {
        Typed::new(Self::default())
    }

    /// Starts a FIFO topic, to which queues of either kind subscribe and nobody else.
    pub fn fifo() -> Typed<Self, Fifo> {
        Typed::new(Self { fifo: true, ..Self::default() })
    }
}

/// A topic that delivers to queues of mark `Q`: order is kept only from end to end, so a standard topic has no FIFO queue.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/example_sns_PublishFifoTopic_section.html> (read 2026-11-30).
pub trait DeliversTo<Q>: Mark {}

impl DeliversTo<Standard> for Standard {}
impl DeliversTo<Fifo> for Fifo {}
impl DeliversTo<Standard> for Fifo {}

impl<M> Typed<Topic, M> {
    /// Delivers the topic's messages to a queue.
    ///
    /// # Errors
    /// If `name` is not a name.
    pub fn subscribe<Q>(
        self,
        name: &str,
        queue: &Ref<Queue, Q>,
        set: impl FnOnce(&mut Subscription),
    ) -> Result<Self, BuildError>
    where
        M: DeliversTo<Q>,
    {
        let queue = Some(queue.clone().any());
        self.deliver(name, Subscription { queue, ..Subscription::default() }, set)
    }

    fn deliver(
        self,
        name: &str,
        mut subscription: Subscription,
        set: impl FnOnce(&mut Subscription),
    ) -> Result<Self, BuildError> {
        let name: Name = name.parse().map_err(BuildError::text)?;
        set(&mut subscription);
        Ok(self.with(|topic| {
            topic.subscriptions.insert(name, subscription);
        }))
    }
}

impl Typed<Topic, Standard> {
    /// Delivers the topic's messages to a mailbox, as text for people.
    ///
    /// # Errors
    /// If `name` is not a name, or `address` not the address of a mailbox.
    pub fn mail(self, name: &str, address: &str, set: impl FnOnce(&mut Subscription)) -> Result<Self, BuildError> {
        let email = Some(address.parse().map_err(BuildError::text)?);
        self.deliver(name, Subscription { email, ..Subscription::default() }, set)
    }

    /// Delivers the topic's messages to a mailbox, as JSON for a program.
    ///
    /// # Errors
    /// As [`Self::mail`].
    pub fn mail_json(self, name: &str, address: &str, set: impl FnOnce(&mut Subscription)) -> Result<Self, BuildError> {
        let email_json = Some(address.parse().map_err(BuildError::text)?);
        self.deliver(name, Subscription { email_json, ..Subscription::default() }, set)
    }

    /// Calls a function with the topic's messages.
    ///
    /// # Errors
    /// If `name` is not a name.
    pub fn call(
        self,
        name: &str,
        function: &Ref<Function>,
        set: impl FnOnce(&mut Subscription),
    ) -> Result<Self, BuildError> {
        let function = Some(function.clone());
        self.deliver(name, Subscription { function, ..Subscription::default() }, set)
    }

    /// Delivers the topic's messages to a server, by POST.
    ///
    /// # Errors
    /// If `name` is not a name, or `url` not an `https` address.
    pub fn post(self, name: &str, url: &str, set: impl FnOnce(&mut Subscription)) -> Result<Self, BuildError> {
        let https = Some(url.parse().map_err(BuildError::text)?);
        self.deliver(name, Subscription { https, ..Subscription::default() }, set)
    }
}

#[cfg(test)]
mod tests;
