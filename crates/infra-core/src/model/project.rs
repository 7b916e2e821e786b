//! `infra.yaml`: the project and its environments.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Approvals, Environment};
use crate::diag::At;
use crate::names::{AccountId, DomainName, LocalUrl, Name, ProjectId, Region, VariableName};

/// `infra.yaml`: the project and its environments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Project {
    /// Name of the project; starts the name of every stack.
    pub project: Name,
    /// Id of the project, which `infra id` makes once: what the project makes carries it, so that another project of the
    /// same name is told apart, and what was made under an old name is found.
    pub id: Option<ProjectId>,
    /// Folder of the stack files, relative to this file.
    #[serde(default = "default_stacks")]
    pub stacks: String,
    /// Tags of every stack of every environment.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// How values cross stacks.
    #[serde(default)]
    pub references: ReferenceMode,
    /// Levels of rules by id or code, such as `MSG-001: warning`; findings that are no rule's can be raised, and
    /// switched off unless they are errors.
    #[serde(default)]
    pub lints: BTreeMap<String, LintLevel>,
    /// Where the levels were written.
    #[serde(skip)]
    #[schemars(skip)]
    pub lint_places: Vec<(String, At)>,
    /// What somebody must agree to before `infra apply` changes it: `required`, `protected` (only in protected
    /// environments) or `off` by rule.
    #[serde(default)]
    pub approvals: Approvals,
    /// The environments by name.
    pub environments: BTreeMap<Name, EnvironmentSpec>,
}

/// How a value of one stack reaches another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReferenceMode {
    /// As a parameter that `infra` fills from the producer's output.
    #[default]
    Parameters,
    /// As `Fn::GetStackOutput`, for templates that another deployer picks up.
    StackOutputs,
}

/// What becomes of a finding of a rule, or of one that is not an error by nature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LintLevel {
    /// It is not reported.
    Off,
    /// It is reported.
    Warning,
    /// It fails the run.
    Error,
}

/// One environment as written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EnvironmentSpec {
    /// The account; in quotes, or YAML tools read it as a number.
    pub account: AccountId,
    /// The region of stacks that do not name one.
    pub region: Region,
    /// The domain under which the environment's names live; `${env.domain}` in stack files.
    pub domain: DomainName,
    /// Files that are merged over the stack files, in this order, relative to `infra.yaml`.
    #[serde(default)]
    pub overlays: Vec<String>,
    /// Tags of every stack of this environment.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Whether stacks get termination protection, and what holds data or traffic refuses to be deleted unless it says
    /// otherwise.
    #[serde(default)]
    pub protected: bool,
    /// Values of its own by name, such as `alarms-email: oncall@example.com`; `${env.alarms-email}` in stack files.
    #[serde(default)]
    pub variables: BTreeMap<VariableName, String>,
    /// How values cross stacks, if not as the project says.
    pub references: Option<ReferenceMode>,
    /// Address of an emulator on this machine that stands for AWS, such as `http://127.0.0.1:4566`. It gets no real
    /// credentials.
    pub endpoint_url: Option<LocalUrl>,
    /// Bucket in the environment's region through which templates over 51,200 bytes go; `infra bootstrap` makes it.
    pub template_bucket: Option<String>,
    /// What somebody must agree to, where that is not as the project says.
    #[serde(default)]
    pub approvals: Approvals,
    /// How clusters are reached, by their names in the stack files, such as `main: { context: dev }`. Objects of a
    /// cluster that is not here are compiled, but neither compared nor applied.
    #[serde(default)]
    pub clusters: BTreeMap<Name, ClusterAccess>,
}

/// How a Kubernetes cluster is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClusterAccess {
    /// Name of a context in the kubeconfig, which is found as kubectl finds it: in the files that `KUBECONFIG` names,
    /// else in `~/.kube/config`. `aws eks update-kubeconfig` writes one.
    pub context: String,
}

fn default_stacks() -> String {
    "stacks".to_owned()
}

impl Project {
    /// Returns an environment with the project's part filled in.
    pub fn environment(&self, name: &Name) -> Option<Environment> {
        let spec = self.environments.get(name)?;
        let mut tags = self.tags.clone();
        tags.extend(spec.tags.clone());
        Some(Environment {
            name: name.clone(),
            project_id: self.id.clone(),
            account: spec.account.clone(),
            region: spec.region,
            domain: spec.domain.clone(),
            tags,
            protected: spec.protected,
            variables: spec.variables.clone(),
            references: spec.references.unwrap_or(self.references),
            endpoint_url: spec.endpoint_url.clone(),
            template_bucket: spec.template_bucket.clone(),
            approvals: self.approvals.overridden(spec.approvals),
            clusters: spec.clusters.clone(),
        })
    }
}

impl LintLevel {
    /// Returns the name as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
