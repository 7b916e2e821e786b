//! Rules and schedules of EventBridge.

mod malformed_pattern;
mod schedule_expression;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[&malformed_pattern::RULE, &schedule_expression::RULE];
