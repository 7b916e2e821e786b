//! Caches on `ElastiCache`: Valkey or Redis, serverless or on nodes, with TLS, a user and a security group.

mod checks;
mod emit;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::existing::Given;
use super::network::Tier;
use super::queue::Encryption;
use super::secret::Store;
use super::{Kind, Network, Secret, security_group};
use crate::artifacts::{Expr, Handle, Statement};
use crate::diag::Diagnostics;
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::{Cidr, Port};
use crate::resolve::Bound;

/// A cache for programs in a network: Valkey, or Redis OSS.
///
/// It takes encrypted connections only, is encrypted at rest, and lets in the clusters of the workloads that name it.
/// Programs log in as the user `default` with a password that Secrets Manager makes up. What is in a cache may be lost at
/// any time; keep what must not be in a database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cache {
    /// The network. Cannot be changed later.
    pub network: Ref<Network>,
    /// Which subnets it stands in: those that reach no internet, or the private ones.
    #[serde(default = "isolated")]
    pub tier: Tier,
    /// The cache that exists; without it one is made. Beside it, `network`, `tier` and `port` say how it is.
    #[serde(default)]
    pub existing: Option<ExistingCache>,
    /// The engine. Redis becomes Valkey without a new cache; not the other way round.
    #[serde(default)]
    pub engine: Engine,
    /// Version of the engine, in quotes: of a serverless cache the major one, such as `'8'`, of nodes `'8.0'`; the newest
    /// that is known here if not set.
    #[serde(default)]
    pub version: Option<String>,
    /// Bounds of a serverless cache, which grows and shrinks by itself; what a cache without `nodes` is.
    #[serde(default)]
    pub serverless: Option<Serverless>,
    /// Nodes of a fixed size, instead of a serverless cache.
    #[serde(default)]
    pub nodes: Option<Nodes>,
    /// Port of a cache on nodes, or of one that exists; a serverless one has 6379. 1 to 65,535.
    #[serde(default = "redis")]
    pub port: Port,
    /// Encryption at rest.
    #[serde(default)]
    pub encryption: Encryption,
    /// How long the daily snapshots are kept; 0 makes none. 0 to 35 days.
    #[serde(default)]
    pub snapshot_days: u8,
}

/// A cache that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExistingCache {
    /// The host that clients connect to.
    pub host: Given,
    /// The security group that lets clients in: `sg-…`. A rule is added to it for each cluster or function that connects.
    pub security_group: Given,
    /// The secret with the password, if there is one, as the key `password` of a JSON object.
    #[serde(default)]
    pub secret: Option<Ref<Secret>>,
    /// Whether clients must speak the protocol of a cluster, as they do to a serverless cache and to several shards.
    #[serde(default)]
    pub sharded: bool,
}

/// What stores and serves the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// Valkey, which clients of Redis speak to without a change.
    #[default]
    Valkey,
    /// Redis OSS.
    Redis,
}

/// Bounds of a serverless cache. Clients must speak the protocol of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Serverless {
    /// Most data; what was used least recently goes beyond it. 1 to 5,000 GB.
    pub max_data_gb: u32,
    /// Most work; requests beyond it fail or wait. 1,000 to 15,000,000 ECPU a second: a simple request of up to 1 KB is one.
    pub max_ecpu_per_second: u32,
}

/// Nodes of a fixed size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Nodes {
    /// Type of the nodes, such as `cache.r7g.large`.
    #[serde(rename = "type")]
    pub node_type: String,
    /// Copies of each shard in other zones, one of which takes over when the first node fails; without one the data is gone
    /// then. 0 to 5.
    pub replicas: u8,
    /// Parts into which the data is cut; with more than one, clients must speak the protocol of a cluster. 1 to 500.
    pub shards: u16,
}

fn isolated() -> Tier {
    Tier::Isolated
}

fn redis() -> Port {
    Port::REDIS
}

impl Default for Serverless {
    fn default() -> Self {
        Self { max_data_gb: 10, max_ecpu_per_second: 10_000 }
    }
}

impl Default for Nodes {
    fn default() -> Self {
        Self { node_type: "cache.t4g.small".to_owned(), replicas: 1, shards: 1 }
    }
}

impl Engine {
    /// Returns the name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valkey => "valkey",
            Self::Redis => "redis",
        }
    }
}

impl Cache {
    /// Starts a serverless cache of Valkey.
    pub fn new(network: Ref<Network>) -> Self {
        Self {
            network,
            tier: isolated(),
            existing: None,
            engine: Engine::default(),
            version: None,
            serverless: None,
            nodes: None,
            port: redis(),
            encryption: Encryption::default(),
            snapshot_days: 0,
        }
    }
}

impl Kind for Cache {
    const SECTION: &'static str = "caches";
    const NOUN: &'static str = "cache";
    const PREFIX: &'static str = "Cache";
    const EXAMPLE: &'static str = "
caches:
  sessions:
    network: main
    serverless: { max-data-gb: 5, max-ecpu-per-second: 5000 }
  quotes:
    network: main
    nodes: { type: cache.r7g.large, replicas: 2 }
networks:
  main: { cidr: 10.20.0.0/16 }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        checks::check(entry, diags);
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        if entry.existing.is_none() {
            emit::emit(entry, cx);
        }
    }
}

impl<'a> Bound<'a, Cache> {
    /// Returns the host that clients connect to.
    pub fn host(&self) -> Expr {
        if let Some(existing) = &self.existing {
            return self.given(&existing.host);
        }
        match &self.nodes {
            None => self.handle("").att("Endpoint.Address"),
            Some(nodes) if nodes.shards > 1 => self.nodes_handle().att("ConfigurationEndPoint.Address"),
            Some(_) => self.nodes_handle().att("PrimaryEndPoint.Address"),
        }
    }

    /// Returns the port that clients connect to.
    pub fn client_port(&self) -> Port {
        if self.existing.is_none() && self.nodes.is_none() { Port::REDIS } else { self.port }
    }

    /// Returns every port that clients connect to.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/set-up.html> (read 2026-12-01): a serverless cache
    /// serves reads from replicas at 6380.
    pub(super) fn ports(&self) -> Vec<Port> {
        let reader = self.existing.is_none() && self.nodes.is_none();
        std::iter::once(self.client_port()).chain(reader.then_some(Port::REDIS_READER)).collect()
    }

    /// Returns whether clients must speak the protocol of a cluster.
    pub fn sharded(&self) -> bool {
        match (&self.existing, &self.nodes) {
            (Some(existing), _) => existing.sharded,
            (None, Some(nodes)) => nodes.shards > 1,
            (None, None) => true,
        }
    }

    /// Returns what Secrets Manager calls the secret with the key `password`; nothing where clients need none.
    pub fn secret_id(&self) -> Option<Expr> {
        match &self.spec().existing {
            Some(existing) => Some(self.follow(existing.secret.as_ref()?).secret_id()),
            None => Some(self.handle("Password").reference()),
        }
    }

    /// Returns the service that keeps the secret.
    pub(super) fn store(&self) -> Store {
        let existing = self.spec().existing.as_ref().and_then(|existing| existing.secret.as_ref());
        existing.map_or(Store::SecretsManager, |secret| self.follow(secret).store())
    }

    /// Returns what somebody must be allowed who logs in.
    pub fn connect_statements(&self) -> Vec<Statement> {
        if let Some(existing) = &self.spec().existing {
            return existing.secret.iter().flat_map(|secret| self.follow(secret).read_statements()).collect();
        }
        let actions = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"];
        let key = self.key_arn().map(|key| Statement::allow(["kms:Decrypt"], key));
        std::iter::once(Statement::allow(actions, self.handle("Password").reference())).chain(key).collect()
    }

    /// Returns the side of a connection that clients open.
    pub(super) fn side(&self) -> security_group::Side<'a> {
        let group = match &self.existing {
            Some(existing) => self.given(&existing.security_group),
            None => self.handle("Group").att("GroupId"),
        };
        security_group::Side { stack: self.stack_name(), owner: self.logical_id(""), group }
    }

    /// Returns the blocks in which the cache stands.
    pub(super) fn blocks(&self) -> Vec<Cidr> {
        self.follow(&self.spec().network).subnet_cidrs(self.tier)
    }

    /// Returns the ARN of the customer managed key, if there is one.
    pub fn key_arn(&self) -> Option<Expr> {
        self.key_of(&self.encryption)
    }

    /// Names the nodes; apart, because CloudFormation does not change the type of a resource.
    fn nodes_handle(&self) -> Handle {
        self.handle("Nodes")
    }
}
