//! Where pods find a place: the taints of nodes, and what tolerates them.

use super::companion::Toleration;
use super::{Pod, Workload};
use crate::diag::{Diagnostic, Diagnostics};
use crate::kinds::cluster::{Mode, NodeGroup, Taint};
use crate::kinds::{Cluster, Job, Migration, Service, Worker};
use crate::resolve::Bound;
use crate::route;

/// The page that says what taints do.
const SOURCE: &str = "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/";

/// Reports pods that every node of their architecture keeps away.
pub(super) fn check<K: Workload>(entry: Bound<'_, K>, pod: &Pod<'_>, diags: &mut Diagnostics) {
    let cluster = pod.cluster;
    let mut groups = cluster.spec().node_groups.values().filter(|group| group.arch == pod.parts.arch).peekable();
    // Node pools of Auto Mode have no taints of which the model knows.
    if cluster.mode != Mode::Managed
        || groups.peek().is_none()
        || groups.any(|group| takes(group, pod.parts.tolerations))
    {
        return;
    }
    let title = format!("no node of cluster `{}` takes these pods", cluster.name);
    diags.push(
        Diagnostic::error("workloads/tainted", title)
            .at(entry.at(&route!["tolerations"]), "tolerates none of the taints")
            .also(cluster.at(&route!["node-groups"]), "every node group that could run them has a taint")
            .note(format!("the pods would stay pending: {SOURCE}"))
            .help("add the taint to `tolerations`: `{ key: …, value: …, effect: … }`"),
    );
}

/// Reports node groups on which no workload of the model runs because of their taints.
pub(in crate::kinds) fn tainted(cluster: Bound<'_, Cluster>, diags: &mut Diagnostics) {
    let mut all: Vec<&[Toleration]> = Vec::new();
    collect::<Service>(cluster, &mut all);
    collect::<Worker>(cluster, &mut all);
    collect::<Migration>(cluster, &mut all);
    collect::<Job>(cluster, &mut all);
    // What runs in a cluster without workloads is the business of others.
    if all.is_empty() {
        return;
    }
    for (name, group) in &cluster.spec().node_groups {
        if all.iter().any(|tolerations| takes(group, tolerations)) {
            continue;
        }
        let taints: Vec<String> = hard(group).map(|taint| format!("`{}`", taint.key)).collect();
        diags.push(
            Diagnostic::warning("clusters/untolerated", format!("nothing here runs on node group `{name}`"))
                .at(cluster.at(&route!["node-groups", name.as_str(), "taints"]), taints.join(", "))
                .note(format!("no service, worker or job of the cluster tolerates what its nodes keep away: {SOURCE}"))
                .help("add `tolerations` to what is to run there, or remove the taint or the group"),
        );
    }
}

fn collect<'a, K: Workload>(cluster: Bound<'a, Cluster>, all: &mut Vec<&'a [Toleration]>) {
    all.extend(cluster.referrers::<K>().into_iter().map(|workload| workload.spec().parts().tolerations));
}

/// Whether pods with these tolerations are placed on the nodes of a group.
fn takes(group: &NodeGroup, tolerations: &[Toleration]) -> bool {
    hard(group).all(|taint| tolerations.iter().any(|it| it.tolerates(taint)))
}

fn hard(group: &NodeGroup) -> impl Iterator<Item = &Taint> {
    group.taints.iter().filter(|taint| taint.effect.keeps_away())
}
