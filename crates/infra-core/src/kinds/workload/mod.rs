//! What services and workers have in common: a Deployment, what it may do, and what may reach it.
//!
//! The two kinds have the same fields beside their own; `workload_kind` writes them, because input types may not be
//! flattened. Everything is gathered once in a `Pod`, of which the other files each emit a part.

mod check;
mod companion;
mod environment;
mod identity;
mod literal;
mod network_policy;
mod objects;
mod permission;
mod placement;
mod pod;
mod pod_check;
#[cfg(test)]
mod pod_tests;
mod rollout;
mod scaling;
mod secrets;
mod spec;
#[cfg(test)]
mod tests;
mod traffic;
#[cfg(test)]
mod traffic_tests;
mod value;

pub(super) use check::{check, same_names};
pub use companion::{
    ClaimVolume, Companion, CompanionRequests, ConfigVolume, CsiVolume, EmptyVolume, Lifecycle, Medium, Mount,
    ProjectedVolume, SecretVolume, Security, Toleration, Volume,
};
pub(super) use environment::named;
pub(super) use identity::{bucket_statements, grant, narrowed, open_to_balancer, table_statements};
pub(crate) use objects::digest;
pub(super) use objects::{Once, Timing, namespace_object};
pub use permission::{Effect, Permission};
pub(super) use placement::tainted;
pub(super) use pod::{Pod, Reached, Scaler, metrics_namespace, namespace};
pub use rollout::{Rollout, Share, ShareError};
pub use spec::{
    Access, BucketUse, DatabaseUse, Health, Identity, Replicas, Requests, SecretDelivery, SecretUse, Shutdown,
    TableUse, Telemetry,
};
pub(super) use spec::{Connection, Parts};
pub use traffic::{Egress, Ingress, Peer, PodsPeer, Transport};
pub use value::{EnvSource, EnvValue, KeyOf, Login, RawValue, SecretValue, TextOr, Thing};

use super::{Kind, Sectioned};
use crate::artifacts::Expr;
use crate::lower::{Lowering, ObjectFile};

/// A kind that becomes a Deployment.
pub(super) trait Workload: Kind + Sectioned {
    /// Returns the fields that all such kinds have.
    fn parts(&self) -> Parts<'_>;
}

/// Defines a kind that makes pods: its own fields beside the common ones. `deployment` ones go on for good, a `job` ends.
macro_rules! workload_kind {
    ($(#[$doc:meta])* deployment $name:ident { $($own:tt)* }) => {
        crate::kinds::workload::workload_kind! {
            @pods $(#[$doc])* $name [replicas health shutdown rollout lifecycle ports ingress scraped_by] {
                /// How many pods.
                #[serde(default)]
                pub replicas: Replicas,
                /// How Kubernetes learns whether a pod works.
                #[serde(default)]
                pub health: Health,
                /// How a pod stops.
                #[serde(default)]
                pub shutdown: Shutdown,
                /// How a change is rolled out.
                #[serde(default)]
                pub rollout: Rollout,
                /// Commands at the start and at the end of the container.
                #[serde(default)]
                pub lifecycle: Lifecycle,
                /// Other ports that the program serves, by names of at most 15 characters; those of a service are in its
                /// Kubernetes Service, and workloads that call it reach them.
                #[serde(default)]
                pub ports: BTreeMap<Name, Port>,
                /// Who may connect to the pods beside those that the model knows, by a name of your choice.
                #[serde(default)]
                pub ingress: BTreeMap<Name, Ingress>,
                /// Namespaces whose pods may fetch metrics: on the port of the probes, on that of a service, and on `ports`.
                #[serde(default)]
                pub scraped_by: Vec<KubernetesName>,
                $($own)*
            }
        }
    };
    ($(#[$doc:meta])* job $name:ident { $($own:tt)* }) => {
        crate::kinds::workload::workload_kind! { @pods $(#[$doc])* $name [] { $($own)* } }
    };
    (@pods $(#[$doc:meta])* $name:ident [$($more:ident)*] { $($own:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $name {
            /// The cluster; its region must be that of the stack.
            pub cluster: Ref<Cluster>,
            /// The namespace; the project's name if not set. Workloads of several stacks may share one.
            #[serde(default)]
            pub namespace: Option<KubernetesName>,
            /// The image, with tag or digest.
            pub image: ImageRef,
            /// What is run instead of the image's entry point.
            #[serde(default)]
            pub command: Vec<String>,
            /// What the program is called with, instead of what the image says.
            #[serde(default)]
            pub args: Vec<String>,
            /// Architecture of the image; the pods only run on such nodes.
            #[serde(default)]
            pub arch: Arch,
            /// What one pod is given.
            #[serde(default)]
            pub resources: Requests,
            /// Environment variables: text, or where a value comes from, such as `{ raw: { resource: redis, attribute:
            /// RedisEndpoint.Address } }` or `{ secret: { secret: stripe, key: api-key } }`. In text, `$(NAME)` stands for
            /// another variable: `redis://:$(REDIS_PASSWORD)@$(REDIS_HOST):6379`.
            #[serde(default)]
            pub env: BTreeMap<String, EnvValue>,
            /// Other names for variables that are made here: `ORDER_EVENTS_TOPIC_ARN: ORDERS_TOPIC_ARN`.
            #[serde(default)]
            pub variables: BTreeMap<String, String>,
            /// Topics it publishes to; each gives a variable `<NAME>_TOPIC_ARN`.
            #[serde(default)]
            pub publishes: Vec<Ref<Topic>>,
            /// Queues it sends to; each gives a variable `<NAME>_QUEUE_URL`.
            #[serde(default)]
            pub sends: Vec<Ref<Queue>>,
            /// Services of the same cluster that it calls; each gives a variable `<NAME>_URL`.
            #[serde(default)]
            pub calls: Vec<Ref<Service>>,
            /// Tables it uses, by a name of your choice; each gives a variable `<NAME>_TABLE`.
            #[serde(default)]
            pub tables: BTreeMap<Name, TableUse>,
            /// Buckets it uses, by a name of your choice; each gives a variable `<NAME>_BUCKET`.
            #[serde(default)]
            pub buckets: BTreeMap<Name, BucketUse>,
            /// Its database; gives `DB_HOST`, `DB_PORT`, `DB_NAME`, `DB_POOL_SIZE`, and files with user and password, whose
            /// paths are in `DB_USERNAME_FILE` and `DB_PASSWORD_FILE`; a user with a token of IAM is in `DB_USERNAME`.
            #[serde(default)]
            pub database: Option<DatabaseUse>,
            /// Caches it uses; each gives `<NAME>_CACHE_HOST`, `<NAME>_CACHE_PORT`, `<NAME>_CACHE_SHARDED` (whether the client
            /// must speak the protocol of a cluster), and the path of a file in `<NAME>_CACHE_PASSWORD_FILE`.
            #[serde(default)]
            pub caches: Vec<Ref<crate::kinds::Cache>>,
            /// Secrets it reads, by a name of your choice; each gives files and variables `<NAME>_FILE` with their paths.
            #[serde(default)]
            pub secrets: BTreeMap<Name, SecretUse>,
            /// How secrets become files.
            #[serde(default)]
            pub secret_delivery: SecretDelivery,
            /// How the pods get the credentials of their role.
            #[serde(default)]
            pub identity: Identity,
            /// What the role of the pods may do beside what follows from the fields above, by a name of your choice.
            #[serde(default)]
            pub permissions: BTreeMap<Name, Permission>,
            /// Whom the pods may connect to beside what the model knows, by a name of your choice. Names are resolved, and
            /// port 443 is open to everybody; all else is shut.
            #[serde(default)]
            pub egress: BTreeMap<Name, Egress>,
            /// Traces, metrics and logs by OpenTelemetry.
            #[serde(default)]
            pub telemetry: Telemetry,
            /// Whether it puts metrics of its own into CloudWatch, on which alarms of a monitor can look; gives a variable
            /// `METRICS_NAMESPACE` with the one namespace that it may put them into.
            #[serde(default)]
            pub own_metrics: bool,
            /// Labels of the pods and of all objects of the entry, beside those of our own.
            #[serde(default)]
            pub labels: BTreeMap<String, String>,
            /// Annotations of the pods and of what makes them.
            #[serde(default)]
            pub annotations: BTreeMap<String, String>,
            /// Volumes of the pods by name.
            #[serde(default)]
            pub volumes: BTreeMap<Name, Volume>,
            /// Volumes by their names, and where they are in the program's container.
            #[serde(default)]
            pub mounts: BTreeMap<Name, Mount>,
            /// Containers that run to their end, one after the other, before the program starts.
            #[serde(default)]
            pub init_containers: Vec<Companion>,
            /// Containers that run beside the program, from before the init containers until it has stopped.
            #[serde(default)]
            pub sidecars: Vec<Companion>,
            /// Labels of the nodes on which the pods run, beside architecture and operating system.
            #[serde(default)]
            pub node_selector: BTreeMap<String, String>,
            /// Taints of nodes that do not keep the pods away.
            #[serde(default)]
            pub tolerations: Vec<Toleration>,
            /// Which nodes and other pods they want to be near to, as Kubernetes writes `affinity`.
            #[serde(default)]
            pub affinity: serde_json::Map<String, serde_json::Value>,
            /// Name of a priority class of the cluster.
            #[serde(default)]
            pub priority_class: Option<KubernetesName>,
            /// Kubernetes secrets of the namespace with the credentials of image registries. ECR needs none.
            #[serde(default)]
            pub pull_secrets: Vec<KubernetesName>,
            /// Names of hosts by address, as in `/etc/hosts`.
            #[serde(default)]
            pub host_aliases: BTreeMap<String, Vec<String>>,
            /// A service account that others make in the namespace; one of the entry's name is made if not set.
            #[serde(default)]
            pub service_account: Option<KubernetesName>,
            /// Whether the pods get a token of the Kubernetes API, for programs that call it. What the token may do, roles of
            /// `manifests` say.
            #[serde(default)]
            pub api_token: bool,
            /// Who the processes are.
            #[serde(default)]
            pub security: Security,
            $($own)*
        }

        impl crate::kinds::workload::Workload for $name {
            fn parts(&self) -> crate::kinds::workload::Parts<'_> {
                crate::kinds::workload::Parts {
                    namespace: self.namespace.as_ref(),
                    command: &self.command,
                    args: &self.args,
                    arch: self.arch,
                    resources: &self.resources,
                    env: &self.env,
                    variables: &self.variables,
                    publishes: &self.publishes,
                    sends: &self.sends,
                    calls: &self.calls,
                    tables: &self.tables,
                    buckets: &self.buckets,
                    database: self.database.as_ref().map(crate::kinds::workload::DatabaseUse::connection),
                    caches: &self.caches,
                    secrets: &self.secrets,
                    secret_delivery: self.secret_delivery,
                    identity: self.identity,
                    permissions: &self.permissions,
                    egress: &self.egress,
                    telemetry: &self.telemetry,
                    own_metrics: self.own_metrics,
                    labels: &self.labels,
                    annotations: &self.annotations,
                    volumes: &self.volumes,
                    mounts: &self.mounts,
                    init_containers: &self.init_containers,
                    sidecars: &self.sidecars,
                    node_selector: &self.node_selector,
                    tolerations: &self.tolerations,
                    affinity: &self.affinity,
                    priority_class: self.priority_class.as_ref(),
                    pull_secrets: &self.pull_secrets,
                    host_aliases: &self.host_aliases,
                    service_account: self.service_account.as_ref(),
                    api_token: self.api_token,
                    security: &self.security,
                    $($more: &self.$more,)*
                    ..crate::kinds::workload::Parts::plain(&self.cluster, &self.image)
                }
            }
        }
    };
}
pub(super) use workload_kind;

/// Emits what every workload has; `Service`, if any, and scaler come from the kind, in between and after.
pub(super) struct Emitter<'c, 'w> {
    pub(super) cx: &'c mut Lowering<'w>,
    file: ObjectFile,
}

impl<'c, 'w> Emitter<'c, 'w> {
    /// Starts with the namespace, which has a file of its own that sorts first.
    pub(super) fn start(pod: &Pod<'_>, cx: &'c mut Lowering<'w>) -> Self {
        let file = |name: String| ObjectFile {
            cluster: pod.cluster.name.to_string(),
            namespace: pod.namespace.clone(),
            file: name,
        };
        let namespace = namespace_object(pod.cluster, pod.project.as_str(), &pod.namespace);
        cx.object(file("00-namespace".to_owned()), namespace);
        Self { file: file(format!("{}-{}", pod.noun, pod.name)), cx }
    }

    /// Emits objects in the order in which they are applied.
    pub(super) fn objects(&mut self, objects: impl IntoIterator<Item = Expr>) {
        for object in objects {
            self.cx.object(self.file.clone(), object);
        }
    }

    /// Emits role, service account, secrets and network policy: what pods need to start.
    pub(super) fn foundation(&mut self, pod: &Pod<'_>) {
        identity::lower(pod, self.cx);
        identity::open_database(pod, self.cx);
        self.objects(objects::service_account(pod));
        self.objects(secrets::objects(pod));
        self.objects(companion::config_maps(pod));
        self.objects([network_policy::object(pod)]);
    }

    /// Emits the Deployment and how many of its pods may be missing.
    pub(super) fn deployment(&mut self, pod: &Pod<'_>) {
        self.objects([objects::deployment(pod), objects::disruption_budget(pod)]);
    }

    /// Emits a Job, which runs once for each change of what it is.
    pub(super) fn job(&mut self, pod: &Pod<'_>, once: Once) {
        self.objects([objects::job(pod, once)]);
    }

    /// Emits what starts a Job again and again.
    pub(super) fn cron_job(&mut self, pod: &Pod<'_>, once: Once, timing: &Timing<'_>) {
        self.objects([objects::cron_job(pod, once, timing)]);
    }

    /// Emits a scaler by CPU time, if the number of pods may change.
    pub(super) fn scale_by_cpu(&mut self, pod: &Pod<'_>) {
        self.objects(scaling::by_cpu(pod));
    }

    /// Emits a scaler by the length of queues.
    pub(super) fn scale_by_queues(&mut self, pod: &Pod<'_>, messages: u32) {
        identity::grant_scaler(pod, self.cx);
        self.objects(scaling::by_queues(pod, messages));
    }
}
