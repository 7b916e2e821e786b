//! What must hold in a cluster beyond its types.

use super::{Arch, Cluster, Encryption, Mode, Need, NodeGroup, Provision};
use crate::diag::{Diagnostic, Diagnostics, suggest};
use crate::facts::eks;
use crate::kinds::workload;
use crate::names::Name;
use crate::resolve::{Bound, list};
use crate::route;

/// Retention times that CloudWatch Logs takes. Unit: days.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html> (read
/// 2026-11-22).
const RETENTIONS: [u16; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/// Most blocks of the public endpoint; from the quotas of EKS (from memory).
const MAX_PUBLIC_BLOCKS: usize = 40;

const UPGRADES: &str = "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html";

pub(super) fn cluster(entry: Bound<'_, Cluster>, diags: &mut Diagnostics) {
    version(entry, diags);
    endpoint(entry, diags);
    access(entry, diags);
    nodes(entry, diags);
    if !RETENTIONS.contains(&entry.log_retention) {
        let known: Vec<String> = RETENTIONS.iter().map(ToString::to_string).collect();
        diags.push(
            Diagnostic::error("clusters/log-retention", "CloudWatch Logs does not keep logs for that number of days")
                .at(entry.at(&route!["log-retention"]), format!("{} days", entry.log_retention))
                .help(format!("use one of {}", known.join(", "))),
        );
    }
    if entry.full_name().len() > 100 {
        diags.push(
            Diagnostic::error("clusters/name-length", "the name of the cluster is longer than 100 characters")
                .at(entry.at(&route![]), format!("it becomes `{}`", entry.full_name())),
        );
    }
    if entry.encryption == Encryption::Managed {
        diags.push(
            Diagnostic::warning("clusters/secrets-encryption", "secrets are encrypted with a key that AWS owns")
                .at(entry.at(&route!["encryption"]), "no key of this account")
                .note("encryption with a key of your own can be added later but never taken back")
                .help("remove the line to get a KMS key"),
        );
    }
    provided(entry, diags);
    workload::same_names(entry, diags);
    workload::tainted(entry, diags);
}

fn version(entry: Bound<'_, Cluster>, diags: &mut Diagnostics) {
    let version = entry.version.as_str();
    if eks::SUPPORTED.contains(&version) {
        return;
    }
    let title = match eks::version(version) {
        Some(_) => format!("EKS does not start clusters with Kubernetes {version} any more"),
        None => format!("Kubernetes {version} is not a version that EKS is known to offer"),
    };
    diags.push(
        Diagnostic::error("clusters/version", title)
            .at(entry.at(&route!["version"]), "this version")
            .note(format!("versions and their dates: {UPGRADES}"))
            .help(format!("use one of {}", list(eks::SUPPORTED.iter().copied()))),
    );
}

fn endpoint(entry: Bound<'_, Cluster>, diags: &mut Diagnostics) {
    for (index, block) in entry.public_endpoint.iter().enumerate().filter(|(_, block)| block.prefix_len() == 0) {
        diags.push(
            Diagnostic::error("clusters/open-endpoint", "the API server would be open to the whole internet")
                .at(entry.at(&route!["public-endpoint", index]), format!("{block} is everybody"))
                .help("name the blocks of your offices and runners, or remove `public-endpoint`: nodes use the private one"),
        );
    }
    if entry.public_endpoint.len() > MAX_PUBLIC_BLOCKS {
        let title = format!("a public endpoint takes at most {MAX_PUBLIC_BLOCKS} blocks");
        let text = format!("{} blocks", entry.public_endpoint.len());
        diags.push(Diagnostic::error("clusters/public-blocks", title).at(entry.at(&route!["public-endpoint"]), text));
    }
}

fn access(entry: Bound<'_, Cluster>, diags: &mut Diagnostics) {
    if entry.access.is_empty() && !entry.creator_is_admin {
        diags.push(
            Diagnostic::error("clusters/no-access", "nobody could use the Kubernetes API of this cluster")
                .at(entry.at(&route!["access"]), "no principal has access")
                .note("in authentication mode API only access entries give access, even to account administrators")
                .help("add one: `access: { platform: { principal: <role ARN>, policies: { AmazonEKSClusterAdminPolicy: cluster } } }`"),
        );
    }
    for (name, access) in &entry.spec().access {
        for policy in access.policies.keys().filter(|policy| !eks::ACCESS_POLICIES.contains(&policy.as_str())) {
            let warning =
                Diagnostic::warning("clusters/access-policy", format!("there is no known access policy `{policy}`"))
                    .at(entry.at(&route!["access", name.as_str(), "policies", policy.as_str()]), "not in the list");
            diags.push(match suggest(policy, eks::ACCESS_POLICIES.iter().copied()) {
                Some(near) => warning.help(format!("did you mean `{near}`?")),
                None => warning.help("see `aws eks list-access-policies`"),
            });
        }
        if access.policies.is_empty() && access.groups.is_empty() {
            diags.push(
                Diagnostic::error("clusters/empty-access", "an access entry without policies and groups allows nothing")
                    .at(entry.at(&route!["access", name.as_str()]), "allows nothing")
                    .help("add `policies: { AmazonEKSViewPolicy: cluster }`, or `groups`"),
            );
        }
    }
}

fn nodes(entry: Bound<'_, Cluster>, diags: &mut Diagnostics) {
    match entry.mode {
        Mode::Managed if entry.node_groups.is_empty() => diags.push(
            Diagnostic::error("clusters/no-nodes", "a cluster in mode `managed` needs a node group")
                .at(entry.at(&route!["node-groups"]), "no node group")
                .note("add-ons such as coredns wait for nodes, and the stack fails when they wait in vain")
                .help("add `node-groups: { general: {} }`, or choose `mode: auto`"),
        ),
        Mode::Managed | Mode::Auto => {}
    }
    for (name, group) in &entry.spec().node_groups {
        node_group(entry, name, group, diags);
    }
}

fn node_group(entry: Bound<'_, Cluster>, name: &Name, group: &NodeGroup, diags: &mut Diagnostics) {
    let at = |key: &str| entry.at(&route!["node-groups", name.as_str(), key]);
    let desired = group.desired.unwrap_or(group.min);
    if group.max == 0 || group.min > desired || desired > group.max {
        diags.push(
            Diagnostic::error("clusters/node-count", "a node group needs min <= desired <= max, and max from 1 on")
                .at(at("max"), format!("min {}, desired {desired}, max {}", group.min, group.max)),
        );
    }
    if !(20..=16_384).contains(&group.disk) {
        diags.push(
            Diagnostic::error("clusters/disk", "a volume of a node has 20 to 16,384 GiB")
                .at(at("disk"), format!("{} GiB", group.disk)),
        );
    }
    if !(1..=64).contains(&group.metadata_hops) {
        diags.push(
            Diagnostic::error("clusters/metadata-hops", "instance metadata may take 1 to 64 hops")
                .at(at("metadata-hops"), format!("{} hops", group.metadata_hops)),
        );
    }
    for (index, kind) in group.instance_types.iter().enumerate() {
        let Some(arch) = arch_of(kind) else { continue };
        if arch != group.arch {
            diags.push(
                Diagnostic::error("clusters/instance-arch", format!("`{kind}` is not {}", group.arch.as_str()))
                    .at(entry.at(&route!["node-groups", name.as_str(), "instance-types", index]), arch.as_str())
                    .also(at("arch"), format!("the group is {}", group.arch.as_str()))
                    .note("the image of the nodes is chosen by `arch`, and an instance cannot boot one of the other")
                    .help(format!("set `arch: {}`, or choose another type", arch.as_str())),
            );
        }
    }
}

/// Guesses the architecture of an instance type from its name: Graviton families end in `g` after the generation.
fn arch_of(kind: &str) -> Option<Arch> {
    let (family, _) = kind.split_once('.')?;
    let after = family.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let flags = after.trim_start_matches(|c: char| c.is_ascii_digit());
    if after.is_empty() {
        return None;
    }
    let graviton = family == "a1" || flags.starts_with('g');
    Some(if graviton { Arch::Arm64 } else { Arch::Amd64 })
}

pub(super) fn provided(entry: Bound<'_, Cluster>, diags: &mut Diagnostics) {
    for (need, provider) in &entry.spec().provided_by {
        let key = need.as_str();
        if provider.by.trim().is_empty() {
            diags.push(
                Diagnostic::error("clusters/provided-by", format!("say who installs `{key}`"))
                    .at(entry.at(&route!["provided-by", key, "by"]), "empty")
                    .help("such as `Helm release keda 2.18 of the platform team`"),
            );
        }
    }
    if let Provision::Missing = entry.provides(Need::PodIdentity) {
        let roles = entry.provided_by.keys().any(|need| need.controller().is_some());
        if roles {
            diags.push(
                Diagnostic::error("clusters/pod-identity", "controllers get their roles by Pod Identity, which is switched off")
                    .at(entry.at(&route!["add-ons", "eks-pod-identity-agent"]), "not installed")
                    .help("remove the line"),
            );
        }
    }
}
