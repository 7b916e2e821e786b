//! Services: Deployments that are reached over the network.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::load_balancer::{Layer, Scheme, TargetGroup};
use super::network::Tier;
use super::workload::{
    self, BucketUse, Companion, DatabaseUse, Egress, Emitter, EnvValue, Health, Identity, Ingress, Lifecycle, Mount,
    Permission, Pod, Reached, Replicas, Requests, Rollout, SecretDelivery, SecretUse, Security, Shutdown, TableUse,
    Telemetry, Toleration, Volume, workload_kind,
};
use super::cluster::{Arch, Need, Provision};
use super::http_api::{self, Authorizer};
use super::{Cluster, Kind, LoadBalancer, Queue, Topic};
use crate::artifacts::{Expr, Statement};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::elb;
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::{ImageRef, KubernetesName, Name, Port, Seconds};
use crate::resolve::{Bound, list};
use crate::route;
use crate::source::{Route, Step};

workload_kind! {
    /// A Deployment that is reached over the network: by other workloads of its cluster, and by a load balancer where
    /// one is named.
    deployment Service {
        /// Port on which the container serves HTTP; that of the Kubernetes service, too. Also in the variable `PORT`.
        pub port: Port,
        /// The target group of a load balancer in which the pods are registered.
        #[serde(default)]
        pub exposes: Option<Exposure>,
        /// Whose tokens it checks itself, for requests that do not come through an API: gives `OIDC_ISSUER` and
        /// `OIDC_AUDIENCE`, the ids of its clients with commas between.
        #[serde(default)]
        pub authorizer: Option<Authorizer>,
    }
}

/// A target group that sends to the pods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exposure {
    /// The load balancer; in the network of the cluster.
    pub load_balancer: Ref<LoadBalancer>,
    /// One of its target groups, which no other service may use.
    pub target_group: Name,
}

impl Kind for Service {
    const SECTION: &'static str = "services";
    const NOUN: &'static str = "service";
    const PREFIX: &'static str = "Service";
    const EXAMPLE: &'static str = "
services:
  orders:
    cluster: main
    image: ${env.account}.dkr.ecr.${env.region}.amazonaws.com/orders:1.4.2
    port: 8080
    replicas: { min: 2, max: 6 }
    publishes: [order-events]
    env: { LOG_LEVEL: info }
topics:
  order-events: {}
clusters:
  main:
    network: main
    node-groups: { general: {} }
    access:
      platform:
        principal: arn:aws:iam::${env.account}:role/platform-admin
        policies: { AmazonEKSClusterAdminPolicy: cluster }
networks:
  main: { cidr: 10.20.0.0/16 }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        workload::check(entry, &pod(entry), diags);
        if let Some(exposure) = &entry.spec().exposes {
            check_exposure(entry, exposure, diags);
        }
        if let Some(authorizer) = &entry.spec().authorizer {
            http_api::check_authorizer(entry, authorizer, None, diags);
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        let pod = pod(entry);
        let mut out = Emitter::start(&pod, cx);
        out.foundation(&pod);
        out.objects([service(&pod, entry.port)]);
        // Before the Deployment: only pods made while the binding is there wait for the load balancer to find them healthy.
        if let Some(exposure) = &entry.spec().exposes {
            let binding = binding(entry, &pod, exposure);
            out.objects([binding]);
            open(entry, &pod, exposure, out.cx);
        }
        out.deployment(&pod);
        out.scale_by_cpu(&pod);
    }
}

/// Looks up what the service refers to.
fn pod(entry: Bound<'_, Service>) -> Pod<'_> {
    let reached = entry.spec().exposes.as_ref().map(|exposure| {
        let balancer = entry.follow(&exposure.load_balancer);
        Reached { from: sources(balancer, &exposure.target_group), lingers: balancer.layer == Layer::Network }
    });
    Pod::of(entry).serving(entry, reached.unwrap_or_default())
}

/// Returns the blocks from which a load balancer's connections come.
fn sources(balancer: Bound<'_, LoadBalancer>, group: &Name) -> Vec<String> {
    let tier = match balancer.scheme {
        Scheme::Internal => Tier::Private,
        Scheme::InternetFacing => Tier::Public,
    };
    let network = balancer.follow(&balancer.spec().network);
    let mut blocks: Vec<String> = network.subnet_cidrs(tier).iter().map(ToString::to_string).collect();
    // Then targets see the addresses of clients beside those of health checks.
    if balancer.target_groups.get(group).is_some_and(|group| group.preserve_client_ip == Some(true)) {
        blocks.extend(balancer.allow_from.iter().map(ToString::to_string));
    }
    blocks
}

fn service(pod: &Pod<'_>, port: Port) -> Expr {
    let mut ports = vec![object! {
        "name" => "http",
        "port" => port.get(),
        "targetPort" => "http",
        "protocol" => "TCP",
        "appProtocol" => "http",
    }];
    ports.extend(pod.parts.ports.iter().map(|(name, number)| {
        let name = name.to_string();
        object! { "name" => &name, "port" => number.get(), "targetPort" => &name, "protocol" => "TCP" }
    }));
    let spec = object! { "type" => "ClusterIP", "selector" => pod.selector(), "ports" => ports };
    pod.object("v1", "Service", spec)
}

/// Registers the pods in the target group.
///
/// Source: <https://docs.aws.amazon.com/eks/latest/userguide/auto-configure-nlb.html> (read 2026-11-22): Auto Mode has
/// the same kind in an API group of its own.
fn binding(entry: Bound<'_, Service>, pod: &Pod<'_>, exposure: &Exposure) -> Expr {
    let api = match pod.cluster.provides(Need::LoadBalancerController) {
        Provision::AutoMode => "eks.amazonaws.com/v1",
        Provision::AddOn(_) | Provision::Other(_) | Provision::Missing => "elbv2.k8s.aws/v1beta1",
    };
    let balancer = entry.follow(&exposure.load_balancer);
    let spec = object! {
        "targetGroupARN" => balancer.target_group_arn(&exposure.target_group),
        "targetType" => "ip",
        "serviceRef" => object! { "name" => pod.name.to_string(), "port" => entry.port.get() },
    };
    pod.object(api, "TargetGroupBinding", spec)
}

/// Lets the load balancer reach the pods, and the controller register them.
///
/// The policy of Auto Mode registers in target groups with the tag `eks:eks-cluster-name` only, and those of a load
/// balancer do not know the cluster; so the cluster's role is given the very target group.
/// Source: <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEKSLoadBalancingPolicy.html> (read
/// 2026-11-22).
fn open(entry: Bound<'_, Service>, pod: &Pod<'_>, exposure: &Exposure, cx: &mut Lowering<'_>) {
    let balancer = entry.follow(&exposure.load_balancer);
    let mut ports = vec![entry.port];
    ports.extend(entry.health.port.filter(|port| *port != entry.port));
    for port in ports {
        workload::open_to_balancer(pod, cx, &balancer.side(), port);
    }
    let actions = ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"];
    let statement = Statement::allow(actions, balancer.target_group_arn(&exposure.target_group));
    workload::grant(pod, cx, Need::LoadBalancerController, vec![statement]);
}

fn check_exposure(entry: Bound<'_, Service>, exposure: &Exposure, diags: &mut Diagnostics) {
    let balancer = entry.follow(&exposure.load_balancer);
    let cluster = entry.follow(&entry.spec().cluster);
    let at = |key: &str| entry.at(&route!["exposes", key]);
    let Some(group) = balancer.spec().target_groups.get(&exposure.target_group) else {
        let known = list(balancer.target_groups.keys().map(Name::as_str));
        let title = format!("load balancer `{}` has no target group `{}`", balancer.name, exposure.target_group);
        diags.push(
            Diagnostic::error("services/target-group", title)
                .at(at("target-group"), "not found")
                .also(balancer.at(&route!["target-groups"]), "its target groups")
                .help(format!("name one of {known}, or add it there")),
        );
        return;
    };
    let network = balancer.follow(&balancer.spec().network);
    if network.id != cluster.network().id {
        diags.push(
            Diagnostic::error("services/other-network", "the load balancer is in another network than the cluster")
                .at(at("load-balancer"), format!("in network `{}`", network.name))
                .also(cluster.at(&route!["network"]), format!("the cluster is in network `{}`", cluster.network().name))
                .note("addresses of pods can only be registered in a target group of their own VPC"),
        );
    }
    check_group(entry, exposure, group, diags);
    let same = |other: &Bound<'_, Service>| {
        let theirs = other.spec().exposes.as_ref();
        other.id < entry.id && theirs.is_some_and(|theirs| {
            theirs.target_group == exposure.target_group && other.follow(&theirs.load_balancer).id == balancer.id
        })
    };
    if let Some(other) = balancer.referrers::<Service>().iter().find(|other| same(other)) {
        diags.push(
            Diagnostic::error("services/shared-target-group", "two services use one target group")
                .at(at("target-group"), format!("service `{}` uses it", entry.name))
                .also(other.at(&route!["exposes", "target-group"]), format!("service `{}` does, too", other.name))
                .note("each binding removes the targets that it does not know, so they would take turns")
                .help("give each a target group of its own"),
        );
    }
}

/// Compares the service with its target group: port, health checks and the time to stop.
fn check_group(entry: Bound<'_, Service>, exposure: &Exposure, group: &TargetGroup, diags: &mut Diagnostics) {
    let balancer = entry.follow(&exposure.load_balancer);
    let there = |keys: &[&str]| {
        let start = ["target-groups", exposure.target_group.as_str()].into_iter();
        balancer.at(&Route(start.chain(keys.iter().copied()).map(Step::from).collect()))
    };
    if group.port != entry.port {
        diags.push(
            Diagnostic::error("services/target-port", "the target group has another port than the service")
                .at(entry.at(&route!["port"]), format!("pods serve port {}", entry.port))
                .also(there(&["port"]), format!("the load balancer may only reach port {}", group.port))
                .help("set both alike"),
        );
    }
    let asked = group.health_check.port.unwrap_or(group.port);
    let answers = entry.health.port.unwrap_or(entry.port);
    if asked != answers {
        diags.push(
            Diagnostic::error("services/health-port", "the load balancer asks another port than Kubernetes")
                .at(entry.at(&route!["health", "port"]), format!("pods answer probes on port {answers}"))
                .also(there(&["health-check", "port"]), format!("targets are asked on port {asked}"))
                .help("set `health-check: { port: … }` of the target group and `health: { port: … }` alike"),
        );
    }
    let path = group.health_check.path.as_deref();
    if let Some(path) = path.filter(|path| *path != entry.health.readiness) {
        diags.push(
            Diagnostic::error("services/health-path", "the load balancer asks another path than Kubernetes")
                .at(entry.at(&route!["health", "readiness"]), format!("pods are ready by `{}`", entry.health.readiness))
                .also(there(&["health-check", "path"]), format!("targets are healthy by `{path}`"))
                .note("a pod that one of them takes out and the other keeps answers with errors")
                .help(format!("set `health: {{ readiness: {path} }}`, or the path of the target group alike")),
        );
    }
    let pod = pod(entry);
    if pod.reached.lingers && pod.pre_stop.get() < elb::NETWORK_LINGER {
        diags.push(
            Diagnostic::warning("services/drain", "the load balancer still opens connections to pods that have stopped")
                .at(entry.at(&route!["shutdown", "pre-stop"]), format!("pods stop listening after {} s", pod.pre_stop))
                .also(balancer.at(&route!["type"]), "a network load balancer")
                .note(format!(
                    "it goes on for about {} s after a target has left: {}",
                    elb::NETWORK_LINGER, elb::NETWORK_LINGER_SOURCE
                ))
                .help(format!("remove the line, or set {} seconds or more", elb::NETWORK_LINGER)),
        );
    }
    let lives = Seconds::new(pod.grace().get().saturating_sub(pod.pre_stop.get()));
    if group.deregistration_delay > lives {
        diags.push(
            Diagnostic::error("services/drain", "pods are killed while the load balancer still sends to them")
                .at(entry.at(&route!["shutdown"]), format!("pods live {lives} s after `pre-stop`"))
                .also(there(&["deregistration-delay"]), format!("targets drain for {} s", group.deregistration_delay))
                .help(format!("set `shutdown: {{ drain: {} }}`, or a shorter delay", group.deregistration_delay)),
        );
    }
}

impl Bound<'_, Service> {
    /// Returns the address inside the cluster, such as `http://orders.shop.svc.cluster.local:8080`.
    pub fn url(&self) -> String {
        let namespace = workload::namespace(*self);
        format!("http://{}.{namespace}.svc.cluster.local:{}", self.name, self.port)
    }
}
