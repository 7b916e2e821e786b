//! What services and workers have in common: a Deployment, what it may do, and what may reach it.
//!
//! The two kinds have the same fields beside their own; `workload_kind` writes them, because input types may not be
//! flattened. Everything is gathered once in a `Pod`, of which the other files each emit a part.

mod check;
mod environment;
mod identity;
mod literal;
mod network_policy;
mod objects;
mod pod;
mod scaling;
mod secrets;
mod spec;
#[cfg(test)]
mod tests;

pub(super) use check::{check, same_names};
pub(super) use environment::named;
pub(super) use identity::{bucket_statements, grant, narrowed, open_to_balancer, table_statements};
pub(super) use objects::Once;
pub(super) use pod::{Pod, Reached, Scaler, metrics_namespace, namespace};
pub use spec::{
    Access, BucketUse, DatabaseUse, Health, Identity, Replicas, Requests, SecretDelivery, SecretUse, Shutdown,
    TableUse, Telemetry,
};
pub(super) use spec::{Connection, Parts};

use super::{Kind, Sectioned};
use crate::artifacts::Expr;
use crate::lower::{Lowering, ObjectFile};

/// A kind that becomes a Deployment.
pub(super) trait Workload: Kind + Sectioned {
    /// Returns the fields that all such kinds have.
    fn parts(&self) -> Parts<'_>;
}

/// Defines a kind that becomes a Deployment: its own fields beside the common ones.
macro_rules! workload_kind {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
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
            /// Architecture of the image; the pods only run on such nodes.
            #[serde(default)]
            pub arch: Arch,
            /// How many pods.
            #[serde(default)]
            pub replicas: Replicas,
            /// What one pod is given.
            #[serde(default)]
            pub resources: Requests,
            /// Environment variables with values that are no secrets.
            #[serde(default)]
            pub env: BTreeMap<String, String>,
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
            /// How Kubernetes learns whether a pod works.
            #[serde(default)]
            pub health: Health,
            /// How a pod stops.
            #[serde(default)]
            pub shutdown: Shutdown,
            /// Traces, metrics and logs by OpenTelemetry.
            #[serde(default)]
            pub telemetry: Telemetry,
            /// Whether it puts metrics of its own into CloudWatch, on which alarms of a monitor can look; gives a variable
            /// `METRICS_NAMESPACE` with the one namespace that it may put them into.
            #[serde(default)]
            pub own_metrics: bool,
            $($own)*
        }

        impl crate::kinds::workload::Workload for $name {
            fn parts(&self) -> crate::kinds::workload::Parts<'_> {
                crate::kinds::workload::Parts {
                    cluster: &self.cluster,
                    namespace: self.namespace.as_ref(),
                    image: &self.image,
                    arch: self.arch,
                    replicas: &self.replicas,
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
                    health: &self.health,
                    shutdown: &self.shutdown,
                    telemetry: &self.telemetry,
                    own_metrics: self.own_metrics,
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
        cx.object(file("00-namespace".to_owned()), objects::namespace(pod));
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
        self.objects([objects::service_account(pod)]);
        self.objects(secrets::objects(pod));
        self.objects([network_policy::object(pod)]);
    }

    /// Emits the Deployment and how many of its pods may be missing.
    pub(super) fn deployment(&mut self, pod: &Pod<'_>) {
        self.objects([objects::deployment(pod), objects::disruption_budget(pod)]);
    }

    /// Emits a Job, which runs once for each change of what it is.
    pub(super) fn job(&mut self, pod: &Pod<'_>, once: Once<'_>) {
        self.objects([objects::job(pod, &once)]);
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
