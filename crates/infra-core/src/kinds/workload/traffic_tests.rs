//! Whom pods reach, and who reaches them.

use insta::assert_snapshot;

use super::pod_tests::found;
use super::tests::{MANAGED, object, on, service, worker, yaml};
use crate::kinds::testing::compile;

#[test]
fn pods_reach_whom_egress_names() {
    let lines = "port: 8080, egress: {
        redis: { to: { cidr: 10.30.0.0/16 }, ports: [6379] },
        all: { to: { network: main }, ports: [9098] },
        any: { to: anywhere, ports: [123], protocol: udp },
        kafka: { to: { pods: { namespace: kafka, labels: { app: kafka } } }, ports: [9092] },
        own: { to: { pods: { labels: { app: cache } } }, ports: [11211] },
        mail: { to: { namespace: mail }, ports: [587] }
      }";
    let policy = object(&compile(&service(lines)), "service-orders", "NetworkPolicy");
    let rules = policy["spec"]["egress"].as_sequence().unwrap();
    assert_snapshot!(serde_yaml::to_string(&rules[3..]).unwrap(), @"
    - to:
      - ipBlock:
          cidr: 10.20.0.0/16
      ports:
      - protocol: TCP
        port: 9098
    - ports:
      - protocol: UDP
        port: 123
    - to:
      - namespaceSelector:
          matchLabels:
            kubernetes.io/metadata.name: kafka
        podSelector:
          matchLabels:
            app: kafka
      ports:
      - protocol: TCP
        port: 9092
    - to:
      - namespaceSelector:
          matchLabels:
            kubernetes.io/metadata.name: mail
      ports:
      - protocol: TCP
        port: 587
    - to:
      - podSelector:
          matchLabels:
            app: cache
      ports:
      - protocol: TCP
        port: 11211
    - to:
      - ipBlock:
          cidr: 10.30.0.0/16
      ports:
      - protocol: TCP
        port: 6379
    ");
    assert_snapshot!(found("egress: { a: { to: anywhere, ports: [] } }"), @"workloads/no-ports: nothing is let out without a port <- `ports` no port");
}

#[test]
fn who_scrapes_and_who_is_named_gets_in() {
    let lines = "consumes: [payment], scraped-by: [monitoring], ingress: { admin: { from: { cidr: 10.1.0.0/16 }, ports: [9000] } }, ports: { admin: 9000 }";
    let policy = object(&compile(&worker(lines)), "worker-payment", "NetworkPolicy");
    assert_snapshot!(yaml(&policy["spec"]["ingress"]), @"
    - from:
      - namespaceSelector:
          matchLabels:
            kubernetes.io/metadata.name: monitoring
      ports:
      - protocol: TCP
        port: 8081
      - protocol: TCP
        port: 9000
    - from:
      - ipBlock:
          cidr: 10.1.0.0/16
      ports:
      - protocol: TCP
        port: 9000
    ");
}

#[test]
fn a_service_lets_in_those_who_reach_it_and_not_those_whom_it_lets_in_itself() {
    let two = |a: &str, b: &str| {
        let services = format!(
            "services: {{ a: {{ port: 1000, cluster: main, image: \"r.example.com/a:1\"{a} }}, b: {{ port: 2000, cluster: main, image: \"r.example.com/b:1\"{b} }} }}"
        );
        let assembly = compile(&on(MANAGED, &services));
        ["service-a", "service-b"].map(|file| object(&assembly, file, "NetworkPolicy")["spec"].get("ingress").is_some())
    };
    assert_eq!(two("", ""), [false, false]);
    assert_eq!(two(", egress: { b: { to: { service: b }, ports: [2000] } }", ""), [false, true]);
    assert_eq!(two(", ingress: { b: { from: { service: b } } }", ""), [true, false]);
}

#[test]
fn a_host_that_the_policy_does_not_let_through_is_said_at_its_variable() {
    assert_snapshot!(found("env: { REDIS_URL: \"redis://cache.example.com:6379\", API: \"https://api.example.com\" }"), @r#"kubernetes/unreached-host: `REDIS_URL` names `cache.example.com`, port 6379, which the pods cannot reach <- `"redis://cache.example.com:6379"` not let out"#);
    let egress = "egress: { redis: { to: { cidr: 10.20.0.0/16 }, ports: [6379] } }";
    assert_eq!(found(&format!("env: {{ REDIS_URL: \"redis://cache.example.com:6379\" }}, {egress}")), "");
    let beside = "sidecars: [{ name: proxy, image: \"r.example.com/p:1\", env: { SMTP_HOST: mail.example.com, SMTP_PORT: \"587\" } }]";
    assert_snapshot!(found(beside), @"kubernetes/unreached-host: `SMTP_HOST` names `mail.example.com`, port 587, which the pods cannot reach <- `mail.example.com` not let out");
}
