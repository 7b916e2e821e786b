//! EKS add-ons and the roles that they need.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cluster, Mode, managed_policy, pod_role};
use crate::artifacts::{Expr, Handle};
use crate::lower::Lowering;
use crate::names::KubernetesName;
use crate::resolve::Bound;

/// An add-on that EKS installs and updates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AddOn {
    /// Whether it is installed; `false` leaves out one that every cluster gets.
    pub enabled: bool,
    /// Version, such as `v1.21.1-eksbuild.3`; the default of the Kubernetes version if not set.
    pub version: Option<String>,
    /// Configuration values, as the add-on's own schema has them.
    pub configuration: serde_json::Map<String, serde_json::Value>,
    /// Names of AWS managed policies by the service account that needs them; a role by Pod Identity is made for each.
    /// Known for the add-ons of AWS that need some.
    pub policies: BTreeMap<KubernetesName, Vec<String>>,
}

impl Default for AddOn {
    fn default() -> Self {
        Self {
            enabled: true,
            version: None,
            configuration: serde_json::Map::new(),
            policies: BTreeMap::new(),
        }
    }
}

/// Add-ons that must run before the first node joins.
const BEFORE_NODES: [&str; 3] = ["eks-pod-identity-agent", "kube-proxy", "vpc-cni"];

/// Add-ons that every cluster with node groups gets after those.
const AFTER_NODES: [&str; 2] = ["coredns", "metrics-server"];

/// Add-ons whose work Auto Mode does itself.
///
/// Source: <https://docs.aws.amazon.com/eks/latest/userguide/eks-add-ons.html#addon-consider-auto> (from memory).
const IN_AUTO_MODE: [&str; 5] =
    ["aws-ebs-csi-driver", "coredns", "eks-pod-identity-agent", "kube-proxy", "vpc-cni"];

/// Service account and AWS managed policy of the add-ons that need one.
///
/// Source: <https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html> (from memory).
const ROLES: &[(&str, &str, &str)] = &[
    ("amazon-cloudwatch-observability", "cloudwatch-agent", "CloudWatchAgentServerPolicy"),
    ("aws-ebs-csi-driver", "ebs-csi-controller-sa", "service-role/AmazonEBSCSIDriverPolicy"),
    ("aws-efs-csi-driver", "efs-csi-controller-sa", "service-role/AmazonEFSCSIDriverPolicy"),
    ("vpc-cni", "aws-node", "AmazonEKS_CNI_Policy"),
];

/// Returns all add-ons of a cluster by name.
pub(super) fn all(entry: Bound<'_, Cluster>) -> BTreeMap<String, AddOn> {
    let auto = entry.mode == Mode::Auto;
    // Of a cluster that exists, only those that are written are known.
    let base = BEFORE_NODES.into_iter().chain(AFTER_NODES).filter(|_| entry.existing.is_none());
    let mut all: BTreeMap<String, AddOn> = base.map(|name| (name.to_owned(), AddOn::default())).collect();
    all.extend(entry.add_ons.iter().map(|(name, add_on)| (name.to_string(), add_on.clone())));
    all.retain(|name, add_on| add_on.enabled && !(auto && IN_AUTO_MODE.contains(&name.as_str())));
    all
}

/// Returns the names of the add-ons for which nodes wait.
pub(super) fn before_nodes(entry: Bound<'_, Cluster>) -> Vec<String> {
    all(entry).into_keys().filter(|name| BEFORE_NODES.contains(&name.as_str())).collect()
}

/// Names the resource of an add-on.
pub(super) fn handle(entry: Bound<'_, Cluster>, name: &str) -> Handle {
    entry.handle(&format!("AddOn-{name}"))
}

/// Makes the add-ons: those that nodes wait for, then those that wait for nodes.
pub(super) fn lower(entry: Bound<'_, Cluster>, groups: &[Handle], cx: &mut Lowering<'_>) {
    for (name, add_on) in all(entry) {
        let first = BEFORE_NODES.contains(&name.as_str());
        let associations: Vec<Expr> = policies(&name, &add_on)
            .into_iter()
            .map(|(account, policies)| {
                let part = format!("AddOn-{name}-{account}-Role");
                let policies = policies.iter().map(|policy| managed_policy(policy)).collect();
                cx.add(entry.resource(&part, "AWS::IAM::Role", pod_role(policies, Vec::new())));
                object! { "ServiceAccount" => account, "RoleArn" => entry.handle(&part).arn() }
            })
            .collect();
        let mut after: Vec<Handle> = if first { Vec::new() } else { groups.to_vec() };
        if !associations.is_empty() && name != "eks-pod-identity-agent" && entry.mode == Mode::Managed {
            after.push(handle(entry, "eks-pod-identity-agent"));
        }
        let properties = object! {
            "ClusterName" => entry.cluster_name(),
            "AddonName" => &name,
            "AddonVersion" => add_on.version.as_ref(),
            // The configuration here is the only one; changes made by hand do not survive.
            "ResolveConflicts" => "OVERWRITE",
            "ConfigurationValues" => configuration(&name, &add_on),
            "PodIdentityAssociations" => (!associations.is_empty()).then_some(associations),
        };
        let resource = entry.resource(&format!("AddOn-{name}"), "AWS::EKS::Addon", properties);
        cx.add(resource.after(after));
    }
}

/// Returns the policies of each service account of an add-on.
fn policies(name: &str, add_on: &AddOn) -> BTreeMap<String, Vec<String>> {
    let known = ROLES.iter().filter(|(add_on, ..)| *add_on == name);
    let mut all: BTreeMap<String, Vec<String>> =
        known.map(|(_, account, policy)| ((*account).to_owned(), vec![(*policy).to_owned()])).collect();
    all.extend(add_on.policies.iter().map(|(account, policies)| (account.to_string(), policies.clone())));
    all
}

/// Returns the configuration as JSON: network policies are enforced, and files of secrets follow a rotation, unless the
/// configuration says otherwise.
///
/// RDS changes the password of a database every seven days; a file that keeps the old one ends in refused connections.
///
/// Source: <https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html> (read 2026-11-22): the value is a
/// string. <https://secrets-store-csi-driver.sigs.k8s.io/topics/secret-auto-rotation.html> (from memory): off by
/// default; the driver is a part of the add-on with a section of its own.
fn configuration(name: &str, add_on: &AddOn) -> Option<String> {
    let mut values = add_on.configuration.clone();
    if name == "vpc-cni" && !values.contains_key("enableNetworkPolicy") {
        values.insert("enableNetworkPolicy".to_owned(), "true".into());
    }
    if name == "aws-secrets-store-csi-driver-provider" {
        let driver = values.entry("secrets-store-csi-driver").or_insert_with(|| serde_json::json!({}));
        if let Some(driver) = driver.as_object_mut() {
            driver.entry("enableSecretRotation").or_insert(true.into());
        }
    }
    (!values.is_empty()).then(|| serde_json::Value::Object(values).to_string())
}

impl Bound<'_, Cluster> {
    /// Returns whether an add-on is installed.
    pub(super) fn has_add_on(&self, name: &str) -> bool {
        all(*self).contains_key(name)
    }

    /// Returns whether the pod network enforces network policies.
    pub(super) fn enforces_policies(&self) -> bool {
        let off = |add_on: &AddOn| {
            let value = add_on.configuration.get("enableNetworkPolicy");
            value.is_some_and(|value| value != "true")
        };
        self.has_add_on("vpc-cni") && !all(*self).get("vpc-cni").is_some_and(off)
    }
}

