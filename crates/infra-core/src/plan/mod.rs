//! What will be done, in which order, what somebody must agree to first, and what must still be true when it is done.
//!
//! A plan is built from [`crate::diff::Changes`]; what was printed of them is what is executed.

mod approvals;
mod batches;
mod build;
mod destroy;
mod file;
mod fingerprint;
mod honest;
#[cfg(test)]
mod tests;
mod undo;

pub use approvals::{Requirement, required};
pub use batches::{Change, ChangeAction, batches, changes_of, inverse};
pub use build::{Selection, order, selection};
pub use destroy::destruction;
pub use file::{FileError, Kind, Plan, Step, Target, Terms};
pub use fingerprint::{Prints, Stale, is_absent};
pub use undo::undoing;
