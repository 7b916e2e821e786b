//! What is different between what is deployed and what is wanted, and what changing it does.
//!
//! One engine answers `infra diff`, the question before `infra apply`, and the plan.

mod change_set;
mod changes;

pub use change_set::{ChangeSet, ChangeSetDetail, ChangeSetResource};
pub use changes::*;
