//! What is done to make the changes of an environment, and what somebody must agree to first.

mod approvals;
mod batches;

pub use approvals::{Requirement, required};
pub use batches::{Change, ChangeAction, batches, changes_of, inverse};
