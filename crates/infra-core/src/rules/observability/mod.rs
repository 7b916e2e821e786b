//! Traces, logs and alarms.

mod broken_request_id;
mod collector_identity;
mod fifo_topic_tracing;
mod forgotten_alarm;
mod log_retention;
mod propagators;
mod unheard_alarm;
mod xray_daemon;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[
    &broken_request_id::RULE,
    &collector_identity::RULE,
    &fifo_topic_tracing::RULE,
    &forgotten_alarm::RULE,
    &log_retention::RULE,
    &propagators::RULE,
    &unheard_alarm::RULE,
    &xray_daemon::RULE,
];
