//! Stacks, regions and partitions.

mod foreign_partition;
mod unpinned_edge_region;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[&foreign_partition::RULE, &unpinned_edge_region::RULE];
