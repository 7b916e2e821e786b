//! What credentials must allow: policies of IAM for what is sent to AWS, and for what CloudFormation does with the
//! caller's credentials; roles of Kubernetes for what is sent to clusters.

mod beside;
mod calls;
mod ci;
mod cluster;
mod handlers;
mod policy;

pub use calls::{Ask, Handlers, Needs, needs};
pub use ci::{Ci, Repository, RepositoryError, Subject, SubjectError, template};
pub use cluster::{Deputy, roles};
pub use policy::{Policy, Statement, policies};
