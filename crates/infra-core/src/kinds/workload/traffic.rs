//! Whom pods reach and who reaches them, beside what the model knows.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Workload, namespace};
use crate::kinds::network::Tier;
use crate::kinds::{Database, Network, Service};
use crate::model::Ref;
use crate::names::{Cidr, KubernetesName, Port};
use crate::resolve::Bound;

/// Somebody whom pods may connect to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Egress {
    /// Whom.
    pub to: Peer,
    /// On which ports. 1 to 100.
    pub ports: Vec<Port>,
    /// By which protocol.
    #[serde(default)]
    pub protocol: Transport,
}

/// Somebody who may connect to the pods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ingress {
    /// Who.
    pub from: Peer,
    /// On which ports; on every port that the program and its companions serve if none is named.
    #[serde(default)]
    pub ports: Vec<Port>,
    /// By which protocol.
    #[serde(default)]
    pub protocol: Transport,
}

/// Who is at the other end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Peer {
    /// Everybody.
    Anywhere,
    /// A block of addresses, such as `10.30.0.0/16`.
    Cidr(Cidr),
    /// All addresses of a network: caches, brokers and load balancers in it.
    Network(Ref<Network>),
    /// The instances of a database.
    Database(Ref<Database>),
    /// The pods of a service of the same cluster.
    Service(Ref<Service>),
    /// All pods of a namespace.
    Namespace(KubernetesName),
    /// Pods with these labels.
    Pods(PodsPeer),
}

/// Pods by their labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PodsPeer {
    /// Their namespace; that of the workload if not set.
    #[serde(default)]
    pub namespace: Option<KubernetesName>,
    /// Labels that all of them have.
    pub labels: BTreeMap<String, String>,
}

/// A protocol with ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

impl Transport {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }
}

/// A peer with everything it refers to looked up.
pub(super) enum End {
    /// Everybody.
    Anywhere,
    /// Blocks of addresses.
    Blocks(Vec<String>),
    /// Pods of a namespace with labels; all of it without.
    Pods(String, BTreeMap<String, String>),
}

impl Peer {
    /// Looks up what the peer refers to.
    pub(super) fn end<K: Workload>(&self, entry: Bound<'_, K>) -> End {
        match self {
            Self::Anywhere => End::Anywhere,
            Self::Cidr(block) => End::Blocks(vec![block.to_string()]),
            Self::Network(network) => End::Blocks(vec![entry.follow(network).range().to_string()]),
            Self::Database(database) => {
                let database = entry.follow(database);
                let network = database.follow(&database.spec().network);
                End::Blocks(network.subnet_cidrs(Tier::Isolated).iter().map(ToString::to_string).collect())
            }
            Self::Service(service) => {
                let service = entry.follow(service);
                let labels = [("name", service.name.to_string()), ("component", "service".to_owned())];
                let labels = labels.map(|(key, value)| (format!("app.kubernetes.io/{key}"), value));
                End::Pods(namespace(service), labels.into())
            }
            Self::Namespace(name) => End::Pods(name.to_string(), BTreeMap::new()),
            Self::Pods(pods) => {
                let own = || namespace(entry);
                End::Pods(pods.namespace.as_ref().map_or_else(own, ToString::to_string), pods.labels.clone())
            }
        }
    }
}
