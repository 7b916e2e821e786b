//! Topics and subscriptions.

mod fifo_mismatch;
mod filter_scope;
mod large_topic_subscriber;
mod raw_delivery_protocol;
mod subscription_without_dead_letters;
mod undeliverable_subscription;
mod undersized_queue;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[
    &fifo_mismatch::RULE,
    &filter_scope::RULE,
    &large_topic_subscriber::RULE,
    &raw_delivery_protocol::RULE,
    &subscription_without_dead_letters::RULE,
    &undeliverable_subscription::RULE,
    &undersized_queue::RULE,
];
