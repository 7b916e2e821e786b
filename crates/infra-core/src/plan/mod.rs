//! What will be done, in which order, and what must still be true when it is: a plan as data.
//!
//! A plan is built from [`crate::diff::Changes`]; what was printed of them is what is executed.

mod build;
mod file;
mod fingerprint;

pub use build::{Selection, order, selection};
pub use file::{FileError, Kind, Plan, Step, Target, Terms};
pub use fingerprint::{Prints, Stale, is_absent};
