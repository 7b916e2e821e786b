//! Queues.

mod competing_functions;
mod crowded_attributes;
mod dead_letter_mismatch;
mod dead_letter_retention;
mod disposable_key;
mod impatient_redrive;
mod incomplete_receiver;
mod no_dead_letters;
mod receive_count;
mod sender_without_key;
mod short_polling;
mod unpinned_sender;
mod visibility_below_function;

use super::Rule;
use crate::view::Resource;

pub(super) const RULES: &[&Rule] = &[
    &competing_functions::RULE,
    &crowded_attributes::RULE,
    &dead_letter_mismatch::RULE,
    &dead_letter_retention::RULE,
    &disposable_key::RULE,
    &impatient_redrive::RULE,
    &incomplete_receiver::RULE,
    &no_dead_letters::RULE,
    &receive_count::RULE,
    &sender_without_key::RULE,
    &short_polling::RULE,
    &unpinned_sender::RULE,
    &visibility_below_function::RULE,
];

/// Returns the dead-letter queue, if it is one of the view.
pub(in crate::rules) fn dead_letters<'v>(queue: &Resource<'v>) -> Option<Resource<'v>> {
    queue.get("RedrivePolicy.deadLetterTargetArn")?.resource_of("AWS::SQS::Queue")
}

/// Returns whether the queue is FIFO, if that is known.
pub(in crate::rules) fn is_fifo(queue: &Resource<'_>) -> Option<bool> {
    queue.bool_or("FifoQueue", false)
}
