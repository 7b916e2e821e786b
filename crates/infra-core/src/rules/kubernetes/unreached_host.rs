//! `kubernetes/unreached-host`: a host and port that a variable names are let out.

use std::net::Ipv4Addr;

use crate::names::Cidr;
use crate::rules::prelude::*;
use crate::view::{Container, Direction, Selector, lets_port};

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/unreached-host",
    code: "K8S-042",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "variable names a host that the network policy does not let the pods reach",
    why: "where policies name what may go out everything else is dropped without a word: the program waits until \
          its time is out",
    error: Some("i/o timeout"),
    sources: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/"],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
          env:
            - name: REDIS_URL
              value: rediss://cache.example.com:6379/0
#                    ^
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: orders, namespace: shop }
spec:
  podSelector: { matchLabels: { app: orders } }
  policyTypes: [Egress]
  egress:
    - ports: [{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }]
    - to: [{ ipBlock: { cidr: 0.0.0.0/0 } }]
      ports: [{ protocol: TCP, port: 443 }]
"#,
    good: &[("port: 443 }]", "port: 443 }, { protocol: TCP, port: 6379 }]")],
    check: Check::Objects(&["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"], check),
};

/// Ports of addresses that do not write theirs. Those of HTTP are left out: many such texts are names, not addresses.
///
/// Source: <https://www.iana.org/assignments/service-names-port-numbers> and the documentation of each client (read
/// 2026-12-01).
const SCHEMES: [(&str, i64); 14] = [
    ("amqp", 5672),
    ("amqps", 5671),
    ("jdbc:mysql", 3306),
    ("jdbc:postgresql", 5432),
    ("ldap", 389),
    ("ldaps", 636),
    ("mongodb", 27_017),
    ("mysql", 3306),
    ("nats", 4222),
    ("postgres", 5432),
    ("postgresql", 5432),
    ("redis", 6379),
    ("rediss", 6379),
    ("smtp", 25),
];

/// Ends of names of variables that hold one `host:port` or several.
const ADDRESSES: [&str; 8] = ["ADDR", "ADDRESS", "ADDRESSES", "BROKERS", "ENDPOINT", "ENDPOINTS", "HOSTS", "SERVERS"];

/// A host and its port, as a variable names them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Endpoint {
    host: String,
    port: i64,
}

fn check(cx: &mut Cx<'_>, workload: Object<'_>) {
    let Some(pods) = workload.pods() else { return };
    let policies = pods.policies(Direction::Egress);
    let rules: Vec<Prop<'_>> = policies.iter().flat_map(|policy| policy.exceptions(Direction::Egress)).collect();
    // Pods that nothing is open to are meant to be alone.
    let (Some(policy), false) = (policies.first(), rules.is_empty()) else { return };
    for container in pods.containers() {
        for (name, value) in container.envs() {
            let Some(text) = value.text() else { continue };
            let Some(cut) = endpoints(&container, &name, &text)
                .into_iter()
                .find(|endpoint| !rules.iter().any(|rule| leads(rule, endpoint, &workload)))
            else {
                continue;
            };
            let Endpoint { host, port } = cut;
            cx.report(
                value
                    .finding(format!("`{name}` names `{host}`, port {port}, which the pods cannot reach"), "not let out")
                    .also(policy.nearest("spec.egress").at(), "no rule lets it through")
                    .help(format!(
                        "let it out: `egress: {{ NAME: {{ to: {{ cidr: … }}, ports: [{port}] }} }}` of the workload, or a \
                         rule of the policy"
                    )),
            );
        }
    }
}

/// Returns the hosts and ports that a variable names, alone or together with its neighbour for the port.
fn endpoints(container: &Container<'_>, name: &str, text: &str) -> Vec<Endpoint> {
    if text.chars().any(char::is_whitespace) {
        return Vec::new();
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        return of_url(scheme, rest);
    }
    let stem = ["_HOST", "_HOSTNAME"].iter().find_map(|end| name.strip_suffix(end));
    if let Some(stem) = stem.filter(|_| is_host(text)) {
        let port = container.env(&format!("{stem}_PORT")).and_then(|port| port.text()?.parse().ok());
        return port.map(|port| Endpoint { host: text.to_owned(), port }).filter(is_outside).into_iter().collect();
    }
    if !ADDRESSES.iter().any(|end| name.rsplit('_').next() == Some(end)) {
        return Vec::new();
    }
    text.split(',').filter_map(address).filter(is_outside).collect()
}

/// The hosts of a URL; of those of several hosts, all of them.
fn of_url(scheme: &str, rest: &str) -> Vec<Endpoint> {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    let usual = SCHEMES.iter().find(|(known, _)| *known == scheme).map(|(_, port)| *port);
    let one = |host: &str| match host.rsplit_once(':') {
        Some(_) => address(host),
        None => Some(Endpoint { host: host.to_owned(), port: usual? }).filter(|it| is_host(&it.host)),
    };
    hosts.split(',').filter_map(one).filter(is_outside).collect()
}

fn address(text: &str) -> Option<Endpoint> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse::<u16>().ok().filter(|port| *port > 0)?;
    is_host(host).then(|| Endpoint { host: host.to_owned(), port: i64::from(port) })
}

/// Whether a text is a name or an IPv4 address.
fn is_host(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    !text.is_empty() && text.bytes().all(fits) && !text.starts_with('.')
}

fn is_outside(endpoint: &Endpoint) -> bool {
    let host = endpoint.host.as_str();
    let own = host.eq_ignore_ascii_case("localhost") || host.ends_with(".localhost");
    let address = host.parse::<Ipv4Addr>();
    !own && !address.is_ok_and(|it| it.is_loopback() || it.is_unspecified() || it.is_link_local())
}

fn leads(rule: &Prop<'_>, endpoint: &Endpoint, workload: &Object<'_>) -> bool {
    let mut peers = rule.each("to").peekable();
    let anywhere = peers.peek().is_none();
    if let Some((service, namespace)) = in_cluster(&endpoint.host, workload) {
        // Policies speak of the port of the pods, which only the Service knows.
        let port = port_of_pods(workload, (&service, &namespace), endpoint.port);
        let lets = lets_port(rule, port.unwrap_or(endpoint.port), "TCP");
        return (anywhere && lets)
            || peers.any(|peer| {
                // Where it is not known, whoever names these pods knows their port.
                let names = port.is_none() && is_of_some(&peer);
                (lets || names) && may_select(&peer, (&service, &namespace), workload)
            });
    }
    if !lets_port(rule, endpoint.port, "TCP") {
        return false;
    }
    let address = endpoint.host.parse::<Ipv4Addr>().ok();
    anywhere
        || peers.any(|peer| match (peer.key("ipBlock"), address) {
            (Some(block), Some(address)) => {
                let parsed = block.key("cidr").and_then(|cidr| cidr.text()?.parse::<Cidr>().ok());
                parsed.is_none_or(|block| block.contains_address(address))
            }
            // Where a name leads is not known, and an address may be that of a pod; a name outside leads to none.
            (Some(_), None) | (None, Some(_)) => true,
            (None, None) => false,
        })
}

/// Service and namespace of a name that the cluster resolves.
fn in_cluster(host: &str, workload: &Object<'_>) -> Option<(String, String)> {
    let name = host.trim_end_matches('.').trim_end_matches(".cluster.local");
    let labels: Vec<&str> = name.split('.').collect();
    match labels.as_slice() {
        [service] if service.parse::<u32>().is_err() => {
            Some(((*service).to_owned(), workload.namespace().into_owned()))
        }
        [service, namespace, "svc"] | [.., service, namespace, "svc"] => {
            Some(((*service).to_owned(), (*namespace).to_owned()))
        }
        // `orders.shop` is a Service of another namespace where there is one, and a domain elsewhere.
        [service, namespace] if find(workload, (service, namespace)).is_some() => {
            Some(((*service).to_owned(), (*namespace).to_owned()))
        }
        _ => None,
    }
}

fn find<'v>(workload: &Object<'v>, (service, namespace): (&str, &str)) -> Option<Object<'v>> {
    let mut all = workload.view().objects_of("Service");
    all.find(|it| it.cluster() == workload.cluster() && it.name() == service && it.namespace() == namespace)
}

/// Returns the port of the pods behind a port of a Service; nothing where it is not known.
fn port_of_pods(workload: &Object<'_>, service: (&str, &str), port: i64) -> Option<i64> {
    let service = find(workload, service)?;
    let entry = service.each("spec.ports").find(|it| it.key("port").and_then(|it| it.int()) == Some(port))?;
    entry.key("targetPort").map_or(Some(port), |target| target.int())
}

/// Whether a peer of a rule is some pods, not all of the cluster.
fn is_of_some(peer: &Prop<'_>) -> bool {
    let names = |key| peer.key(key).is_some_and(|selector| selector.entries().next().is_some());
    peer.key("ipBlock").is_none() && (names("namespaceSelector") || names("podSelector"))
}

/// Whether a peer of a rule may be the pods of a Service.
fn may_select(peer: &Prop<'_>, (service, namespace): (&str, &str), workload: &Object<'_>) -> bool {
    if peer.key("ipBlock").is_some() {
        return true;
    }
    let is_there = match peer.key("namespaceSelector") {
        None => workload.namespace() == namespace,
        Some(selector) => {
            let name = selector.key("matchLabels").and_then(|labels| labels.key("kubernetes.io/metadata.name"));
            name.is_none_or(|name| name.text().is_none_or(|text| text == namespace))
        }
    };
    let pods = find(workload, (service, namespace)).and_then(|service| service.get("spec.selector"));
    is_there
        && match (peer.key("podSelector"), pods) {
            (Some(selector), Some(pods)) if selector.entries().next().is_some() => {
                let labels = pods.entries().filter_map(|(key, value)| Some((key, value.text()?))).collect();
                // Pods may have more labels than the Service asks for.
                let asked =
                    selector.key("matchLabels").is_some_and(|it| it.entries().all(|(key, _)| pods.key(key).is_some()));
                !asked || Selector(selector).matches(&labels)
            }
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    fn found(value: &str) -> usize {
        let text = RULE.bad_example().replace("value: rediss://cache.example.com:6379/0", &format!("value: {value}"));
        of_rule(&RULE, &text).len()
    }

    #[test]
    fn hosts_are_read_from_urls_with_and_without_ports() {
        for cut in [
            "redis://cache.example.com",
            "redis://:$(PASSWORD)@cache.example.com:6379/0",
            "postgresql://orders@db.example.com/orders",
            "jdbc:postgresql://db.example.com:5433/orders",
            "mongodb://a.example.com:27017,b.example.com:27017/orders",
            "http://10.1.2.3:8080/path",
            "http://payments:8080",
            "http://payments.other.svc.cluster.local:8080",
        ] {
            assert_eq!(found(cut), 1, "{cut}");
        }
        for good in [
            "https://api.example.com",
            "https://api.example.com:443/v1",
            "http://www.w3.org/2000/svg",
            "http://localhost:8080",
            "redis://127.0.0.1:6379",
            "http://0.0.0.0:8080",
            "info",
            "orders:1.4.2",
            "\"08:30\"",
            "see redis://cache.example.com:6379 for more",
        ] {
            assert_eq!(found(good), 0, "{good}");
        }
    }

    #[test]
    fn a_host_and_its_port_stand_in_two_variables() {
        let text = RULE.bad_example().replace(
            "            - name: REDIS_URL\n              value: rediss://cache.example.com:6379/0",
            "            - { name: SMTP_HOST, value: mail.example.com }\n            - { name: SMTP_PORT, value: \"587\" }\n            - { name: API_HOST, value: api.example.com }\n            - { name: API_PORT, value: \"443\" }\n            - { name: NAME_HOST, value: other.example.com }",
        );
        let found = of_rule(&RULE, &text);
        assert!(found.len() == 1 && found[0].contains("`mail.example.com`, port 587"), "{found:?}");
    }

    #[test]
    fn brokers_stand_in_a_list() {
        let text = RULE.bad_example().replace("REDIS_URL", "KAFKA_BROKERS");
        let of = |value: &str| of_rule(&RULE, &text.replace("rediss://cache.example.com:6379/0", value)).len();
        assert_eq!((of("b1.example.com:9098,b2.example.com:9098"), of("b1.example.com:443")), (1, 0));
    }

    #[test]
    fn a_name_in_the_cluster_leads_to_the_pods_of_its_service() {
        let service = "---\napiVersion: v1\nkind: Service\nmetadata: { name: payments, namespace: pay }\nspec: { selector: { app: payments }, ports: [{ port: 80, targetPort: 8080 }] }\n";
        let of = |peer: &str, port: u16| {
            let text = RULE.bad_example().replace("rediss://cache.example.com:6379/0", "http://payments.pay:80");
            let rule = format!("port: 443 }}]\n    - to: [{peer}]\n      ports: [{{ protocol: TCP, port: {port} }}]");
            of_rule(&RULE, &(text.replace("port: 443 }]", &rule) + service)).len()
        };
        let named = "{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: pay } }, podSelector: { matchLabels: { app: payments } } }";
        assert_eq!((of(named, 8080), of(named, 80)), (0, 1));
        assert_eq!(of(&named.replace("app: payments", "app: other"), 8080), 1);
        assert_eq!(of(&named.replace("name: pay", "name: other"), 8080), 1);
        assert_eq!(of("{ podSelector: {} }", 8080), 1);
        assert_eq!(of("{ namespaceSelector: {} }", 8080), 0);
    }

    #[test]
    fn an_address_lies_in_a_block() {
        let of = |block: &str| {
            let text = RULE.bad_example().replace("cache.example.com", "10.1.2.3");
            let rule = format!(
                "port: 443 }}]\n    - to: [{{ ipBlock: {{ cidr: {block} }} }}]\n      ports: [{{ protocol: TCP, port: 6379 }}]"
            );
            of_rule(&RULE, &text.replace("port: 443 }]", &rule)).len()
        };
        assert_eq!((of("10.0.0.0/8"), of("10.2.0.0/16")), (0, 1));
    }
}
