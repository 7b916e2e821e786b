//! What must hold of a topic beyond its types.

use super::{Receiver, Subscription, Topic};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits;
use crate::kinds::{check, existing};
use crate::names::Name;
use crate::resolve::Bound;
use crate::route;

/// The page that gives the ranges of a topic's attributes.
const SOURCE: &str = "https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html";

/// The page that says who may subscribe to FIFO topics.
const FIFO: &str = "https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html";

/// The page that says who gets raw messages.
const RAW: &str = "https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html";

/// Reports every mistake of one topic.
pub(super) fn check(entry: Bound<'_, Topic>, diags: &mut Diagnostics) {
    if let Some(topic) = &entry.spec().existing {
        existing::only(entry, diags, &["fifo", "subscriptions"]);
        existing::starts(entry, diags, &route!["existing", "arn"], &topic.arn, "arn:");
        if let Some(key) = &topic.kms_key {
            existing::starts(entry, diags, &route!["existing", "kms-key"], key, "arn:");
        }
    }
    for (name, subscription) in &entry.spec().subscriptions {
        receiver(entry, name, subscription, diags);
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

fn receiver(entry: Bound<'_, Topic>, name: &Name, subscription: &Subscription, diags: &mut Diagnostics) {
    let at = |key: &'static str| entry.at(&route!["subscriptions", name.as_str(), key]);
    let receivers = subscription.receivers();
    let [(key, receiver)] = receivers.as_slice() else {
        let whole = entry.at(&route!["subscriptions", name.as_str()]);
        let error = Diagnostic::error("topics/receiver", "a subscription has one receiver");
        diags.push(match receivers.as_slice() {
            [] => error.at(whole, "has none"),
            all => error.at(whole, format!("has {}", crate::resolve::list(all.iter().map(|(key, _)| *key)))),
        }
        .help("write one of `queue`, `function`, `email`, `email-json` and `https`, and a subscription for each receiver"));
        return;
    };
    match receiver {
        Receiver::Queue(queue) => {
            let queue = entry.follow(queue);
            if queue.fifo && !entry.fifo {
                diags.push(
                    Diagnostic::error("topics/fifo-mismatch", "a FIFO queue cannot subscribe to a standard topic")
                        .at(at(key), "this queue is a FIFO one")
                        .also(queue.at(&route!["fifo"]), "the queue")
                        .note("SNS refuses it: \"FIFO SQS Queues can not be subscribed to standard SNS topics\"")
                        .help("add `fifo: true` to the topic, or remove it from the queue"),
                );
            }
        }
        Receiver::Function(_) | Receiver::Email(_) | Receiver::EmailJson(_) | Receiver::Https(_) if entry.fifo => diags.push(
            Diagnostic::error("topics/fifo-receiver", "a FIFO topic delivers to queues only")
                .at(at(key), "no queue")
                .also(entry.at(&route!["fifo"]), "FIFO")
                .note(format!("see {FIFO}"))
                .help("subscribe to a standard topic, or put a queue in between"),
        ),
        Receiver::Function(_) if subscription.raw == Some(true) => diags.push(
            Diagnostic::error("topics/raw-function", "a function gets no raw messages")
                .at(at("raw"), "SNS refuses it")
                .note(format!("see {RAW}"))
                .help("remove the line; the message is in `Records[0].Sns.Message` of the event"),
        ),
        Receiver::Email(_) | Receiver::EmailJson(_) => mailbox(subscription, at, diags),
        Receiver::Function(_) | Receiver::Https(_) => {}
    }
}

fn mailbox(subscription: &Subscription, at: impl Fn(&'static str) -> crate::diag::At, diags: &mut Diagnostics) {
    if subscription.raw == Some(true) {
        diags.push(
            Diagnostic::error("topics/raw-mail", "a mailbox gets no raw messages")
                .at(at("raw"), "SNS refuses it")
                .note(format!("see {RAW}"))
                .help("remove the line"),
        );
    }
    if subscription.dead_letter == Some(true) {
        diags.push(
            Diagnostic::error("topics/mail-dead-letter", "what a mailbox does not get is not kept")
                .at(at("dead-letter"), "a mailbox")
                .note("SNS does not learn that a mail did not arrive")
                .help("remove the line; where nothing may be lost, subscribe a queue"),
        );
    }
}
