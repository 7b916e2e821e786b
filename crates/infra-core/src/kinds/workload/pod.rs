//! A workload with everything it refers to looked up.

use super::{Parts, SecretUse, Workload};
use crate::artifacts::{Expr, Handle, Object, Place, Resource, Statement};
use crate::facts::limits::elb;
use crate::kinds::{Bucket, Cache, Cluster, Database, Job, Queue, Secret, Service, Table, Topic, Worker};
use crate::model::Ref;
use crate::names::{LogicalId, Name, Port, Region, Seconds, is_label_value};
use crate::resolve::Bound;

use super::companion::{Beside, Companion};
use super::spec::{BucketUse, TableUse};
use super::traffic::{Egress, End, Ingress, Peer};
use super::value::Value;

/// Port of the probes of a pod that serves nothing else.
const HEALTH_PORT: u64 = 8_081;

/// Time in which the news that a pod leaves is everywhere in the cluster and in load balancers.
const PRE_STOP: Seconds = Seconds::new(15);

/// A workload with everything it refers to looked up.
pub(in crate::kinds) struct Pod<'a> {
    /// Name of the entry and of all its objects.
    pub(in crate::kinds) name: &'a Name,
    /// What the kind is called.
    pub(super) noun: &'static str,
    pub(super) prefix: &'static str,
    pub(super) id_name: &'a Name,
    pub(super) place: Place,
    /// Name of the project.
    pub(super) project: &'a Name,
    /// Name of the stack.
    pub(super) stack: &'a Name,
    pub(super) environment: &'a Name,
    pub(super) region: &'a Region,
    pub(in crate::kinds) parts: Parts<'a>,
    pub(in crate::kinds) cluster: Bound<'a, Cluster>,
    pub(in crate::kinds) namespace: String,
    /// The port that it serves, if any.
    pub(super) port: Option<Port>,
    pub(super) health_port: Port,
    pub(super) publishes: Vec<Bound<'a, Topic>>,
    pub(super) sends: Vec<Bound<'a, Queue>>,
    pub(super) consumes: Vec<Bound<'a, Queue>>,
    /// Whether it puts messages into the dead-letter queues of those itself.
    pub(super) rejects: bool,
    /// The namespace of CloudWatch into which it puts metrics of its own.
    pub(super) metrics_namespace: Option<String>,
    /// Issuer and audiences of the tokens that it checks.
    pub(super) tokens: Option<(Expr, Vec<Expr>)>,
    pub(super) calls: Vec<Bound<'a, Service>>,
    pub(super) tables: Vec<(&'a Name, Bound<'a, Table>, &'a TableUse)>,
    pub(super) buckets: Vec<(&'a Name, Bound<'a, Bucket>, &'a BucketUse)>,
    pub(super) database: Option<Bound<'a, Database>>,
    pub(super) caches: Vec<Bound<'a, Cache>>,
    pub(super) secrets: Vec<(&'a Name, Bound<'a, Secret>, &'a SecretUse)>,
    /// The variables that the user writes.
    pub(super) variables: Vec<(&'a str, Value<'a>)>,
    pub(super) init_containers: Vec<Beside<'a>>,
    pub(super) sidecars: Vec<Beside<'a>>,
    /// What the user lets it do.
    pub(super) permissions: Vec<Statement>,
    /// Whom the user lets it reach.
    pub(super) egress: Vec<(End, &'a Egress)>,
    /// Whom the user lets reach it.
    pub(super) ingress: Vec<(End, &'a Ingress)>,
    /// Time that work in progress takes when the pod stops.
    pub(super) drain: Seconds,
    pub(in crate::kinds) scaled_by: Scaler,
    /// Namespace and name of the workloads that call it.
    pub(super) callers: Vec<(String, &'static str, &'a Name)>,
    /// Whether load balancers reach it.
    pub(in crate::kinds) reached: Reached,
    /// Whether it runs once, to its end.
    pub(super) once: bool,
    /// Time before the process is told to stop.
    pub(in crate::kinds) pre_stop: Seconds,
}

/// What decides the number of pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kinds) enum Scaler {
    /// Nothing: the number is fixed.
    Fixed,
    /// CPU time.
    Cpu,
    /// The length of queues.
    Queues,
}

/// Whether traffic comes from outside the cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::kinds) struct Reached {
    /// Blocks of the load balancer's subnets; empty when there is none.
    pub(in crate::kinds) from: Vec<String>,
    /// Whether the load balancer goes on opening connections to pods that have left it.
    pub(in crate::kinds) lingers: bool,
}

impl<'a> Pod<'a> {
    /// Looks everything up.
    pub(in crate::kinds) fn of<K: Workload>(entry: Bound<'a, K>) -> Self {
        let parts = entry.spec().parts();
        let world = entry.world();
        let cluster = entry.follow(parts.cluster);
        Self {
            name: entry.name,
            noun: K::NOUN,
            prefix: K::PREFIX,
            id_name: entry.entry().common.renamed_from.as_ref().unwrap_or(entry.name),
            place: entry.home(),
            project: world.project(),
            stack: entry.stack_name(),
            environment: &entry.environment().name,
            region: entry.region(),
            parts,
            cluster,
            namespace: namespace(entry),
            port: None,
            health_port: parts.health.port.or_else(|| Port::try_from(HEALTH_PORT).ok()).unwrap_or(Port::HTTP),
            publishes: parts.publishes.iter().map(|topic| entry.follow(topic)).collect(),
            sends: parts.sends.iter().map(|queue| entry.follow(queue)).collect(),
            consumes: Vec::new(),
            rejects: false,
            metrics_namespace: metrics_namespace(entry),
            tokens: None,
            calls: parts.calls.iter().map(|service| entry.follow(service)).collect(),
            tables: parts.tables.iter().map(|(name, t)| (name, entry.follow(&t.table), t)).collect(),
            buckets: parts.buckets.iter().map(|(name, b)| (name, entry.follow(&b.bucket), b)).collect(),
            database: parts.database.map(|used| entry.follow(used.database)),
            caches: parts.caches.iter().map(|cache| entry.follow(cache)).collect(),
            secrets: parts.secrets.iter().map(|(name, s)| (name, entry.follow(&s.secret), s)).collect(),
            variables: parts.env.iter().map(|(name, value)| (name.as_str(), Value::of(entry, value))).collect(),
            init_containers: beside(entry, parts.init_containers),
            sidecars: beside(entry, parts.sidecars),
            permissions: parts.permissions.values().map(|permission| permission.statement(entry)).collect(),
            egress: parts.egress.values().map(|egress| (egress.to.end(entry), egress)).collect(),
            ingress: parts.ingress.values().map(|ingress| (ingress.from.end(entry), ingress)).collect(),
            drain: parts.shutdown.drain,
            scaled_by: if parts.replicas.min == parts.replicas.max { Scaler::Fixed } else { Scaler::Cpu },
            callers: Vec::new(),
            reached: Reached::default(),
            once: false,
            pre_stop: parts.shutdown.pre_stop.unwrap_or(PRE_STOP),
        }
    }

    /// Says that it runs once, to its end.
    pub(in crate::kinds) fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// Says that it serves `port`, and who comes to it.
    pub(in crate::kinds) fn serving(mut self, entry: Bound<'a, Service>, reached: Reached) -> Self {
        let port = entry.spec().port;
        self.tokens = entry.spec().authorizer.as_ref().map(|authorizer| authorizer.tokens(entry));
        self.port = Some(port);
        self.health_port = self.parts.health.port.unwrap_or(port);
        self.callers = callers::<Service>(entry).chain(callers::<Worker>(entry)).collect();
        self.callers.extend(callers::<Job>(entry));
        if reached.lingers {
            self.pre_stop = self.parts.shutdown.pre_stop.unwrap_or(Seconds::new(elb::NETWORK_LINGER));
        }
        self.reached = reached;
        self
    }

    /// Says that it takes messages from queues, each of which takes up to `processing`.
    pub(in crate::kinds) fn consuming(
        mut self,
        entry: Bound<'a, Worker>,
        queues: &'a [Ref<Queue>],
        processing: Seconds,
    ) -> Self {
        self.consumes = queues.iter().map(|queue| entry.follow(queue)).collect();
        self.rejects = entry.spec().rejects;
        self.drain = self.drain.max(processing);
        self
    }

    /// Says what decides the number of pods.
    pub(in crate::kinds) fn scaled_by(mut self, scaler: Scaler) -> Self {
        self.scaled_by = scaler;
        self
    }

    /// Names one of the workload's resources.
    pub(in crate::kinds) fn handle(&self, part: &str) -> Handle {
        Handle { place: self.place, id: LogicalId::from_name(self.prefix, self.id_name, part) }
    }

    /// Starts one of the workload's resources.
    pub(super) fn resource(&self, part: &str, kind: &'static str, properties: Expr) -> Resource {
        Resource::new(self.handle(part), kind, properties)
    }

    /// Returns the labels by which the pods are selected; they never change.
    pub(in crate::kinds) fn selector(&self) -> Expr {
        object! { "app.kubernetes.io/name" => self.name.to_string(), "app.kubernetes.io/component" => self.noun }
    }

    /// Returns the labels of all objects.
    pub(super) fn labels(&self) -> Expr {
        // A tag such as `1.0.0-` or `_rc` is none that a label takes.
        let version = self.parts.image.tag().filter(|tag| is_label_value(tag));
        let mut labels = Object::default();
        labels.push("app.kubernetes.io/name", self.name.to_string());
        labels.push("app.kubernetes.io/component", self.noun);
        labels.push("app.kubernetes.io/part-of", self.project.to_string());
        labels.push("app.kubernetes.io/version", version.map(ToOwned::to_owned));
        labels.push("app.kubernetes.io/managed-by", "infra");
        for (key, value) in self.parts.labels.iter().filter(|(key, _)| !OWN_LABELS.contains(&key.as_str())) {
            labels.push(key.clone(), value);
        }
        labels.into()
    }

    /// Returns the annotations that the user writes; nothing where there is none.
    pub(super) fn annotations(&self) -> Option<Object> {
        let annotations = self.parts.annotations;
        (!annotations.is_empty()).then(|| annotations.iter().map(|(key, value)| (key.clone(), value)).collect())
    }

    /// Returns the service account with which the pods run.
    pub(super) fn account(&self) -> String {
        self.parts.service_account.map_or_else(|| self.name.to_string(), ToString::to_string)
    }

    /// Returns every port on which something of the pod answers.
    pub(super) fn served(&self) -> Vec<Port> {
        let own = self.port.into_iter().chain((!self.once).then_some(self.health_port));
        let companions = self.sidecars.iter().flat_map(|it| it.spec.ports.values());
        let mut all: Vec<Port> = Vec::new();
        for port in own.chain(self.parts.ports.values().chain(companions).copied()) {
            if !all.contains(&port) {
                all.push(port);
            }
        }
        all
    }

    /// Returns the metadata of an object called `name`.
    pub(in crate::kinds) fn metadata(&self, name: &str) -> Expr {
        object! { "name" => name.to_owned(), "namespace" => &self.namespace, "labels" => self.labels() }
    }

    /// Starts an object in the workload's namespace with the workload's name.
    pub(in crate::kinds) fn object(&self, api: &'static str, kind: &'static str, spec: Expr) -> Expr {
        self.named_object(api, kind, (self.name.as_str(), spec))
    }

    /// Starts an object in the workload's namespace with a name of its own.
    pub(super) fn named_object(&self, api: &'static str, kind: &'static str, (name, spec): (&str, Expr)) -> Expr {
        let mut object = Object::default();
        object.push("apiVersion", api);
        object.push("kind", kind);
        object.push("metadata", self.metadata(name));
        object.push("spec", spec);
        Expr::Object(object)
    }

    /// Returns the field for which a security group is opened between the pods and something else, and why.
    pub(in crate::kinds) fn opens(&self) -> Option<(&'static str, &'static str)> {
        let database = self.database.map(|_| ("database", "it must let the pods in"));
        let balancer = (!self.reached.from.is_empty()).then_some(("exposes", "it must let the load balancer in"));
        let cache = (!self.caches.is_empty()).then_some(("caches", "they must let the pods in"));
        database.or(cache).or(balancer)
    }

    /// Returns the time after which the process is killed.
    pub(in crate::kinds) fn grace(&self) -> Seconds {
        let own = self.parts.shutdown.grace;
        own.unwrap_or(self.pre_stop.saturating_add(self.drain).saturating_add(Seconds::new(5)))
    }
}

/// Keys of the labels of our own, which nobody else writes.
pub(super) const OWN_LABELS: [&str; 5] = [
    "app.kubernetes.io/name",
    "app.kubernetes.io/component",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
];

fn beside<'a, K: Workload>(entry: Bound<'a, K>, companions: &'a [Companion]) -> Vec<Beside<'a>> {
    let variables =
        |spec: &'a Companion| spec.env.iter().map(|(name, value)| (name.as_str(), Value::of(entry, value))).collect();
    companions.iter().map(|spec| Beside { spec, variables: variables(spec) }).collect()
}

/// Returns namespace, noun and name of the workloads of a kind that connect to a service.
fn callers<'a, K: Workload>(
    service: Bound<'a, Service>,
) -> impl Iterator<Item = (String, &'static str, &'a Name)> + use<'a, K> {
    let calls = move |caller: &Bound<'a, K>| {
        let parts = caller.spec().parts();
        let through = parts.egress.values().filter_map(|egress| match &egress.to {
            Peer::Service(service) => Some(service),
            Peer::Anywhere
            | Peer::Cidr(_)
            | Peer::Network(_)
            | Peer::Database(_)
            | Peer::Namespace(_)
            | Peer::Pods(_) => None,
        });
        parts.calls.iter().chain(through).any(|called| caller.follow(called).id == service.id)
    };
    let all = service.referrers::<K>().into_iter().filter(calls);
    all.map(|caller| (namespace(caller), K::NOUN, caller.name))
}

/// Returns the namespace of CloudWatch for the metrics that a workload puts there itself; nothing if it puts none.
pub(in crate::kinds) fn metrics_namespace<K: Workload>(entry: Bound<'_, K>) -> Option<String> {
    let (project, environment) = (entry.world().project(), &entry.environment().name);
    let own = entry.spec().parts().own_metrics;
    own.then(|| format!("{project}/{environment}/{}/{}", entry.stack_name(), entry.name))
}

/// Returns the namespace of a workload.
pub(in crate::kinds) fn namespace<K: Workload>(entry: Bound<'_, K>) -> String {
    let own = entry.spec().parts().namespace.map(ToString::to_string);
    own.unwrap_or_else(|| entry.world().project().to_string())
}
