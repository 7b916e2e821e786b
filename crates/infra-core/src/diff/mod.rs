//! What is different between what is deployed and what is wanted, and what changing it does.
//!
//! One engine answers `infra diff`, the question before `infra apply`, and the plan.

mod arbiter;
mod change_set;
mod changes;
mod draft;
mod exposure;
mod grants;
mod hazard;
mod impact;
mod loss;
mod normal;
mod reach;
mod references;
mod rename;
mod secrets;
mod stacks;
mod switches;
mod text;
mod value;

pub use arbiter::{arbitrate, exceeds};
pub use change_set::{ChangeSet, ChangeSetDetail, ChangeSetResource};
pub use changes::*;
pub use exposure::exposures;
pub use stacks::{stacks, templates};

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
