//! Permissions, secrets and sign-in.

mod callback_url;
mod pod_identity_secrets;
mod user_pool_client_secret;
mod wildcard_action;

use super::Rule;

pub(super) const RULES: &[&Rule] =
    &[&callback_url::RULE, &pod_identity_secrets::RULE, &user_pool_client_secret::RULE, &wildcard_action::RULE];
