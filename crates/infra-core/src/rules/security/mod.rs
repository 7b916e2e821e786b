//! Permissions, secrets and sign-in.

mod api_key_only;
mod callback_url;
mod firewall_action;
mod foreign_bucket_policy;
mod foreign_region_key;
mod key_policy;
mod open_queue_route;
mod oversize_body;
mod pod_identity_secrets;
mod secret_literal;
mod sign_in_domain_parent;
mod unmanageable_key;
mod user_pool_client_secret;
mod wildcard_action;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[
    &api_key_only::RULE,
    &callback_url::RULE,
    &firewall_action::RULE,
    &foreign_bucket_policy::RULE,
    &foreign_region_key::RULE,
    &key_policy::RULE,
    &open_queue_route::RULE,
    &oversize_body::RULE,
    &pod_identity_secrets::RULE,
    &secret_literal::RULE,
    &sign_in_domain_parent::RULE,
    &unmanageable_key::RULE,
    &user_pool_client_secret::RULE,
    &wildcard_action::RULE,
];
