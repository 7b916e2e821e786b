//! Rules and schedules of EventBridge.

mod schedule_expression;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[&schedule_expression::RULE];
