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
mod tight_visibility;
mod unpinned_sender;
mod visibility_below_function;

use super::{Cx, Rule};
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
    &tight_visibility::RULE,
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

/// What SQS hides a message for where nothing is written. Unit: seconds.
const DEFAULT_VISIBILITY: i64 = 30;
/// How long a function may run where nothing is written. Unit: seconds.
const DEFAULT_TIMEOUT: i64 = 3;
/// How many times its own time a function is to be given.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html> (read 2026-11-23).
const TIMES: i64 = 6;

/// A queue and the function that reads it, with their times in seconds.
struct Times<'v> {
    queue: Resource<'v>,
    function: Resource<'v>,
    hidden: i64,
    runs: i64,
    window: i64,
}

/// Returns queue, function and times of a mapping, if all are known.
fn times<'v>(source: &Resource<'v>) -> Option<Times<'v>> {
    let queue = source.get("EventSourceArn")?.resource_of("AWS::SQS::Queue")?;
    let function = source.get("FunctionName")?.resource_of("AWS::Lambda::Function")?;
    Some(Times {
        queue,
        function,
        hidden: queue.int_or("VisibilityTimeout", DEFAULT_VISIBILITY)?,
        runs: function.int_or("Timeout", DEFAULT_TIMEOUT)?,
        window: source.int_or("MaximumBatchingWindowInSeconds", 0)?,
    })
}

/// Reports that a queue hides messages for less than its function needs.
fn report_times(cx: &mut Cx<'_>, source: &Resource<'_>, times: &Times<'_>, needed: i64) {
    let Times { queue, function, hidden, runs, .. } = times;
    let visibility = queue.get("VisibilityTimeout");
    cx.report(
        queue
            .finding_at(
                "VisibilityTimeout",
                format!("queue `{}` hides a message {hidden} s, its function needs {needed} s", queue.id()),
                format!("{hidden} s"),
            )
            .also(function.nearest("Timeout").at(), format!("the function may run {runs} s"))
            .also(source.at(), "the function reads the queue")
            .help(format!("write `VisibilityTimeout: {needed}`"))
            .fix(visibility.and_then(|visibility| visibility.replace(&needed.to_string()))),
    );
}
