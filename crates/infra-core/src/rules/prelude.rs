//! What every rule file uses.

pub(super) use super::{Check, Cx, Evidence, Phase, Rule};
pub(super) use crate::diag::Severity;
pub(super) use crate::view::{Object, Prop, Record, Resource, Statement, View};
