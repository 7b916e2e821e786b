//! Stacks, regions and partitions.

mod edge_resource_elsewhere;
mod foreign_partition;
mod foreign_region_arn;
mod import_across_regions;
mod import_cycle;
mod missing_companion;
mod name_twice;
mod refused_value;
mod repeated_entry;
mod two_policies;
mod unknown_region;
mod unknown_secret_key;
mod unpinned_edge_region;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[
    &edge_resource_elsewhere::RULE,
    &foreign_partition::RULE,
    &foreign_region_arn::RULE,
    &import_across_regions::RULE,
    &import_cycle::RULE,
    &missing_companion::RULE,
    &name_twice::RULE,
    &refused_value::RULE,
    &repeated_entry::RULE,
    &two_policies::RULE,
    &unknown_region::RULE,
    &unknown_secret_key::RULE,
    &unpinned_edge_region::RULE,
];
