//! Documents that others wrote, evaluated to the types that our own lowering emits.
//!
//! [`System::read`] takes CloudFormation templates, assemblies of `infra` and of the AWS CDK, Kubernetes manifests and
//! Route 53 change batches, and reports what is wrong with the templates as documents. [`System::evaluate`] computes
//! what would be deployed, symbolically: what is not known stays an expression. Knows no resource type.

mod check;
mod components;
mod conditions;
mod each;
mod evaluate;
mod findings;
mod locate;
mod others;
mod parameters;
mod read;
mod regions;
mod stack;
mod text;
mod variants;

#[cfg(test)]
mod tests;

pub use findings::FINDINGS;
pub use locate::Located;
pub use read::Input;
pub use stack::{Batch, Change, Given, Manifest, Stack};
pub use variants::{Choice, Variant, Variants};

/// Everything that is checked together.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// The stacks; a handle's `place.stack` is an index of this list.
    pub stacks: Vec<Stack>,
    /// The Kubernetes objects.
    pub objects: Vec<Manifest>,
    /// The change batches of hosted zones.
    pub batches: Vec<Batch>,
}
