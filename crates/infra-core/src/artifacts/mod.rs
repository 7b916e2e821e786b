//! Documents that are emitted, and the expressions they are made of.
//!
//! An [`Expr`] is a value of a document that may be known only after deployment. It names resources by
//! [`Handle`]; where the resource lives in another stack or region, linking turns the handle into a parameter.

#[macro_use]
mod expr;
pub mod batch;
mod dns;
mod document;
pub(crate) mod functions;
mod policy;
mod template;
pub(crate) mod text;

pub use dns::{RecordSet, Routing, TypedValues};
pub use document::settle;
pub use expr::{Expr, Handle, Object, Place, Pseudo};
pub use policy::{Policy, Statement, Trust};
pub use template::{Deletion, Output, Parameter, Resource, Template};
