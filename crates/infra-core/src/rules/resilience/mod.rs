//! Time-outs, retries and fallbacks.

mod function_outlives_caller;
mod half_built_region;
mod min_above_max;
mod retried_write;
mod retry_budget;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[
    &function_outlives_caller::RULE,
    &half_built_region::RULE,
    &min_above_max::RULE,
    &retried_write::RULE,
    &retry_budget::RULE,
];
