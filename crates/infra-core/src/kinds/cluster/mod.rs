//! EKS clusters: the control plane, its nodes, add-ons, access, and what workloads may rely on.
//!
//! Objects inside the cluster that CloudFormation cannot make are emitted as manifests; what neither makes, such as
//! Helm releases, must be named in `provided-by`.

mod add_ons;
mod check;
mod existing;
mod needs;
mod nodes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use add_ons::AddOn;
pub(in crate::kinds) use existing::unmet;
pub use existing::ExistingCluster;
pub use needs::{ControllerRole, Need, Provider, Provision};
pub use nodes::{Ami, Arch, Capacity, NodeGroup, NodePool, Taint, TaintEffect};

use super::network::{Network, Tier};
use super::queue::{Encryption, account_key_policy};
use super::Kind;
use crate::artifacts::{Expr, Handle, Policy, Pseudo, Statement, Trust};
use crate::diag::Diagnostics;
use crate::facts::eks;
use crate::lower::{Lowering, ObjectFile};
use crate::model::Ref;
use crate::names::{Arn, Cidr, KubernetesName, Name};
use crate::resolve::Bound;

/// An EKS cluster. Its name is `project-environment-name`, because people and log groups need one that is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cluster {
    /// The network; control plane and nodes stand in its private subnets.
    pub network: Ref<Network>,
    /// The cluster that exists; without it one is made. Beside it, `mode`, `add-ons` and `provided-by` say what it has, and
    /// nothing of it is changed: none of what a new cluster gets is taken for granted.
    #[serde(default)]
    pub existing: Option<ExistingCluster>,
    /// Kubernetes version, in quotes. One of the versions that EKS supports; one minor version at a time on upgrades.
    #[serde(default = "default_version")]
    pub version: String,
    /// Who looks after nodes, network and load balancing. An overlay may choose another mode than the stack file.
    #[serde(default)]
    pub mode: Mode,
    /// Node groups by name; used in mode `managed`.
    #[serde(default)]
    pub node_groups: BTreeMap<Name, NodeGroup>,
    /// Built-in node pools; used in mode `auto`.
    #[serde(default = "NodePool::all")]
    pub node_pools: Vec<NodePool>,
    /// Add-ons by their EKS name, beside those that every cluster gets; an entry of that name changes the one it gets.
    #[serde(default)]
    pub add_ons: BTreeMap<KubernetesName, AddOn>,
    /// What others install, such as Helm releases, so that workloads may rely on it.
    #[serde(default)]
    pub provided_by: BTreeMap<Need, Provider>,
    /// Who may use the Kubernetes API, by a name of your choice.
    #[serde(default)]
    pub access: BTreeMap<Name, Access>,
    /// Whether the role that creates the cluster becomes its administrator. Changing it replaces the cluster.
    #[serde(default)]
    pub creator_is_admin: bool,
    /// Blocks from which the API server can be reached over the internet; none keeps it private. 40 at most.
    #[serde(default)]
    pub public_endpoint: Vec<Cidr>,
    /// Encryption of what the API server stores, secrets above all.
    #[serde(default = "default_encryption")]
    pub encryption: Encryption,
    /// Logs of the control plane that are kept.
    #[serde(default = "LogType::defaults")]
    pub logs: Vec<LogType>,
    /// How long logs are kept. Unit: days, one of the values that CloudWatch Logs takes.
    #[serde(default = "default_retention")]
    pub log_retention: u16,
    /// What happens when standard support of the version ends.
    #[serde(default)]
    pub support: Support,
    /// Makes the OIDC provider that roles for service accounts (IRSA) need; Pod Identity does without.
    #[serde(default)]
    pub irsa: bool,
    /// Lets EKS shift traffic away from an impaired zone.
    #[serde(default = "yes")]
    pub zonal_shift: bool,
    /// Whether the cluster refuses to be deleted; as the environment is protected, if not set.
    pub deletion_protection: Option<bool>,
}

/// Who looks after nodes, network and load balancing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Node groups and add-ons as written.
    #[default]
    Managed,
    /// EKS Auto Mode: nodes, pod network, DNS, Pod Identity, block storage and load balancing are AWS's. What the
    /// cluster has for these in mode `managed` (node groups, add-ons, controllers of others) is left out.
    Auto,
}

/// A principal that may use the Kubernetes API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Access {
    /// ARN of an IAM role or user.
    pub principal: Arn,
    /// EKS access policies by name, such as `AmazonEKSClusterAdminPolicy`, and where each holds.
    #[serde(default)]
    pub policies: BTreeMap<String, Scope>,
    /// Kubernetes groups for bindings of your own.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// Where an access policy holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Scope {
    /// In the whole cluster.
    Cluster,
    /// In some namespaces.
    Namespaces(Vec<KubernetesName>),
}

/// Logs that the control plane can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogType {
    /// Requests to the API server.
    Api,
    /// Who did what.
    Audit,
    /// IAM authentication.
    Authenticator,
    /// State of the controllers.
    ControllerManager,
    /// Decisions of the scheduler.
    Scheduler,
}

/// What happens when standard support of the version ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Support {
    /// EKS upgrades the control plane on its own.
    #[default]
    Standard,
    /// The version stays for a year at six times the price per hour.
    Extended,
}

fn default_version() -> String {
    eks::DEFAULT_VERSION.to_owned()
}

fn default_encryption() -> Encryption {
    Encryption::Kms
}

fn default_retention() -> u16 {
    90
}

fn yes() -> bool {
    true
}

impl LogType {
    fn defaults() -> Vec<Self> {
        vec![Self::Api, Self::Audit, Self::Authenticator]
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Audit => "audit",
            Self::Authenticator => "authenticator",
            Self::ControllerManager => "controllerManager",
            Self::Scheduler => "scheduler",
        }
    }
}

impl Kind for Cluster {
    const SECTION: &'static str = "clusters";
    const NOUN: &'static str = "cluster";
    const PREFIX: &'static str = "Cluster";
    const EXAMPLE: &'static str = "
clusters:
  main:
    network: main
    node-groups:
      general: { instance-types: [m7i.large], min: 2, max: 6 }
    add-ons:
      aws-secrets-store-csi-driver-provider: {}
    provided-by:
      load-balancer-controller: { by: Helm release aws-load-balancer-controller of the platform team }
      keda: { by: Helm release keda of the platform team }
    access:
      platform:
        principal: arn:aws:iam::${env.account}:role/platform-admin
        policies: { AmazonEKSClusterAdminPolicy: cluster }
networks:
  main: { cidr: 10.20.0.0/16 }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        match &entry.spec().existing {
            Some(existing) => existing::check(entry, existing, diags),
            None => check::cluster(entry, diags),
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        if entry.existing.is_some() {
            return;
        }
        if entry.encryption == Encryption::Kms {
            let properties = object! {
                "Description" => format!("Secrets of Kubernetes in cluster {}", entry.full_name()),
                "EnableKeyRotation" => true,
                "KeyPolicy" => account_key_policy(),
            };
            cx.add(entry.resource("Key", "AWS::KMS::Key", properties).retain());
        }
        cx.add(entry.resource("Role", "AWS::IAM::Role", role_properties(entry)));
        if !entry.logs.is_empty() {
            let properties = object! {
                "LogGroupName" => format!("/aws/eks/{}/cluster", entry.full_name()),
                "RetentionInDays" => entry.log_retention,
            };
            cx.add(entry.resource("Logs", "AWS::Logs::LogGroup", properties));
        }
        let logs = (!entry.logs.is_empty()).then(|| entry.handle("Logs"));
        cx.add(entry.resource("", "AWS::EKS::Cluster", properties(entry)).after(logs));
        if entry.irsa {
            let properties = object! {
                "Url" => entry.oidc_issuer(),
                "ClientIdList" => list!["sts.amazonaws.com"],
            };
            cx.add(entry.resource("Oidc", "AWS::IAM::OIDCProvider", properties));
        }
        for (name, access) in &entry.spec().access {
            lower_access(entry, name, access, cx);
        }
        let groups = nodes::lower(entry, cx);
        add_ons::lower(entry, &groups, cx);
        needs::lower(entry, cx);
        if entry.mode == Mode::Auto {
            enforce_network_policies(entry, cx);
        }
        let description = "Name of the cluster for `aws eks update-kubeconfig`";
        cx.output(entry.home(), format!("{}Name", entry.logical_id("")), description, entry.cluster_name());
    }
}

/// The control plane.
///
/// Sources: <https://docs.aws.amazon.com/eks/latest/userguide/automode-get-started-cli.html> and
/// <https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html> (read 2026-11-22).
fn properties(entry: Bound<'_, Cluster>) -> Expr {
    let auto = entry.mode == Mode::Auto;
    let compute = auto.then(|| {
        let pools: Vec<Expr> = entry.node_pools.iter().map(|pool| pool.as_str().into()).collect();
        let role = (!pools.is_empty()).then(|| entry.handle("NodeRole").arn());
        object! { "Enabled" => true, "NodePools" => (!pools.is_empty()).then_some(pools), "NodeRoleArn" => role }
    });
    let key = entry.key_of(&entry.encryption);
    // Without `Resources`, which is deprecated: all that the API server stores is encrypted.
    let encryption = key.map(|key| list![object! { "Provider" => object! { "KeyArn" => key } }]);
    let mut types: Vec<LogType> = entry.logs.clone();
    types.sort_unstable();
    types.dedup();
    let types: Vec<Expr> = types.into_iter().map(|log| object! { "Type" => log.as_str() }).collect();
    let public: Vec<Expr> = entry.public_endpoint.iter().map(|block| block.to_string().into()).collect();
    object! {
        "Name" => entry.full_name(),
        "Version" => &entry.version,
        "RoleArn" => entry.handle("Role").arn(),
        "ResourcesVpcConfig" => object! {
            "SubnetIds" => entry.network().subnet_ids(Tier::Private),
            "EndpointPrivateAccess" => true,
            "EndpointPublicAccess" => !public.is_empty(),
            "PublicAccessCidrs" => (!public.is_empty()).then_some(public),
        },
        "AccessConfig" => object! {
            "AuthenticationMode" => "API",
            "BootstrapClusterCreatorAdminPermissions" => entry.creator_is_admin,
        },
        // All add-ons are our own resources, so there is never another version to be in conflict with.
        "BootstrapSelfManagedAddons" => false,
        "ComputeConfig" => compute,
        "KubernetesNetworkConfig" => auto.then(|| object! { "ElasticLoadBalancing" => object! { "Enabled" => true } }),
        "StorageConfig" => auto.then(|| object! { "BlockStorage" => object! { "Enabled" => true } }),
        "EncryptionConfig" => encryption,
        "Logging" => (!types.is_empty()).then(|| object! { "ClusterLogging" => object! { "EnabledTypes" => types } }),
        "UpgradePolicy" => object! {
            "SupportType" => match entry.support {
                Support::Standard => "STANDARD",
                Support::Extended => "EXTENDED",
            },
        },
        "ZonalShiftConfig" => object! { "Enabled" => entry.zonal_shift },
        "DeletionProtection" => entry.protection(entry.deletion_protection),
    }
}

/// The role of the control plane; with Auto Mode it also makes nodes, volumes and load balancer targets.
fn role_properties(entry: Bound<'_, Cluster>) -> Expr {
    let (policies, actions) = match entry.mode {
        Mode::Managed => (eks::CLUSTER_POLICIES, list!["sts:AssumeRole"]),
        Mode::Auto => (eks::AUTO_MODE_CLUSTER_POLICIES, list!["sts:AssumeRole", "sts:TagSession"]),
    };
    let trust = object! {
        "Version" => "2012-10-17",
        "Statement" => list![object! {
            "Effect" => "Allow",
            "Principal" => object! { "Service" => "eks.amazonaws.com" },
            "Action" => actions,
        }],
    };
    let key = entry.key_of(&entry.encryption).map(|key| {
        let actions = ["kms:Encrypt", "kms:Decrypt", "kms:ListGrants", "kms:DescribeKey"];
        let policy = Policy::default().with(Statement::allow(actions, key));
        list![object! { "PolicyName" => "secrets-encryption", "PolicyDocument" => policy }]
    });
    object! {
        "AssumeRolePolicyDocument" => trust,
        "ManagedPolicyArns" => managed_policies(policies),
        "Policies" => key,
    }
}

/// Returns the ARNs of policies that AWS manages.
fn managed_policies<'a>(names: impl IntoIterator<Item = &'a &'a str>) -> Expr {
    names.into_iter().map(|name| managed_policy(name)).collect()
}

fn managed_policy(name: &str) -> Expr {
    text!["arn:", Pseudo::Partition, ":iam::aws:policy/", name.to_owned()]
}

/// Makes a role for pods by Pod Identity.
fn pod_role(policies: Expr, statements: Vec<Statement>) -> Expr {
    let policy = statements.into_iter().fold(Policy::default(), Policy::with);
    let own = (!policy.is_empty()).then(|| list![object! { "PolicyName" => "own", "PolicyDocument" => policy }]);
    let policies = if matches!(&policies, Expr::List(list) if list.is_empty()) { Expr::Absent } else { policies };
    object! {
        "AssumeRolePolicyDocument" => Trust::pod_identity(),
        "ManagedPolicyArns" => policies,
        "Policies" => own,
    }
}

fn lower_access(entry: Bound<'_, Cluster>, name: &Name, access: &Access, cx: &mut Lowering<'_>) {
    let policies: Vec<Expr> = access
        .policies
        .iter()
        .map(|(policy, scope)| {
            let scope = match scope {
                Scope::Cluster => object! { "Type" => "cluster" },
                Scope::Namespaces(names) => {
                    let names: Vec<Expr> = names.iter().map(|name| name.to_string().into()).collect();
                    object! { "Type" => "namespace", "Namespaces" => names }
                }
            };
            let arn = text!["arn:", Pseudo::Partition, ":eks::aws:cluster-access-policy/", policy];
            object! { "PolicyArn" => arn, "AccessScope" => scope }
        })
        .collect();
    let groups: Vec<Expr> = access.groups.iter().map(Expr::from).collect();
    let properties = object! {
        "ClusterName" => entry.cluster_name(),
        "PrincipalArn" => principal(entry, &access.principal),
        "Type" => "STANDARD",
        "AccessPolicies" => (!policies.is_empty()).then_some(policies),
        "KubernetesGroups" => (!groups.is_empty()).then_some(groups),
    };
    let part = format!("Access{}", name.to_pascal());
    cx.add(entry.resource(&part, "AWS::EKS::AccessEntry", properties));
}

/// Writes a principal of the environment's own account without its number.
fn principal(entry: Bound<'_, Cluster>, arn: &Arn) -> Expr {
    if arn.account().as_ref() != Some(&entry.environment().account) {
        return arn.to_string().into();
    }
    text!["arn:", Pseudo::Partition, ":iam::", Pseudo::AccountId, ":", arn.resource().to_owned()]
}

/// Turns on the controller without which Auto Mode accepts network policies and enforces none.
///
/// Source: <https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html> (read 2026-11-22).
fn enforce_network_policies(entry: Bound<'_, Cluster>, cx: &mut Lowering<'_>) {
    let file = ObjectFile {
        cluster: entry.name.to_string(),
        namespace: "kube-system".to_owned(),
        file: "00-network-policies".to_owned(),
    };
    let object = object! {
        "apiVersion" => "v1",
        "kind" => "ConfigMap",
        "metadata" => object! { "name" => "amazon-vpc-cni", "namespace" => "kube-system" },
        "data" => object! { "enable-network-policy-controller" => "true" },
    };
    cx.object(file, object);
}

impl<'a> Bound<'a, Cluster> {
    /// Returns the cluster's name once the cluster exists.
    pub fn cluster_name(&self) -> Expr {
        match &self.existing {
            Some(existing) => self.given(&existing.name),
            None => self.handle("").reference(),
        }
    }

    /// Returns the security group that EKS gives to the control plane, its nodes and their pods.
    pub fn security_group_id(&self) -> Expr {
        match &self.existing {
            Some(existing) => existing.security_group.as_ref().map(|group| self.given(group)).into(),
            None => self.handle("").att("ClusterSecurityGroupId"),
        }
    }

    /// Returns the issuer of the cluster's tokens, with `https://`.
    pub fn oidc_issuer(&self) -> Expr {
        match &self.existing {
            Some(existing) => existing.oidc_issuer.as_ref().map(|issuer| self.given(issuer)).into(),
            None => self.handle("").att("OpenIdConnectIssuerUrl"),
        }
    }

    /// Returns the ARN of the OIDC provider, if IRSA is wanted.
    pub fn oidc_provider(&self) -> Option<Expr> {
        if let Some(existing) = &self.existing {
            return existing.provider(*self);
        }
        self.irsa.then(|| self.handle("Oidc").arn())
    }

    /// Returns the network.
    pub fn network(&self) -> Bound<'a, Network> {
        self.follow(&self.spec().network)
    }

    /// Names the resource after which pods can run: the cluster itself, since groups and add-ons come with its stack.
    pub fn ready(&self) -> Handle {
        self.handle("")
    }
}
