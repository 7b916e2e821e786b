//! DynamoDB tables.

mod attribute_definitions;
mod endpoint_without_route;
mod idempotency_without_expiry;
mod unprotected_data;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[
    &attribute_definitions::RULE,
    &endpoint_without_route::RULE,
    &idempotency_without_expiry::RULE,
    &unprotected_data::RULE,
];
