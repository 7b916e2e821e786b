//! EKS clusters of the view and what belongs to them.

use super::{Resource, View};

/// The type of a cluster.
const CLUSTER: &str = "AWS::EKS::Cluster";

impl<'v> View<'v> {
    /// Returns the cluster, if the deployment makes exactly one: the one that the Kubernetes objects go to.
    pub fn only_cluster(&'v self) -> Option<Resource<'v>> {
        let mut clusters = self.of(CLUSTER);
        clusters.next().filter(|_| clusters.next().is_none())
    }
}

impl<'v> Resource<'v> {
    /// Returns the cluster that a node group, add-on, access entry or association belongs to, if it is made here.
    pub fn cluster(&self) -> Option<Resource<'v>> {
        let named = self.get("ClusterName")?;
        if let Some(cluster) = named.resource_of(CLUSTER) {
            return Some(cluster);
        }
        let name = named.text()?;
        let mut same = self.view().of(CLUSTER).filter(|cluster| {
            cluster.region() == self.region() && cluster.get("Name").is_some_and(|written| written.is(&name))
        });
        same.next().filter(|_| same.next().is_none())
    }

    /// Returns the resources of type `kind` that belong to this cluster.
    pub fn parts(&self, kind: &'static str) -> impl Iterator<Item = Resource<'v>> + use<'v> {
        let this = *self;
        this.view().of(kind).filter(move |part| part.cluster() == Some(this))
    }

    /// Returns whether this cluster runs in Auto Mode; `None` where it is not known.
    pub fn auto_mode(&self) -> Option<bool> {
        self.bool_or("ComputeConfig.Enabled", false)
    }

    /// Returns the minor version of a cluster or node group: 36 of `1.36`.
    pub fn minor_version(&self) -> Option<i64> {
        self.get("Version")?.text()?.strip_prefix("1.")?.parse().ok()
    }
}
