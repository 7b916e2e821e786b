//! Policy documents of IAM, wherever they are written.

mod foreign_action;
mod malformed_action;
mod malformed_resource;
mod malformed_statement;
mod misplaced_element;
mod missing_element;
mod objects_of_bucket;
mod unknown_action;
mod unknown_operator;
mod unknown_principal;
mod untrusted_service;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[
    &foreign_action::RULE,
    &malformed_action::RULE,
    &malformed_resource::RULE,
    &malformed_statement::RULE,
    &misplaced_element::RULE,
    &missing_element::RULE,
    &objects_of_bucket::RULE,
    &unknown_action::RULE,
    &unknown_operator::RULE,
    &unknown_principal::RULE,
    &untrusted_service::RULE,
];
