//! What is different between what is deployed and what is wanted, and what changing it does.
//!
//! One engine answers `infra diff`, the question before `infra apply`, and the plan.

mod certificates;
mod compare;
mod change_set;
mod changes;
mod objects;
#[cfg(test)]
pub(crate) mod testing;
mod zones;

pub use certificates::certificates;
pub use compare::changes;
pub use change_set::{ChangeSet, ChangeSetDetail, ChangeSetResource};
pub use changes::*;
pub use objects::objects;
pub use zones::zones;
