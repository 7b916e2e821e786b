//! Cloud Map namespaces and services.

mod mixed_names;
mod private_namespace_zone;
mod private_service_check;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[&mixed_names::RULE, &private_namespace_zone::RULE, &private_service_check::RULE];
