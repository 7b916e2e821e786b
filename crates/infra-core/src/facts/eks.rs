//! EKS: Kubernetes versions, add-ons, access policies, roles.
//!
//! Depends on `facts::regions` only. The core has no clock: whoever needs to know whether a version is still supported
//! passes the day in.

use super::regions::Partition;

/// A Kubernetes version as EKS offers it. Days are ISO 8601 (`2026-11-22`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Minor version, such as `1.36`.
    pub name: &'static str,
    /// The day EKS released it, or the first day it is known to have been in use.
    pub released: &'static str,
    /// The last day of standard support, where it was published.
    pub standard_until: Option<&'static str>,
    /// The last day of extended support (at six times the price per hour, from memory), where it was published.
    pub extended_until: Option<&'static str>,
    /// Whether a new cluster may use it on 2026-11-22.
    pub creatable: bool,
    /// Whether EKS publishes Amazon Linux 2 images for it.
    pub al2: bool,
    /// Where the row comes from.
    pub source: &'static str,
}

/// What AWS gives a version on some day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Support {
    /// Included in the price of the cluster.
    Standard,
    /// Paid for by the hour; the control plane is upgraded by force at the end.
    Extended,
    /// Over.
    Ended,
}

/// The version of a cluster that names none: the newest one whose dates are published.
pub const DEFAULT_VERSION: &str = "1.36";

/// Versions that a definition may name, oldest first.
///
/// `1.31` is left out although it can still be created: its extended support ends on 2026-11-26.
pub const SUPPORTED: &[&str] = &["1.32", "1.33", "1.34", "1.35", "1.36", "1.37"];

const DOCS: &str = "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html (copy of 2025-10)";

/// All versions since 1.29, oldest first (read 2026-11-22).
///
/// Of 1.30, AWS still accepted clusters on 2026-09-25 although its support was over; it counts as not creatable.
pub const VERSIONS: &[Version] = &[
    row("1.29", "2024-01-23", Some("2025-03-23"), Some("2026-03-23"), DOCS),
    row("1.30", "2024-05-23", Some("2025-07-23"), Some("2026-07-23"), DOCS),
    row("1.31", "2024-09-26", Some("2025-11-26"), Some("2026-11-26"), DOCS),
    row("1.32", "2025-01-23", Some("2026-03-23"), Some("2027-03-23"), DOCS),
    row("1.33", "2025-05-29", Some("2026-07-29"), Some("2027-07-29"), DOCS),
    row("1.34", "2025-10-02", Some("2026-12-02"), Some("2027-12-02"), DOCS),
    row(
        "1.35",
        "2026-01-28",
        Some("2027-03-27"),
        Some("2028-03-27"),
        "aws-samples table of 2026-04-24; endoflife.date",
    ),
    row("1.36", "2026-06-02", Some("2027-08-02"), Some("2028-08-02"), "aws-samples table; endoflife.date"),
    row(
        "1.37",
        "2026-10-09",
        None,
        None,
        "aws-cdk-lib 2.276.0 (V1_37); in public use by 2026-10-09, exact dates not found",
    ),
];

/// Availability zone ids in which EKS does not place a control plane.
///
/// Source: <https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html> (read 2026-11-22).
pub const ZONES_WITHOUT_CONTROL_PLANE: &[&str] = &["cac1-az3", "use1-az3", "usw1-az2"];

/// Names of add-ons that AWS or the community provides through EKS, sorted.
///
/// Not the whole list: marketplace add-ons are missing, so an unknown name is no error.
/// Source: <https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html> (read 2026-11-22; the
/// page was seen in excerpts, the technical names of add-ons are partly from memory).
pub const ADD_ONS: &[&str] = &[
    "adot",
    "amazon-cloudwatch-observability",
    "aws-ebs-csi-driver",
    "aws-efs-csi-driver",
    "aws-guardduty-agent",
    "aws-mountpoint-s3-csi-driver",
    "aws-network-flow-monitoring-agent",
    "cert-manager",
    "coredns",
    "eks-node-monitoring-agent",
    "eks-pod-identity-agent",
    "external-dns",
    "kube-proxy",
    "kube-state-metrics",
    "metrics-server",
    "prometheus-node-exporter",
    "snapshot-controller",
    "vpc-cni",
];

/// Names of access policies, sorted; [`access_policy_arn`] makes the ARN.
///
/// Source: `aws eks list-access-policies` in the examples of the AWS CLI, and
/// <https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html> (read 2026-11-22). EKS adds policies
/// for its own features over time, so an unknown name deserves a warning, not an error.
pub const ACCESS_POLICIES: &[&str] = &[
    "AmazonAIOpsAssistantPolicy",
    "AmazonARCRegionSwitchScalingPolicy",
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSAutoNodePolicy",
    "AmazonEKSBlockStorageClusterPolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSComputeClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSHybridPolicy",
    "AmazonEKSLoadBalancingClusterPolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingClusterPolicy",
    "AmazonEKSNetworkingPolicy",
    "AmazonEKSViewPolicy",
    "AmazonEMRJobPolicy",
    "AmazonSagemakerHyperpodClusterPolicy",
    "AmazonSagemakerHyperpodControllerPolicy",
    "AmazonSagemakerHyperpodSystemNamespacePolicy",
];

/// IAM policies of the role of a cluster without Auto Mode.
///
/// Source: <https://docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html> (from memory).
pub const CLUSTER_POLICIES: &[&str] = &["AmazonEKSClusterPolicy"];

/// IAM policies of the role of a cluster with Auto Mode. Its trust policy needs `sts:TagSession`, too.
///
/// Source: <https://docs.aws.amazon.com/eks/latest/userguide/auto-learn-iam.html> (read 2026-11-22).
pub const AUTO_MODE_CLUSTER_POLICIES: &[&str] = &[
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
];

/// IAM policies of the role of a managed node group.
///
/// `AmazonEKS_CNI_Policy` can move to the role of the `vpc-cni` add-on instead.
/// Source: <https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html> (from memory).
pub const NODE_POLICIES: &[&str] =
    &["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy"];

/// IAM policies of the role of Auto Mode nodes.
///
/// Source: <https://docs.aws.amazon.com/eks/latest/userguide/auto-create-node-role.html> (read 2026-11-22).
pub const AUTO_MODE_NODE_POLICIES: &[&str] =
    &["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodeMinimalPolicy"];

impl Version {
    /// Returns what AWS gives this version on `day`, an ISO 8601 date.
    ///
    /// A version whose dates are not published counts as standard.
    pub fn support_on(&self, day: &str) -> Support {
        let over = |end: Option<&str>| end.is_some_and(|end| day > end);
        match (over(self.standard_until), over(self.extended_until)) {
            (_, true) => Support::Ended,
            (true, false) => Support::Extended,
            (false, false) => Support::Standard,
        }
    }
}

/// Finds a version by its name.
pub fn version(name: &str) -> Option<&'static Version> {
    VERSIONS.iter().find(|version| version.name == name)
}

/// Returns the ARN of an access policy, for access entries.
pub fn access_policy_arn(partition: Partition, name: &str) -> String {
    format!("arn:{partition}:eks::aws:cluster-access-policy/{name}")
}

/// Returns the ARN of an IAM policy that AWS manages.
pub fn iam_policy_arn(partition: Partition, name: &str) -> String {
    format!("arn:{partition}:iam::aws:policy/{name}")
}

/// Makes a row; creatable and AL2 follow from the minor version: 1.31 and newer, 1.32 and older.
const fn row(
    name: &'static str,
    released: &'static str,
    standard_until: Option<&'static str>,
    extended_until: Option<&'static str>,
    source: &'static str,
) -> Version {
    // All versions are `1.dd`: two digits from byte 2 on.
    let [_, _, tens, ones] = *name.as_bytes() else {
        return Version { name, released, standard_until, extended_until, creatable: false, al2: false, source };
    };
    let minor = (tens - b'0') * 10 + (ones - b'0');
    Version { name, released, standard_until, extended_until, creatable: minor >= 31, al2: minor <= 32, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_sorted_sourced_and_dated() {
        assert!(VERSIONS.is_sorted_by(|a, b| a.name < b.name && a.released < b.released));
        for row in VERSIONS {
            assert!(!row.source.is_empty());
            assert_eq!(row.name.len(), 4);
            let days = [Some(row.released), row.standard_until, row.extended_until];
            assert!(days.iter().flatten().is_sorted());
            for day in days.into_iter().flatten() {
                assert!(day.len() == 10 && day.bytes().all(|b| b == b'-' || b.is_ascii_digit()), "{day}");
            }
        }
    }

    #[test]
    fn lists_are_sorted_and_unique() {
        for list in [
            SUPPORTED,
            ZONES_WITHOUT_CONTROL_PLANE,
            ADD_ONS,
            ACCESS_POLICIES,
            CLUSTER_POLICIES,
            AUTO_MODE_CLUSTER_POLICIES,
            NODE_POLICIES,
            AUTO_MODE_NODE_POLICIES,
        ] {
            assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
        }
    }

    #[test]
    fn what_is_supported_can_be_created() {
        assert!(SUPPORTED.contains(&DEFAULT_VERSION));
        for name in SUPPORTED {
            let version = version(name).unwrap();
            assert!(version.creatable);
            assert_ne!(version.support_on("2026-11-22"), Support::Ended);
        }
        assert!(!version("1.30").unwrap().creatable);
        assert!(version("1.32").unwrap().al2 && !version("1.33").unwrap().al2);
    }

    #[test]
    fn support_depends_on_the_day() {
        let version = version("1.34").unwrap();
        assert_eq!(version.support_on("2026-12-02"), Support::Standard);
        assert_eq!(version.support_on("2026-12-03"), Support::Extended);
        assert_eq!(version.support_on("2027-12-03"), Support::Ended);
    }

    #[test]
    fn policies_have_an_arn_in_each_partition() {
        assert_eq!(
            access_policy_arn(Partition::AwsCn, "AmazonEKSViewPolicy"),
            "arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
        );
        assert_eq!(
            iam_policy_arn(Partition::Aws, "AmazonEKSClusterPolicy"),
            "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
        );
    }
}
