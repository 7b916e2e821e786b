//! Certificates.

mod edge_certificate_region;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[&edge_certificate_region::RULE];
