//! Queues.

mod competing_functions;
mod crowded_attributes;
mod dead_letter_mismatch;
mod dead_letter_retention;
mod disposable_key;
mod impatient_redrive;
mod incomplete_receiver;
mod no_dead_letters;
mod sender_without_key;
mod short_polling;
mod unpinned_sender;
mod visibility_below_function;

use super::Rule;
use crate::view::{Resource, Statement};

pub(super) const RULES: &[&Rule] = &[
    &competing_functions::RULE,
    &crowded_attributes::RULE,
    &dead_letter_mismatch::RULE,
    &dead_letter_retention::RULE,
    &disposable_key::RULE,
    &impatient_redrive::RULE,
    &incomplete_receiver::RULE,
    &no_dead_letters::RULE,
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

/// Returns the statements of the queue's policies; nothing where some policy may be of this queue and may not.
pub(in crate::rules) fn statements<'v>(queue: &Resource<'v>) -> Option<Vec<Statement<'v>>> {
    let view = queue.view();
    let mut found = Vec::new();
    for (kind, path) in [("AWS::SQS::QueuePolicy", "Queues"), ("AWS::SQS::QueueInlinePolicy", "Queue")] {
        for policy in view.of(kind) {
            let named: Vec<Option<Resource<'v>>> = policy.each(path).map(|named| named.resource()).collect();
            if named.contains(&Some(*queue)) {
                found.extend(policy.get("PolicyDocument").into_iter().flat_map(Statement::of));
            } else if named.contains(&None) {
                return None;
            }
        }
    }
    Some(found)
}
