//! Who reaches the pods and whom they reach, as a network policy.

use super::Pod;
use super::spec::Identity;
use super::traffic::{End, Transport};
use crate::artifacts::{Expr, Object};
use crate::kinds::network::Tier;
use crate::names::Port;

/// Address of the Pod Identity agent on every node.
///
/// Source: <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html> (read 2026-11-22).
const POD_IDENTITY_AGENT: &str = "169.254.170.23/32";

/// Returns the network policy of the pods. Probes of the kubelet are not subject to it.
pub(super) fn object(pod: &Pod<'_>) -> Expr {
    let mut spec = Object::default();
    spec.push("podSelector", object! { "matchLabels" => pod.selector() });
    spec.push("policyTypes", list!["Ingress", "Egress"]);
    let ingress = ingress(pod);
    spec.push("ingress", (!ingress.is_empty()).then_some(ingress));
    spec.push("egress", egress(pod));
    pod.object("networking.k8s.io/v1", "NetworkPolicy", Expr::Object(spec))
}

fn ingress(pod: &Pod<'_>) -> Vec<Expr> {
    let mut rules = pod.port.map_or_else(Vec::new, |port| known(pod, port));
    if !pod.parts.scraped_by.is_empty() {
        let from: Vec<Expr> =
            pod.parts.scraped_by.iter().map(|name| namespace_peer(pod, name.as_str(), None)).collect();
        rules.push(object! { "from" => from, "ports" => ports(&pod.served(), Transport::Tcp) });
    }
    for (end, ingress) in &pod.ingress {
        let served = if ingress.ports.is_empty() { pod.served() } else { ingress.ports.clone() };
        rules.push(object! { "from" => peers(pod, end), "ports" => ports(&served, ingress.protocol) });
    }
    rules
}

/// Load balancers and workloads of the model that reach the port.
fn known(pod: &Pod<'_>, port: Port) -> Vec<Expr> {
    let mut rules = Vec::new();
    if !pod.reached.from.is_empty() {
        let mut ports = vec![tcp(port.get())];
        if pod.health_port != port {
            ports.push(tcp(pod.health_port.get()));
        }
        let from: Vec<Expr> = pod.reached.from.iter().map(|block| block_peer(block)).collect();
        rules.push(object! { "from" => from, "ports" => ports });
    }
    if !pod.callers.is_empty() {
        let from: Vec<Expr> = pod
            .callers
            .iter()
            .map(|(namespace, noun, name)| {
                let labels = object! {
                    "app.kubernetes.io/name" => name.to_string(),
                    "app.kubernetes.io/component" => *noun,
                };
                pod_peer(pod, namespace, labels)
            })
            .collect();
        let ports: Vec<Expr> =
            std::iter::once(&port).chain(pod.parts.ports.values()).map(|port| tcp(port.get())).collect();
        rules.push(object! { "from" => from, "ports" => ports });
    }
    rules
}

fn egress(pod: &Pod<'_>) -> Vec<Expr> {
    // Not only to pods of CoreDNS: with Auto Mode, DNS is a process of the node.
    let mut rules = vec![object! { "ports" => list![port("UDP", 53), port("TCP", 53)] }];
    match pod.parts.identity {
        Identity::PodIdentity => rules.push(object! {
            "to" => list![block_peer(POD_IDENTITY_AGENT)],
            "ports" => list![tcp(80)],
        }),
        Identity::Irsa => {}
    }
    // APIs of AWS have no fixed addresses, and those of VPC endpoints are not known before deployment.
    rules.push(object! { "to" => list![block_peer("0.0.0.0/0")], "ports" => list![tcp(443)] });
    if let Some(database) = &pod.database {
        let network = database.follow(&database.spec().network);
        let blocks: Vec<Expr> =
            network.subnet_cidrs(Tier::Isolated).iter().map(|block| block_peer(&block.to_string())).collect();
        rules.push(object! { "to" => blocks, "ports" => list![tcp(database.client_port().get())] });
    }
    for cache in &pod.caches {
        let blocks: Vec<Expr> = cache.blocks().iter().map(|block| block_peer(&block.to_string())).collect();
        let ports: Vec<Expr> = cache.ports().into_iter().map(|port| tcp(port.get())).collect();
        rules.push(object! { "to" => blocks, "ports" => ports });
    }
    for service in &pod.calls {
        let labels = object! {
            "app.kubernetes.io/name" => service.name.to_string(),
            "app.kubernetes.io/component" => "service",
        };
        let to = pod_peer(pod, &super::pod::namespace(*service), labels);
        let ports = std::iter::once(&service.port).chain(service.ports.values()).map(|port| tcp(port.get()));
        rules.push(object! { "to" => list![to], "ports" => ports.collect::<Expr>() });
    }
    if let Some(collector) = pod.parts.telemetry.port() {
        let anywhere = object! { "namespaceSelector" => Expr::Object(Object::default()) };
        rules.push(object! { "to" => list![anywhere], "ports" => list![tcp(collector.get())] });
    }
    for (end, egress) in &pod.egress {
        rules.push(object! { "to" => peers(pod, end), "ports" => ports(&egress.ports, egress.protocol) });
    }
    rules
}

/// Returns who is meant; nothing for everybody.
fn peers(pod: &Pod<'_>, end: &End) -> Option<Vec<Expr>> {
    match end {
        End::Anywhere => None,
        End::Blocks(blocks) => Some(blocks.iter().map(|block| block_peer(block)).collect()),
        End::Pods(namespace, labels) => {
            let selector: Object = labels.iter().map(|(key, value)| (key.clone(), value)).collect();
            let selector = (!selector.is_empty()).then(|| object! { "matchLabels" => selector });
            Some(vec![namespace_peer(pod, namespace, selector)])
        }
    }
}

/// Pods of a namespace, whichever it is; all of it without a selector.
fn namespace_peer(pod: &Pod<'_>, namespace: &str, pods: Option<Expr>) -> Expr {
    let is_own = namespace == pod.namespace && pods.is_some();
    let selector = (!is_own).then(|| {
        object! { "matchLabels" => object! { "kubernetes.io/metadata.name" => namespace.to_owned() } }
    });
    object! { "namespaceSelector" => selector, "podSelector" => pods }
}

fn ports(ports: &[Port], protocol: Transport) -> Expr {
    ports.iter().map(|number| port(protocol.as_str(), number.get())).collect()
}

fn block_peer(block: &str) -> Expr {
    object! { "ipBlock" => object! { "cidr" => block.to_owned() } }
}

fn pod_peer(pod: &Pod<'_>, namespace: &str, labels: Expr) -> Expr {
    namespace_peer(pod, namespace, Some(object! { "matchLabels" => labels }))
}

fn tcp(number: u16) -> Expr {
    port("TCP", number)
}

fn port(protocol: &'static str, number: u16) -> Expr {
    object! { "protocol" => protocol, "port" => number }
}
