//! `cloudmap/mixed-names`: one dependency is called by one kind of name.

use std::collections::BTreeMap;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudmap/mixed-names",
    code: "MAP-004",
    severity: Severity::Warning,
    phase: Phase::Design,
    title: "one dependency under a cluster name here and a Cloud Map name there",
    why: "cluster DNS and a Cloud Map namespace are filled by different controllers; programs that take the same \
          setting from both see different sets of healthy pods",
    error: None,
    sources: &[
        "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/",
        "https://docs.aws.amazon.com/cloud-map/latest/api/API_DiscoverInstances.html",
    ],
    evidence: Evidence::Memory,
    bad: r#"
#: names.yaml
Parameters:
  Vpc: { Type: "AWS::EC2::VPC::Id" }
Resources:
  Names:
    Type: AWS::ServiceDiscovery::PrivateDnsNamespace
    Properties: { Name: shop.internal, Vpc: !Ref Vpc }
#: pods.yaml
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop }
spec:
  containers:
    - name: web
      image: registry.example.com/web:1.0.0
      env: [{ name: ORDERS_URL, value: "http://orders.shop.svc.cluster.local:8080" }]
---
apiVersion: v1
kind: Pod
metadata: { name: batch, namespace: shop }
spec:
  containers:
    - name: batch
      image: registry.example.com/batch:1.0.0
      env: [{ name: ORDERS_URL, value: "http://orders.shop.internal:8080" }]
#                                      ^
"#,
    good: &[("http://orders.shop.internal:8080", "http://orders.shop.svc.cluster.local:8080/")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let kinds = ["AWS::ServiceDiscovery::PrivateDnsNamespace", "AWS::ServiceDiscovery::PublicDnsNamespace"];
    let names = kinds.iter().flat_map(|kind| view.of(kind)).filter_map(|namespace| namespace.get("Name")?.text());
    let suffixes: Vec<String> = names.map(|name| format!(".{}", name.trim_end_matches('.'))).collect();
    if suffixes.is_empty() {
        return;
    }
    let mut in_cluster = BTreeMap::new();
    let mut in_map = BTreeMap::new();
    for container in view.objects().filter_map(|object| object.pods()).flat_map(|pods| pods.containers()) {
        for (name, value) in container.envs() {
            let Some(text) = value.text() else { continue };
            let host = text.split_once("://").map_or(text.as_ref(), |(_, rest)| rest);
            let host = host.split(['/', ':']).next().unwrap_or_default();
            if host.ends_with(".svc.cluster.local") {
                in_cluster.entry(name.into_owned()).or_insert(value);
            } else if suffixes.iter().any(|suffix| host.ends_with(suffix.as_str())) {
                in_map.entry(name.into_owned()).or_insert(value);
            }
        }
    }
    for (name, mapped) in in_map {
        if let Some(other) = in_cluster.get(&name) {
            cx.report(
                mapped
                    .finding(format!("`{name}` is a Cloud Map name here and a cluster name elsewhere"), "by Cloud Map")
                    .also(other.at(), "by cluster DNS")
                    .help("use one kind of name for one dependency"),
            );
        }
    }
}
