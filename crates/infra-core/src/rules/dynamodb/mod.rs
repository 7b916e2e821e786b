//! DynamoDB tables.

mod endpoint_without_route;
mod idempotency_without_expiry;
mod unprotected_data;

use super::Rule;

pub(super) const RULES: &[&Rule] =
    &[&endpoint_without_route::RULE, &idempotency_without_expiry::RULE, &unprotected_data::RULE];
