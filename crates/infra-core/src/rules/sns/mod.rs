//! Topics and subscriptions.

mod fifo_mismatch;
mod filter_scope;
mod filter_size;
mod large_topic_subscriber;
mod malformed_filter;
mod publisher_without_key;
mod raw_delivery_protocol;
mod subscription_without_dead_letters;
mod undeliverable_subscription;
mod undersized_queue;

use super::Rule;
use crate::view::{Delivery, Receiver};

pub(super) const RULES: &[&Rule] = &[
    &fifo_mismatch::RULE,
    &filter_scope::RULE,
    &filter_size::RULE,
    &large_topic_subscriber::RULE,
    &malformed_filter::RULE,
    &publisher_without_key::RULE,
    &raw_delivery_protocol::RULE,
    &subscription_without_dead_letters::RULE,
    &undeliverable_subscription::RULE,
    &undersized_queue::RULE,
];

/// Returns whether a topic delivers to a queue that is subscribed to it: the rules of this service are about those.
pub(in crate::rules) fn is_to_queue(delivery: &Delivery<'_>) -> bool {
    delivery.slot.key == "Endpoint" && delivery.receiver() == Some(Receiver::Queue)
}
