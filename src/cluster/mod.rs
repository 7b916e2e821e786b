//! Kubernetes clusters: reads what they hold, and carries out single requests. Decides nothing.
//!
//! The only room that names `kube`, and of it only [`transport`], which the feature `k8s` switches: kubeconfig, TLS and
//! credentials come from there, paths and bodies are ours. Every request goes through [`call`], which waits out what
//! passes by itself, and counts.

mod call;
mod content;
mod members;
mod objects;
mod read;
mod transport;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use self::call::{Cluster, Failure};
pub(crate) use self::objects::{Fields, Written};
pub(crate) use self::read::{Depth, look, read};
use crate::model::ClusterAccess;
use crate::names::Name;

/// The clusters of an environment that can be asked; each is connected to when it is first needed.
#[derive(Default)]
pub(crate) struct Clusters {
    contexts: BTreeMap<String, String>,
    /// Who we are among those that manage fields.
    manager: String,
    connected: Mutex<BTreeMap<String, Arc<Cluster>>>,
}

impl Clusters {
    /// Those that `infra.yaml` names, for one who manages fields.
    pub(crate) fn new(clusters: &BTreeMap<Name, ClusterAccess>, manager: String) -> Self {
        let contexts = clusters.iter().map(|(name, access)| (name.to_string(), access.context.clone()));
        Self { contexts: contexts.collect(), manager, connected: Mutex::default() }
    }

    /// Names of all.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.contexts.keys()
    }

    /// A cluster by its name in the definition; sends nothing yet.
    pub(crate) async fn get(&self, name: &str) -> Result<Arc<Cluster>, Failure> {
        if let Some(cluster) = self.connected.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(Arc::clone(cluster));
        }
        let context = self.contexts.get(name).ok_or_else(|| {
            Failure::of(format!("`clusters` of the environment in infra.yaml does not name cluster {name}"))
        })?;
        let cluster = Arc::new(Cluster::connect(context, self.manager.clone()).await?);
        self.connected.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Arc::clone(&cluster));
        Ok(cluster)
    }

    /// How many requests were sent so far, by action, repeated ones counted again.
    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        let mut all = BTreeMap::new();
        for cluster in self.connected.lock().unwrap_or_else(PoisonError::into_inner).values() {
            for (action, count) in cluster.counts() {
                *all.entry(action.to_owned()).or_default() += count;
            }
        }
        all
    }
}
