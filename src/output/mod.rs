//! Renderers of what a run found: for people and for programs.
//!
//! May depend on `infra-core`. Nothing here decides anything, and nothing writes to the terminal itself.

pub mod human;
pub mod json;
