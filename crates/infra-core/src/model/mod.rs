//! What the user wrote: one definition per environment, from YAML or from the Rust builder.
//!
//! Nothing here looks up other resources; that is `resolve`.

mod approvals;
pub mod build;
mod entry;
mod identify;
pub mod load;
mod overlay;
mod project;
mod reference;
mod unread;

pub use approvals::{ApprovalLevel, ApprovalRule, Approvals};
pub use entry::{Allow, Common, Entry, Origin, Override, PatchOperation, Section};
pub use identify::identified;
pub use overlay::NEW;
pub use project::{ClusterAccess, EnvironmentSpec, LintLevel, Project, ReferenceMode};
pub(crate) use reference::REFERENCE_INDEX;
pub use reference::{Any, Edge, Fifo, Mark, Ref, Regional, Standard};
pub(crate) use unread::Unread;

use std::collections::BTreeMap;

use crate::kinds::Sections;
use crate::names::{AccountId, DomainName, LocalUrl, Name, ProjectId, Region, VariableName};

/// One environment of a project, with everything that is decided per environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    /// Name, such as `prod`.
    pub name: Name,
    /// Id of the project, if it has one.
    pub project_id: Option<ProjectId>,
    /// The account it is deployed to.
    pub account: AccountId,
    /// The region of stacks that do not name one.
    pub region: Region,
    /// The domain under which the environment's names live.
    pub domain: DomainName,
    /// Tags of every stack of the environment, those of the project included.
    pub tags: BTreeMap<String, String>,
    /// Whether stacks get termination protection, and what holds data or traffic refuses to be deleted unless it says
    /// otherwise.
    pub protected: bool,
    /// Values of its own that stack files use, by name.
    pub variables: BTreeMap<VariableName, String>,
    /// How values cross stacks.
    pub references: ReferenceMode,
    /// The emulator on this machine that it lives in, if it is not AWS.
    pub endpoint_url: Option<LocalUrl>,
    /// The bucket through which templates go that are too long for a request.
    pub template_bucket: Option<String>,
    /// What somebody must agree to before it is changed.
    pub approvals: Approvals,
    /// How clusters are reached, by their names in the definition.
    pub clusters: BTreeMap<Name, ClusterAccess>,
}

/// Everything that is to be deployed to one environment, as written.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Name of the project.
    pub project: Name,
    /// The environment.
    pub environment: Environment,
    /// The stacks, sorted by name.
    pub stacks: BTreeMap<Name, Stack>,
    /// Entries that were written but could not be read; they are reported, and what refers to them is not wrong.
    pub(crate) unread: Unread,
    /// Whether reading it found any error: nothing is made of it.
    pub(crate) flawed: bool,
}

/// One stack: becomes one CloudFormation stack per region it needs.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    /// What the stack is for; the template's description.
    pub description: Option<String>,
    /// Its region, if not that of the environment.
    pub region: Option<Region>,
    /// The entries by kind.
    pub sections: Sections,
}
