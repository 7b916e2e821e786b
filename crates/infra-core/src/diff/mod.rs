//! What is different between what is deployed and what is wanted, and what changing it does.
//!
//! One engine answers `infra diff`, the question before `infra apply`, and the plan.

mod arbiter;
mod certificates;
mod change_set;
mod changes;
mod compare;
mod draft;
mod exposure;
mod given;
mod grants;
mod hazard;
mod identity;
mod impact;
mod kin;
mod loss;
mod managers;
mod manifests;
mod memory;
mod normal;
mod objects;
mod protection;
mod reach;
mod references;
mod refusals;
mod registries;
mod rename;
mod secrets;
mod stacks;
mod switches;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod text;
mod value;
mod zones;

pub use arbiter::{arbitrate, exceeds};
pub use certificates::certificates;
pub use change_set::{ChangeSet, ChangeSetDetail, ChangeSetResource};
pub use changes::*;
pub use compare::changes;
pub use exposure::exposures;
pub use kin::renamed;
pub use managers::{Foreign, foreign, told};
pub use manifests::manifests;
pub use objects::{Objects, is_secret, object_fields, objects};
pub use protection::unprotected;
pub use refusals::refusals;
pub use secrets::drifted;
pub use stacks::{Stacks, stacks, templates};
pub use zones::{Zones, zones};
