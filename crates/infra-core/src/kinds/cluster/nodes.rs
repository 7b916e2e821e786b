//! Where pods run: managed node groups, or the node pools that Auto Mode brings.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cluster, Mode, Tier, managed_policies};
use crate::artifacts::{Expr, Handle, Trust};
use crate::facts::eks;
use crate::lower::{Lowering, name_tag};
use crate::names::Name;
use crate::resolve::Bound;

/// A managed node group in the private subnets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NodeGroup {
    /// Family of machine images.
    pub ami: Ami,
    /// Architecture of the processors; must be that of the instance types.
    pub arch: Arch,
    /// Instance types; several give spot capacity a choice. One of the architecture if none is named.
    pub instance_types: Vec<String>,
    /// How the capacity is paid for.
    pub capacity: Capacity,
    /// Fewest nodes. 0 to 450.
    pub min: u32,
    /// Most nodes. 1 to 450.
    pub max: u32,
    /// Nodes at first; as many as `min` if not set.
    pub desired: Option<u32>,
    /// Size of the volume that holds images and logs. Unit: GiB. 20 to 16,384.
    pub disk: u32,
    /// Labels of the nodes.
    pub labels: BTreeMap<String, String>,
    /// Taints of the nodes.
    pub taints: Vec<Taint>,
    /// How many network hops the instance metadata may take. 1 keeps pods away from the role of the node; 2 lets them.
    pub metadata_hops: u8,
}

/// Family of machine images. Amazon Linux 2 is not among them: EKS has none from Kubernetes 1.33 on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ami {
    /// Amazon Linux 2023.
    #[default]
    Al2023,
    /// Bottlerocket.
    Bottlerocket,
}

/// Architecture of processors and images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Arch {
    /// Intel and AMD.
    #[default]
    Amd64,
    /// Graviton.
    Arm64,
}

/// How capacity is paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Capacity {
    /// At the list price, for as long as wanted.
    #[default]
    OnDemand,
    /// Cheaper, and taken away at two minutes' notice.
    Spot,
}

/// Keeps pods without a matching toleration away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Taint {
    /// The key.
    pub key: String,
    /// The value.
    #[serde(default)]
    pub value: Option<String>,
    /// What happens to pods without the toleration.
    pub effect: TaintEffect,
}

/// What a taint does to pods without the toleration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TaintEffect {
    /// They are not placed here.
    NoSchedule,
    /// They are placed here last.
    PreferNoSchedule,
    /// Those that run here are evicted.
    NoExecute,
}

/// Node pools that Auto Mode brings.
///
/// Source: <https://docs.aws.amazon.com/eks/latest/userguide/set-builtin-node-pools.html> (from memory).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NodePool {
    /// For workloads: on demand, amd64 only.
    GeneralPurpose,
    /// For add-ons that tolerate `CriticalAddonsOnly`: amd64 and arm64.
    System,
}

impl Default for NodeGroup {
    fn default() -> Self {
        Self {
            ami: Ami::default(),
            arch: Arch::default(),
            instance_types: Vec::new(),
            capacity: Capacity::default(),
            min: 2,
            max: 4,
            desired: None,
            disk: 50,
            labels: BTreeMap::new(),
            taints: Vec::new(),
            metadata_hops: 1,
        }
    }
}

impl TaintEffect {
    /// Returns the effect as Kubernetes writes it.
    pub(in crate::kinds) fn in_kubernetes(self) -> &'static str {
        match self {
            Self::NoSchedule => "NoSchedule",
            Self::PreferNoSchedule => "PreferNoSchedule",
            Self::NoExecute => "NoExecute",
        }
    }

    /// Returns whether pods without the toleration find no place.
    pub(in crate::kinds) fn keeps_away(self) -> bool {
        match self {
            Self::NoSchedule | Self::NoExecute => true,
            Self::PreferNoSchedule => false,
        }
    }
}

impl NodePool {
    pub(super) fn all() -> Vec<Self> {
        vec![Self::GeneralPurpose, Self::System]
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::GeneralPurpose => "general-purpose",
            Self::System => "system",
        }
    }
}

impl Arch {
    /// Returns the value of the node label `kubernetes.io/arch`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

impl NodeGroup {
    fn ami_type(&self) -> &'static str {
        match (self.ami, self.arch) {
            (Ami::Al2023, Arch::Amd64) => "AL2023_x86_64_STANDARD",
            (Ami::Al2023, Arch::Arm64) => "AL2023_ARM_64_STANDARD",
            (Ami::Bottlerocket, Arch::Amd64) => "BOTTLEROCKET_x86_64",
            (Ami::Bottlerocket, Arch::Arm64) => "BOTTLEROCKET_ARM_64",
        }
    }

    fn types(&self) -> Vec<Expr> {
        if !self.instance_types.is_empty() {
            return self.instance_types.iter().map(Expr::from).collect();
        }
        vec![Expr::from(match self.arch {
            Arch::Amd64 => "m7i.large",
            Arch::Arm64 => "m7g.large",
        })]
    }

    /// Returns the device of the volume that grows: Bottlerocket keeps data on a second one.
    fn device(&self) -> &'static str {
        match self.ami {
            Ami::Al2023 => "/dev/xvda",
            Ami::Bottlerocket => "/dev/xvdb",
        }
    }
}

/// Makes the role of the nodes and the groups; returns what pods wait for.
pub(super) fn lower(entry: Bound<'_, Cluster>, cx: &mut Lowering<'_>) -> Vec<Handle> {
    let auto = entry.mode == Mode::Auto;
    // `AmazonEKS_CNI_Policy` is with the add-on that needs it, not with every pod that reaches the node's role.
    let policies: Vec<&str> = if auto { eks::AUTO_MODE_NODE_POLICIES } else { eks::NODE_POLICIES }
        .iter()
        .copied()
        .filter(|policy| *policy != "AmazonEKS_CNI_Policy")
        .collect();
    if !auto || !entry.node_pools.is_empty() {
        let properties = object! {
            "AssumeRolePolicyDocument" => Trust::service("ec2.amazonaws.com"),
            "ManagedPolicyArns" => managed_policies(&policies),
        };
        cx.add(entry.resource("NodeRole", "AWS::IAM::Role", properties));
    }
    if auto {
        return Vec::new();
    }
    entry.spec().node_groups.iter().map(|(name, group)| lower_group(entry, name, group, cx)).collect()
}

fn lower_group(entry: Bound<'_, Cluster>, name: &Name, group: &NodeGroup, cx: &mut Lowering<'_>) -> Handle {
    let part = format!("Nodes{}", name.to_pascal());
    let template = format!("{part}Template");
    cx.add(entry.resource(&template, "AWS::EC2::LaunchTemplate", template_properties(entry, name, group)));
    let template = entry.handle(&template);
    let taints: Vec<Expr> = group.taints.iter().map(taint).collect();
    let labels: crate::artifacts::Object = group.labels.iter().map(|(key, value)| (key.clone(), value)).collect();
    let desired = group.desired.unwrap_or(group.min).clamp(group.min, group.max.max(group.min));
    let properties = object! {
        "ClusterName" => entry.cluster_name(),
        "NodeRole" => entry.handle("NodeRole").arn(),
        "Subnets" => entry.network().subnet_ids(Tier::Private),
        "AmiType" => group.ami_type(),
        "CapacityType" => match group.capacity {
            Capacity::OnDemand => "ON_DEMAND",
            Capacity::Spot => "SPOT",
        },
        "InstanceTypes" => group.types(),
        "LaunchTemplate" => object! { "Id" => template.reference(), "Version" => template.att("LatestVersionNumber") },
        "ScalingConfig" => object! { "MinSize" => group.min, "MaxSize" => group.max, "DesiredSize" => desired },
        "UpdateConfig" => object! { "MaxUnavailable" => 1 },
        "NodeRepairConfig" => object! { "Enabled" => true },
        "Labels" => (!labels.is_empty()).then_some(labels),
        "Taints" => (!taints.is_empty()).then_some(taints),
    };
    let before = super::add_ons::before_nodes(entry).into_iter().map(|name| super::add_ons::handle(entry, &name));
    cx.add(entry.resource(&part, "AWS::EKS::Nodegroup", properties).after(before));
    entry.handle(&part)
}

/// What a node group cannot say itself: metadata by token only, an encrypted volume, names of instances.
fn template_properties(entry: Bound<'_, Cluster>, name: &Name, group: &NodeGroup) -> Expr {
    let tags = |resource: &'static str| {
        object! { "ResourceType" => resource, "Tags" => name_tag(format!("{}-{name}", entry.full_name())) }
    };
    object! {
        "LaunchTemplateData" => object! {
            "MetadataOptions" => object! {
                "HttpTokens" => "required",
                "HttpPutResponseHopLimit" => u32::from(group.metadata_hops),
            },
            "BlockDeviceMappings" => list![object! {
                "DeviceName" => group.device(),
                "Ebs" => object! { "VolumeSize" => group.disk, "VolumeType" => "gp3", "Encrypted" => true },
            }],
            "TagSpecifications" => list![tags("instance"), tags("volume")],
        },
    }
}

fn taint(taint: &Taint) -> Expr {
    let effect = match taint.effect {
        TaintEffect::NoSchedule => "NO_SCHEDULE",
        TaintEffect::PreferNoSchedule => "PREFER_NO_SCHEDULE",
        TaintEffect::NoExecute => "NO_EXECUTE",
    };
    object! { "Key" => &taint.key, "Value" => taint.value.as_ref(), "Effect" => effect }
}

impl Bound<'_, Cluster> {
    /// Returns whether pods of an architecture find a node that takes them.
    pub fn runs(&self, arch: Arch) -> bool {
        if self.existing.is_some() {
            return true;
        }
        match self.mode {
            Mode::Managed => self.node_groups.values().any(|group| group.arch == arch),
            // Pools of your own would be objects that this model does not see; the built-in one is amd64.
            Mode::Auto => arch == Arch::Amd64,
        }
    }
}
