//! What would make AWS refuse the changes, or harm others.

use std::collections::BTreeSet;

use super::changes::{Hazard, StackChange};
use crate::state::{Deployed, Desired, StackKey};

/// The hazards of changes.
pub(super) fn hazards(
    _desired: &Desired,
    _deployed: &Deployed,
    _selected: &BTreeSet<StackKey>,
    _changes: &[StackChange],
) -> Vec<Hazard> {
    Vec::new()
}
