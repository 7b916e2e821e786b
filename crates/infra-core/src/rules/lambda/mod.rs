//! Functions and what feeds them.

mod closed_url;
mod event_source_settings;
mod retired_runtime;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[&closed_url::RULE, &event_source_settings::RULE, &retired_runtime::RULE];
