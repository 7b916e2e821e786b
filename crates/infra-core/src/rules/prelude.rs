//! What every rule file uses.

pub(super) use super::{Check, Cx, Evidence, Phase, Rule};
pub(super) use crate::diag::Severity;
#[expect(unused_imports, reason = "each rule uses some of them")]
pub(super) use crate::view::{Object, Prop, Record, Resource, Statement, View};
