//! Services, Ingresses and network policies.
//!
//! Source: `ValidateService` in `pkg/apis/core/validation`, `ValidateIngressSpec` and `ValidateNetworkPolicySpec` in
//! `pkg/apis/networking/validation` of <https://github.com/kubernetes/kubernetes>;
//! <https://kubernetes.io/docs/concepts/services-networking/> (read 2026-11-30).

use std::collections::BTreeMap;

use super::report::{Mistake, Report};
use super::{containers, metadata, values};
use crate::artifacts::Expr;
use crate::view::Prop;

/// Checks a Service.
pub(super) fn service(report: &mut Report<'_, '_>) {
    let Some(spec) = report.object.get("spec").filter(Prop::is_object) else { return };
    let kind = spec.key("type").map_or_else(|| "ClusterIP".to_owned(), |kind| kind.pattern());
    let is_headless = spec.key("clusterIP").is_some_and(|address| address.is("None"));
    let ports: Vec<Prop<'_>> = spec.each("ports").filter(Prop::is_object).collect();
    if ports.is_empty() && !is_headless && kind != "ExternalName" && spec.key("ports").is_none_or(|it| it.is_list()) {
        report.missing(spec, "ports", "has no port");
    }
    if let Some(selector) = spec.key("selector") {
        metadata::pairs(selector, report);
    }
    port_names(&ports, report);
    for port in &ports {
        if let Some(target) = port.key("targetPort") {
            containers::port(target, report);
        }
        let node = port.key("nodePort").filter(|it| it.int().is_some_and(|number| number > 0));
        if let Some(node) = node.filter(|_| kind == "ClusterIP") {
            let says = "stands in a Service of the type `ClusterIP`";
            report.no(
                node,
                Mistake::new("manifest/not-together", says, "not allowed here", "write `type: NodePort`, or remove it"),
            );
        }
    }
    kinds(spec, &kind, is_headless, report);
    node_ports(&ports, report);
    for block in spec.each("loadBalancerSourceRanges") {
        self::block(block, report);
    }
}

/// The ports of nodes that Services may take, unless the API server was started with others: EKS does not.
///
/// Source: <https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport> (read 2026-11-30).
const NODE_PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;

fn node_ports<'v>(ports: &[Prop<'v>], report: &mut Report<'v, '_>) {
    let mut seen: BTreeMap<(i64, String), Prop<'v>> = BTreeMap::new();
    for port in ports {
        let Some(prop) = port.key("nodePort") else { continue };
        let Some(number) = prop.int().filter(|number| (1..=65_535).contains(number)) else { continue };
        if !NODE_PORTS.contains(&number) {
            let says = format!("is {number}; the ports of nodes are {} to {}", NODE_PORTS.start(), NODE_PORTS.end());
            report.no(prop, Mistake::new("manifest/range", says, "out of range", "write another port, or none"));
        }
        let protocol = port.key("protocol").map_or_else(|| "TCP".to_owned(), |it| it.pattern());
        if let Some(first) = seen.insert((number, protocol), prop) {
            let says = format!("is {number}, as that of another port of the Service");
            let mistake = Mistake::new("manifest/twice", says, "taken", "write another port, or none");
            report.no(prop, mistake.also(first.at(), "the first one"));
        }
    }
}

fn port_names<'v>(ports: &[Prop<'v>], report: &mut Report<'v, '_>) {
    let mut seen: BTreeMap<String, Prop<'v>> = BTreeMap::new();
    for port in ports {
        let name = port.key("name").filter(|name| !name.text().is_some_and(|text| text.is_empty()));
        let Some(prop) = name else {
            if ports.len() > 1 {
                let place = port.key("port").unwrap_or(*port);
                let says = "belongs to a port without a name; each of several ports needs one";
                report.no(place, Mistake::new("manifest/missing-field", says, "which port is it?", "add `name`"));
            }
            continue;
        };
        let Some(text) = values::known(Some(prop)) else { continue };
        if !values::is_label(&text) {
            let help = "write lower-case letters, digits and hyphens, at most 63";
            report.no(prop, Mistake::new("manifest/name", "is no name of a port", "not a DNS label", help));
        }
        if let Some(first) = seen.get(&*text) {
            let says = format!("is `{text}`, as another port of the Service");
            let mistake = Mistake::new("manifest/twice", says, "the same once more", "give it another name");
            report.no(prop, mistake.also(first.at(), "the first one"));
        }
        seen.entry(text.into_owned()).or_insert(prop);
    }
}

fn kinds<'v>(spec: Prop<'v>, kind: &str, is_headless: bool, report: &mut Report<'v, '_>) {
    if kind == "ExternalName" {
        let named = spec.key("externalName").filter(|name| !name.pattern().is_empty());
        if named.is_none() {
            report.missing(spec, "externalName", "leads nowhere");
        }
        if let Some(address) = spec.key("clusterIP").filter(|it| !it.pattern().is_empty() && !it.is("None")) {
            let says = "stands in a Service of the type `ExternalName`";
            report.no(address, Mistake::new("manifest/not-together", says, "not allowed here", "remove it"));
        }
        return;
    }
    if is_headless && matches!(kind, "LoadBalancer" | "NodePort") {
        let place = spec.key("clusterIP").unwrap_or(spec);
        let says = format!("is `None` in a Service of the type `{kind}`");
        report.no(place, Mistake::new("manifest/not-together", says, "not allowed here", "remove one of the two"));
    }
    let is_open = matches!(kind, "LoadBalancer" | "NodePort")
        || spec.key("externalIPs").is_some()
        || kind.contains(['*', '$', '{']);
    if let Some(policy) =
        spec.key("externalTrafficPolicy").filter(|it| !is_open && it.text().is_some_and(|text| !text.is_empty()))
    {
        let says = "stands in a Service that nothing outside the cluster reaches";
        report.no(policy, Mistake::new("manifest/not-together", says, "not allowed here", "remove it").of_key());
    }
    let is_balanced = kind == "LoadBalancer" || kind.contains(['*', '$', '{']);
    for key in ["loadBalancerClass", "allocateLoadBalancerNodePorts", "loadBalancerSourceRanges"] {
        if let Some(prop) =
            spec.key(key).filter(|it| !is_balanced && *it.expr() != Expr::Absent && it.items().next().is_some())
        {
            let says = "goes with `type: LoadBalancer` only";
            report.no(prop, Mistake::new("manifest/not-together", says, "not allowed here", "remove it").of_key());
        }
    }
    if let Some(address) = spec.key("clusterIP")
        && values::known(Some(address))
            .is_some_and(|text| !text.is_empty() && text != "None" && values::address(&text).is_none())
    {
        report.no(
            address,
            Mistake::new("manifest/address", "is no address", "not an address", "write `None`, or remove it"),
        );
    }
    let by_client = spec.key("sessionAffinity").is_some_and(|it| !it.is("None"));
    if let Some(config) = spec.key("sessionAffinityConfig").filter(|_| !by_client) {
        let says = "goes with `sessionAffinity: ClientIP` only";
        report.no(
            config,
            Mistake::new("manifest/not-together", says, "not allowed here", "add `sessionAffinity: ClientIP`").of_key(),
        );
    }
}

/// Checks an Ingress of `networking.k8s.io/v1`.
pub(super) fn ingress(report: &mut Report<'_, '_>) {
    let object = report.object;
    if !object.get("apiVersion").is_some_and(|version| version.is("networking.k8s.io/v1")) {
        return;
    }
    let Some(spec) = object.get("spec").filter(Prop::is_object) else { return };
    let is_empty = |list: Option<Prop<'_>>| list.is_none_or(|list| list.is_list() && list.items().next().is_none());
    if is_empty(spec.key("rules")) && spec.key("defaultBackend").is_none() {
        report.missing(spec, "rules", "leads nowhere");
    }
    if let (Some(class), Some(_)) = (object.annotation("kubernetes.io/ingress.class"), spec.key("ingressClassName")) {
        let says = "stands beside `ingressClassName`";
        report.no(class, Mistake::new("manifest/not-together", says, "two classes", "remove the annotation").of_key());
    }
    for rule in spec.each("rules") {
        if let Some(host) = rule.key("host") {
            self::host(host, report);
        }
        if let Some(paths) = rule.get("http.paths").filter(|paths| is_empty(Some(*paths))) {
            report
                .no(paths, Mistake::new("manifest/missing-field", "is empty", "leads nowhere", "add a path").of_key());
        }
        for path in rule.each("http.paths") {
            self::path(path, report);
            path.key("backend").into_iter().for_each(|it| backend(it, report));
        }
    }
    spec.key("defaultBackend").into_iter().for_each(|it| backend(it, report));
    for host in spec.each("tls").flat_map(|tls| tls.each("hosts").collect::<Vec<_>>()) {
        self::host(host, report);
    }
}

fn host<'v>(host: Prop<'v>, report: &mut Report<'v, '_>) {
    let Some(text) = values::known(Some(host)).filter(|text| !text.is_empty()) else { return };
    let name = text.strip_prefix("*.").unwrap_or(&text);
    if values::address(&text).is_some() || !values::is_subdomain(name) {
        let says = format!("is `{text}`, which is no name of a host");
        report
            .no(host, Mistake::new("manifest/name", says, "not a host", "write a name without scheme, port and path"));
    }
}

fn path<'v>(path: Prop<'v>, report: &mut Report<'v, '_>) {
    if path.key("pathType").is_none_or(|kind| kind.is("ImplementationSpecific")) {
        return;
    }
    let Some(prop) = path.key("path") else {
        report.missing(path, "path", "is required beside its `pathType`");
        return;
    };
    let Some(text) = values::known(Some(prop)) else { return };
    let is_bad = !text.starts_with('/') || ["//", "/./", "/../"].iter().any(|part| text.contains(part));
    if is_bad || text.ends_with("/.") || text.ends_with("/..") {
        let says = format!("is `{text}`, which is no absolute path");
        report.no(prop, Mistake::new("manifest/value", says, "not a path", "write a path that begins with `/`"));
    }
}

fn backend<'v>(backend: Prop<'v>, report: &mut Report<'v, '_>) {
    match (backend.key("service"), backend.key("resource")) {
        (Some(_), Some(resource)) => {
            let says = "stands beside `service`";
            report
                .no(resource, Mistake::new("manifest/not-together", says, "two backends", "keep one of them").of_key());
        }
        (None, None) => report.missing(backend, "service", "leads nowhere"),
        (Some(service), None) => {
            if let Some(name) = service.key("name")
                && values::known(Some(name)).is_some_and(|text| !values::is_label(&text))
            {
                let says = "is no name of a Service";
                report
                    .no(name, Mistake::new("manifest/name", says, "not a DNS label", "write the name of the Service"));
            }
            let port = |key: &str| service.get("port").and_then(|port| port.key(key));
            match (port("name"), port("number")) {
                (Some(name), Some(_)) => {
                    let says = "stands beside `number`";
                    report.no(
                        name,
                        Mistake::new("manifest/not-together", says, "two ports", "keep one of them").of_key(),
                    );
                }
                (None, None) if service.key("port").is_none_or(|it| it.is_object()) => {
                    report.missing(service, "port", "names no port");
                }
                _ => {}
            }
        }
        (None, Some(_)) => {}
    }
}

/// Checks a network policy.
pub(super) fn policy(report: &mut Report<'_, '_>) {
    let object = report.object;
    if let Some(types) = object.get("spec.policyTypes").filter(|types| types.items().count() > 2) {
        let says = "has more than two types";
        report.no(types, Mistake::new("manifest/value", says, "too many", "write each type once").of_key());
    }
    let sides = [("spec.ingress", "from"), ("spec.egress", "to")];
    for (rule, side) in sides.into_iter().flat_map(|(list, side)| object.each(list).map(move |rule| (rule, side))) {
        for peer in rule.each(side).filter(Prop::is_object) {
            self::peer(peer, report);
        }
        for port in rule.each("ports").filter(Prop::is_object) {
            policy_port(port, report);
        }
    }
}

fn peer<'v>(peer: Prop<'v>, report: &mut Report<'v, '_>) {
    let selects = peer.key("podSelector").is_some() || peer.key("namespaceSelector").is_some();
    let Some(outer) = peer.key("ipBlock") else {
        if !selects {
            let says = "names nobody";
            let help = "write `podSelector: {}` for all pods of the namespace, or leave the list out for everybody";
            report.no(peer, Mistake::new("manifest/missing-field", says, "a peer of nothing", help));
        }
        return;
    };
    if selects {
        let says = "stands beside a selector";
        report.no(outer, Mistake::new("manifest/not-together", says, "goes alone", "make two items of it").of_key());
    }
    let Some(cidr) = outer.key("cidr") else { return };
    block(cidr, report);
    let around = values::known(Some(cidr)).and_then(|text| values::block(&text));
    for hole in outer.each("except") {
        block(hole, report);
        let inner = values::known(Some(hole)).and_then(|text| values::block(&text));
        if let (Some(around), Some(inner)) = (around, inner)
            && (!around.contains(&inner) || around.prefix_len() >= inner.prefix_len())
        {
            let says = format!("is {}, which is not a part of {}", hole.pattern(), cidr.pattern());
            let mistake =
                Mistake::new("manifest/address", says, "outside the block", "write a smaller block within it");
            report.no(hole, mistake.also(cidr.at(), "the block"));
        }
    }
}

fn block<'v>(prop: Prop<'v>, report: &mut Report<'v, '_>) {
    let Some(text) = values::known(Some(prop)).filter(|text| values::block(text.trim()).is_none()) else { return };
    let says = format!("is `{text}`, which is no block of addresses (CIDR)");
    report.no(prop, Mistake::new("manifest/address", says, "not a block", "write a block such as `10.0.0.0/16`"));
}

fn policy_port<'v>(port: Prop<'v>, report: &mut Report<'v, '_>) {
    if let Some(number) = port.key("port") {
        containers::port(number, report);
    }
    let Some(end) = port.key("endPort") else { return };
    let says = match port.key("port").map(|port| port.int()) {
        None => "has no `port` before it",
        Some(None) => "does not go with the name of a port",
        Some(Some(first)) if end.int().is_some_and(|end| end < first) => "is below `port`",
        Some(Some(_)) => return,
    };
    report.no(end, Mistake::new("manifest/value", says, "ends nowhere", "write a first and a last port"));
}
