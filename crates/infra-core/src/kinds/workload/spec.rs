//! The fields that all workloads have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::companion::{Companion, Lifecycle, Mount, Security, Toleration, Volume};
use super::permission::Permission;
use super::rollout::{Rollout, Share};
use super::traffic::{Egress, Ingress};
use super::value::EnvValue;
use crate::kinds::cluster::Arch;
use crate::kinds::{Bucket, Cache, Cluster, Database, Queue, Secret, Service, Table, Topic};
use crate::model::Ref;
use crate::names::{ImageRef, KubernetesName, Name, Port, Seconds};

/// The fields of a workload, borrowed from its kind.
#[derive(Clone, Copy, Debug)]
pub(in crate::kinds) struct Parts<'a> {
    pub(in crate::kinds) cluster: &'a Ref<Cluster>,
    pub(in crate::kinds) namespace: Option<&'a KubernetesName>,
    pub(in crate::kinds) image: &'a ImageRef,
    pub(in crate::kinds) command: &'a [String],
    pub(in crate::kinds) args: &'a [String],
    pub(in crate::kinds) arch: Arch,
    pub(in crate::kinds) replicas: &'a Replicas,
    pub(in crate::kinds) resources: &'a Requests,
    pub(in crate::kinds) env: &'a BTreeMap<String, EnvValue>,
    pub(in crate::kinds) variables: &'a BTreeMap<String, String>,
    pub(in crate::kinds) publishes: &'a [Ref<Topic>],
    pub(in crate::kinds) sends: &'a [Ref<Queue>],
    pub(in crate::kinds) calls: &'a [Ref<Service>],
    pub(in crate::kinds) tables: &'a BTreeMap<Name, TableUse>,
    pub(in crate::kinds) buckets: &'a BTreeMap<Name, BucketUse>,
    pub(in crate::kinds) database: Option<Connection<'a>>,
    pub(in crate::kinds) caches: &'a [Ref<Cache>],
    pub(in crate::kinds) secrets: &'a BTreeMap<Name, SecretUse>,
    pub(in crate::kinds) secret_delivery: SecretDelivery,
    pub(in crate::kinds) identity: Identity,
    pub(in crate::kinds) permissions: &'a BTreeMap<Name, Permission>,
    pub(in crate::kinds) egress: &'a BTreeMap<Name, Egress>,
    pub(in crate::kinds) ingress: &'a BTreeMap<Name, Ingress>,
    pub(in crate::kinds) scraped_by: &'a [KubernetesName],
    pub(in crate::kinds) ports: &'a BTreeMap<Name, Port>,
    pub(in crate::kinds) health: &'a Health,
    pub(in crate::kinds) shutdown: &'a Shutdown,
    pub(in crate::kinds) rollout: &'a Rollout,
    pub(in crate::kinds) lifecycle: &'a Lifecycle,
    pub(in crate::kinds) telemetry: &'a Telemetry,
    pub(in crate::kinds) own_metrics: bool,
    pub(in crate::kinds) labels: &'a BTreeMap<String, String>,
    pub(in crate::kinds) annotations: &'a BTreeMap<String, String>,
    pub(in crate::kinds) volumes: &'a BTreeMap<Name, Volume>,
    pub(in crate::kinds) mounts: &'a BTreeMap<Name, Mount>,
    pub(in crate::kinds) init_containers: &'a [Companion],
    pub(in crate::kinds) sidecars: &'a [Companion],
    pub(in crate::kinds) node_selector: &'a BTreeMap<String, String>,
    pub(in crate::kinds) tolerations: &'a [Toleration],
    pub(in crate::kinds) affinity: &'a serde_json::Map<String, serde_json::Value>,
    pub(in crate::kinds) priority_class: Option<&'a KubernetesName>,
    pub(in crate::kinds) pull_secrets: &'a [KubernetesName],
    pub(in crate::kinds) host_aliases: &'a BTreeMap<String, Vec<String>>,
    pub(in crate::kinds) service_account: Option<&'a KubernetesName>,
    pub(in crate::kinds) api_token: bool,
    pub(in crate::kinds) security: &'a Security,
}

/// What a workload has of which nothing is written.
static PLAIN: LazyLock<Plain> = LazyLock::new(|| Plain {
    replicas: Replicas { min: 1, max: 1, cpu: 70 },
    rollout: Rollout { max_surge: Share::Count(0), ..Rollout::default() },
    ..Plain::default()
});

#[derive(Default)]
struct Plain {
    replicas: Replicas,
    resources: Requests,
    env: BTreeMap<String, EnvValue>,
    texts: BTreeMap<String, String>,
    tables: BTreeMap<Name, TableUse>,
    buckets: BTreeMap<Name, BucketUse>,
    secrets: BTreeMap<Name, SecretUse>,
    permissions: BTreeMap<Name, Permission>,
    egress: BTreeMap<Name, Egress>,
    ingress: BTreeMap<Name, Ingress>,
    ports: BTreeMap<Name, Port>,
    health: Health,
    shutdown: Shutdown,
    rollout: Rollout,
    lifecycle: Lifecycle,
    telemetry: Telemetry,
    volumes: BTreeMap<Name, Volume>,
    mounts: BTreeMap<Name, Mount>,
    affinity: serde_json::Map<String, serde_json::Value>,
    host_aliases: BTreeMap<String, Vec<String>>,
    security: Security,
}

impl<'a> Parts<'a> {
    /// What a workload has of which nothing else is written.
    pub(in crate::kinds) fn plain(cluster: &'a Ref<Cluster>, image: &'a ImageRef) -> Self {
        let plain = &*PLAIN;
        Self {
            cluster,
            image,
            namespace: None,
            command: &[],
            args: &[],
            arch: Arch::default(),
            replicas: &plain.replicas,
            resources: &plain.resources,
            env: &plain.env,
            variables: &plain.texts,
            publishes: &[],
            sends: &[],
            calls: &[],
            tables: &plain.tables,
            buckets: &plain.buckets,
            database: None,
            caches: &[],
            secrets: &plain.secrets,
            secret_delivery: SecretDelivery::default(),
            identity: Identity::default(),
            permissions: &plain.permissions,
            egress: &plain.egress,
            ingress: &plain.ingress,
            scraped_by: &[],
            ports: &plain.ports,
            health: &plain.health,
            shutdown: &plain.shutdown,
            rollout: &plain.rollout,
            lifecycle: &plain.lifecycle,
            telemetry: &plain.telemetry,
            own_metrics: false,
            labels: &plain.texts,
            annotations: &plain.texts,
            volumes: &plain.volumes,
            mounts: &plain.mounts,
            init_containers: &[],
            sidecars: &[],
            node_selector: &plain.texts,
            tolerations: &[],
            affinity: &plain.affinity,
            priority_class: None,
            pull_secrets: &[],
            host_aliases: &plain.host_aliases,
            service_account: None,
            api_token: false,
            security: &plain.security,
        }
    }
}

/// How a workload comes to its database.
#[derive(Clone, Copy, Debug)]
pub(in crate::kinds) struct Connection<'a> {
    pub(in crate::kinds) database: &'a Ref<Database>,
    /// Most connections of a pod; none where nobody counts them.
    pub(in crate::kinds) pool: Option<u32>,
    /// Who logs in; the master user if nobody is named.
    pub(in crate::kinds) user: Option<&'a Name>,
    /// Whether it is told of the other users too, to make them.
    pub(in crate::kinds) migrates: bool,
}

/// How many pods there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Replicas {
    /// Fewest pods. From 1; a worker that is scaled by its queues may go to 0.
    pub min: u32,
    /// Most pods.
    pub max: u32,
    /// CPU time, in percent of what was requested, at which pods are added. 1 to 100. Not used when queues decide.
    pub cpu: u32,
}

/// What one pod is given, in Kubernetes' notation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Requests {
    /// CPU time, such as `250m`.
    pub cpu: String,
    /// Most CPU time; no limit if not set, so that idle time of the node can be used.
    pub cpu_limit: Option<String>,
    /// Memory, such as `512Mi`; request and limit.
    pub memory: String,
    /// Space for temporary files under `/tmp`, such as `64Mi`.
    pub scratch: String,
}

/// Use of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TableUse {
    /// The table.
    pub table: Ref<Table>,
    /// What it does with it.
    #[serde(default)]
    pub access: Access,
    /// The only actions that it needs of those, without the prefix: `[GetItem, PutItem]`. All of them if none is named.
    #[serde(default)]
    pub actions: BTreeSet<String>,
}

/// Use of a bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BucketUse {
    /// The bucket.
    pub bucket: Ref<Bucket>,
    /// What it does with it.
    #[serde(default)]
    pub access: Access,
    /// The only actions that it needs of those, without the prefix: `[GetObject]`. All of them if none is named.
    #[serde(default)]
    pub actions: BTreeSet<String>,
}

/// What a workload does with data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Reads.
    #[default]
    Read,
    /// Writes.
    Write,
    /// Reads and writes.
    ReadWrite,
}

/// Use of a database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DatabaseUse {
    /// The database.
    pub database: Ref<Database>,
    /// Which of the database's `users` logs in; the master user if not set, who may do everything.
    pub user: Option<Name>,
    /// Most connections that one pod opens. 1 or more; all pods together must fit into the database.
    #[serde(default = "default_pool")]
    pub pool: u32,
}

/// Use of a secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretUse {
    /// The secret.
    pub secret: Ref<Secret>,
    /// Keys of a JSON secret, each of which becomes a file of its own; the whole value becomes one file if none is named.
    #[serde(default)]
    pub keys: Vec<String>,
}

/// How secrets become files in the pods. The files are the same either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SecretDelivery {
    /// By the Secrets Store CSI driver when a pod starts; nothing is stored in the cluster.
    #[default]
    SecretsStoreCsi,
    /// By the External Secrets operator, through a Kubernetes secret.
    ExternalSecrets,
}

/// How pods get the credentials of their role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// By EKS Pod Identity: an association of service account and role.
    #[default]
    PodIdentity,
    /// By the cluster's OIDC provider and an annotation of the service account.
    Irsa,
}

/// How Kubernetes learns whether a pod works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Health {
    /// Port of the probes; a service's own port, or 8081 for a worker, if not set.
    pub port: Option<Port>,
    /// Path that answers whether the pod can take work; it may look at what the pod depends on.
    pub readiness: String,
    /// Path that answers whether the process must be restarted; it must not look at anything else.
    pub liveness: String,
    /// How long a start may take. Unit: seconds. 10 to 3,600.
    pub startup: Seconds,
}

/// How a pod stops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Shutdown {
    /// Time before the process is told to stop, in which load balancers stop sending; 120 for a service behind a network
    /// load balancer, which goes on that long, and 15 for others, if not set. Unit: seconds.
    pub pre_stop: Option<Seconds>,
    /// Longest time that work in progress takes after that; a worker's `processing-time` if that is longer.
    pub drain: Seconds,
    /// Time after which the process is killed; `pre-stop`, `drain` and 5 seconds if not set. Unit: seconds.
    pub grace: Option<Seconds>,
}

/// Traces, metrics and logs by OpenTelemetry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Telemetry {
    /// Address of the collector, such as `http://collector.observability.svc.cluster.local:4318`; nothing is sent if not
    /// set. The port must be written.
    pub endpoint: Option<String>,
}

fn default_pool() -> u32 {
    5
}

impl DatabaseUse {
    pub(in crate::kinds) fn connection(&self) -> Connection<'_> {
        Connection { database: &self.database, pool: Some(self.pool), user: self.user.as_ref(), migrates: false }
    }
}

impl Default for Replicas {
    fn default() -> Self {
        Self { min: 2, max: 6, cpu: 70 }
    }
}

impl Default for Requests {
    fn default() -> Self {
        Self { cpu: "250m".to_owned(), cpu_limit: None, memory: "512Mi".to_owned(), scratch: "64Mi".to_owned() }
    }
}

impl Default for Health {
    fn default() -> Self {
        Self { port: None, readiness: "/readyz".to_owned(), liveness: "/livez".to_owned(), startup: Seconds::new(120) }
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { pre_stop: None, drain: Seconds::new(30), grace: None }
    }
}

impl Parts<'_> {
    /// Returns the most pods that ever run at a time: those that a rolling update adds included.
    pub(in crate::kinds) fn peak(&self) -> u32 {
        self.replicas.max.saturating_add(self.rollout.max_surge.of(self.replicas.max))
    }
}

impl Access {
    /// Returns whether it reads.
    pub fn reads(self) -> bool {
        matches!(self, Self::Read | Self::ReadWrite)
    }

    /// Returns whether it writes.
    pub fn writes(self) -> bool {
        matches!(self, Self::Write | Self::ReadWrite)
    }
}

impl Telemetry {
    /// Returns the port of the collector.
    pub fn port(&self) -> Option<Port> {
        let address = self.endpoint.as_deref()?.trim_end_matches('/');
        address.rsplit_once(':')?.1.parse().ok()
    }
}
