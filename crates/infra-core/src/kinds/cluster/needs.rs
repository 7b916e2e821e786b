//! What manifests rely on in their cluster, and who provides it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cluster, Mode, pod_role};
use crate::artifacts::{Expr, Statement};
use crate::lower::Lowering;
use crate::names::KubernetesName;
use crate::resolve::Bound;

/// Something that manifests rely on in their cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// The `TargetGroupBinding` API: registers pods with target groups.
    LoadBalancerController,
    /// Credentials for service accounts by Pod Identity.
    PodIdentity,
    /// Secrets Store CSI driver with the provider of AWS.
    SecretsStore,
    /// External Secrets operator.
    ExternalSecrets,
    /// CPU and memory of pods, for autoscalers.
    MetricsServer,
    /// KEDA: scales by the length of queues.
    Keda,
    /// A pod network that enforces network policies.
    NetworkPolicies,
}

/// Who installs something in the cluster that neither EKS nor this model installs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Provider {
    /// Who and how, for people: `Helm release keda 2.18 of the platform team`.
    pub by: String,
    /// Namespace of the controller; that of its Helm chart's documentation if not set.
    #[serde(default)]
    pub namespace: Option<KubernetesName>,
    /// Service account of the controller; that of its Helm chart if not set.
    #[serde(default)]
    pub service_account: Option<KubernetesName>,
    /// The IAM role that the controller runs with. Only for controllers that call AWS.
    #[serde(default)]
    pub role: ControllerRole,
}

/// The IAM role of a controller; workloads add what the controller must do for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum ControllerRole {
    /// Made here and given to the controller's service account by Pod Identity.
    #[default]
    Create,
    /// The role of this name, which exists.
    Existing(String),
}

/// How a need of the manifests is met.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Provision<'a> {
    /// By Auto Mode.
    AutoMode,
    /// By an EKS add-on.
    AddOn(&'static str),
    /// By somebody who was named.
    Other(&'a Provider),
    /// Not at all.
    Missing,
}

impl Need {
    /// Returns the key in `provided-by`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoadBalancerController => "load-balancer-controller",
            Self::PodIdentity => "pod-identity",
            Self::SecretsStore => "secrets-store",
            Self::ExternalSecrets => "external-secrets",
            Self::MetricsServer => "metrics-server",
            Self::Keda => "keda",
            Self::NetworkPolicies => "network-policies",
        }
    }

    /// Returns the EKS add-on that provides it.
    ///
    /// Source: add-on names as used with `AWS::EKS::Addon` in public repositories (read 2026-11-22); there is none for
    /// the load balancer controller, External Secrets and KEDA.
    pub fn add_on(self) -> Option<&'static str> {
        match self {
            Self::PodIdentity => Some("eks-pod-identity-agent"),
            Self::SecretsStore => Some("aws-secrets-store-csi-driver-provider"),
            Self::MetricsServer => Some("metrics-server"),
            Self::NetworkPolicies => Some("vpc-cni"),
            Self::LoadBalancerController | Self::ExternalSecrets | Self::Keda => None,
        }
    }

    /// Returns whether Auto Mode brings it.
    ///
    /// Source: <https://docs.aws.amazon.com/eks/latest/userguide/automode.html> (read 2026-11-22).
    pub fn in_auto_mode(self) -> bool {
        match self {
            Self::LoadBalancerController | Self::PodIdentity | Self::NetworkPolicies => true,
            Self::SecretsStore | Self::ExternalSecrets | Self::MetricsServer | Self::Keda => false,
        }
    }

    /// Returns namespace and service account of the controller, if it is one that calls AWS on its own.
    pub(super) fn controller(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::LoadBalancerController => Some(("kube-system", "aws-load-balancer-controller")),
            Self::ExternalSecrets => Some(("external-secrets", "external-secrets")),
            Self::Keda => Some(("keda", "keda-operator")),
            Self::PodIdentity | Self::SecretsStore | Self::MetricsServer | Self::NetworkPolicies => None,
        }
    }
}

/// Makes roles for the controllers that others install.
///
/// They can only look around; each workload's stack adds what the controller may do for that workload.
pub(super) fn lower(entry: Bound<'_, Cluster>, cx: &mut Lowering<'_>) {
    for (need, provider) in &entry.spec().provided_by {
        let (Some((namespace, account)), ControllerRole::Create) = (need.controller(), &provider.role) else {
            continue;
        };
        if entry.provides(*need) == Provision::AutoMode {
            continue;
        }
        let role = part(*need, "Role");
        let looks = match need {
            Need::LoadBalancerController => vec![Statement::allow(LOAD_BALANCER_READS, "*".into())],
            Need::PodIdentity
            | Need::SecretsStore
            | Need::ExternalSecrets
            | Need::MetricsServer
            | Need::Keda
            | Need::NetworkPolicies => Vec::new(),
        };
        cx.add(entry.resource(&role, "AWS::IAM::Role", pod_role(Expr::List(Vec::new()), looks)));
        let chosen = |name: &Option<KubernetesName>, or: &str| name.as_ref().map_or(or.to_owned(), ToString::to_string);
        let properties = object! {
            "ClusterName" => entry.cluster_name(),
            "Namespace" => chosen(&provider.namespace, namespace),
            "ServiceAccount" => chosen(&provider.service_account, account),
            "RoleArn" => entry.handle(&role).arn(),
        };
        
        cx.add(entry.resource(&part(*need, "Identity"), "AWS::EKS::PodIdentityAssociation", properties));
    }
}

/// What the AWS Load Balancer Controller reads to bind target groups that exist.
///
/// Source: the policy of the controller, <https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/installation/>
/// (from memory), without what it needs to make load balancers of its own.
const LOAD_BALANCER_READS: [&str; 9] = [
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetHealth",
];

/// Starts the logical ids of a controller. Not `ExternalSecrets`: linters take parameters of such names for passwords.
fn part(need: Need, what: &str) -> String {
    let controller = match need {
        Need::ExternalSecrets => "eso",
        Need::LoadBalancerController
        | Need::PodIdentity
        | Need::SecretsStore
        | Need::MetricsServer
        | Need::Keda
        | Need::NetworkPolicies => need.as_str(),
    };
    format!("{controller}-{what}")
}

impl<'a> Bound<'a, Cluster> {
    /// Returns how a need is met.
    pub fn provides(&self, need: Need) -> Provision<'a> {
        if self.mode == Mode::Auto && need.in_auto_mode() {
            return Provision::AutoMode;
        }
        if let Some(provider) = self.spec().provided_by.get(&need) {
            return Provision::Other(provider);
        }
        let enforced = need != Need::NetworkPolicies || self.enforces_policies();
        match need.add_on().filter(|name| enforced && self.has_add_on(name)) {
            Some(name) => Provision::AddOn(name),
            None => Provision::Missing,
        }
    }

    /// Returns the name of the role that the controller behind a need runs with.
    ///
    /// None if the need is met by something that does not call AWS on its own.
    pub fn controller_role(&self, need: Need) -> Option<Expr> {
        need.controller()?;
        match self.provides(need) {
            Provision::AutoMode => match &self.spec().existing {
                Some(existing) => existing.role.as_ref().map(|role| self.given(role)),
                None => Some(self.handle("Role").reference()),
            },
            Provision::Other(provider) => Some(match &provider.role {
                ControllerRole::Create => self.handle(&part(need, "Role")).reference(),
                ControllerRole::Existing(name) => name.into(),
            }),
            Provision::AddOn(_) | Provision::Missing => None,
        }
    }
}
