//! Stacks, regions and partitions.

mod foreign_partition;
mod import_across_regions;
mod unpinned_edge_region;

use super::Rule;

pub(super) const RULES: &[&Rule] =
    &[&foreign_partition::RULE, &import_across_regions::RULE, &unpinned_edge_region::RULE];
