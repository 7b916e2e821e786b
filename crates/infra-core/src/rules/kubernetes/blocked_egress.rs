//! `kubernetes/blocked-egress`: what pods need is let out.

use std::net::Ipv4Addr;

use crate::names::Cidr;
use crate::rules::prelude::*;
use crate::view::{Direction, lets_port};

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/blocked-egress",
    code: "K8S-008",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "network policy cuts pods off from what they need",
    why: "where policies name what may go out everything else is dropped: names are not resolved without port \
          53, and Pod Identity has its agent at 169.254.170.23, port 80",
    error: None,
    sources: &[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
        "https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html",
    ],
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
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: orders, namespace: shop }
spec:
  podSelector: { matchLabels: { app: orders } }
  policyTypes: [Egress]
  egress:
# ^
    - to: [{ ipBlock: { cidr: 10.0.0.0/16 } }]
      ports: [{ protocol: TCP, port: 5432 }]
"#,
    good: &[(
        r#"  egress:
"#,
        r#"  egress:
    - ports: [{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }]
"#,
    )],
    check: Check::Objects(&["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"], check),
};

/// Where the agent of Pod Identity listens on each node.
const AGENT: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 23);

fn check(cx: &mut Cx<'_>, workload: Object<'_>) {
    let Some(pods) = workload.pods() else { return };
    let policies = pods.policies(Direction::Egress);
    let rules: Vec<Prop<'_>> = policies.iter().flat_map(|policy| policy.exceptions(Direction::Egress)).collect();
    // Pods that nothing is open to are meant to be alone.
    let (Some(policy), false) = (policies.first(), rules.is_empty()) else { return };
    let place = policy.nearest("spec.egress");
    if !rules.iter().any(|rule| lets_port(rule, 53, "UDP") && leads_to_dns(rule, &workload)) {
        cx.report(
            place
                .finding(format!("pods of `{}` cannot resolve names", workload.name()), "no rule lets port 53 through")
                .also(workload.at(), "held back by the policy")
                .help("allow UDP and TCP port 53 to the namespace kube-system"),
        );
    }
    let account = pods.service_account();
    let mut identities = workload.view().of("AWS::EKS::PodIdentityAssociation").filter(|it| {
        it.get("Namespace").is_some_and(|name| name.is(&workload.namespace()))
            && it.get("ServiceAccount").is_some_and(|name| name.is(&account))
    });
    let Some(identity) = identities.next() else { return };
    if !rules.iter().any(|rule| lets_port(rule, 80, "TCP") && leads_to_agent(rule)) {
        cx.report(
            place
                .finding(format!("pods of `{}` get no credentials", workload.name()), "no rule leads to the agent")
                .also(identity.at(), "their role")
                .help("allow TCP port 80 to the block 169.254.170.23/32"),
        );
    }
}

/// Blocks in which the resolver of a cluster can stand: the addresses of Services are private ones, and the cache on
/// the node has one of the link.
const PRIVATE: [&str; 5] = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];

/// Where `CoreDNS` runs, and the label of the namespace that says so.
const RESOLVERS: (&str, &str) = ("kubernetes.io/metadata.name", "kube-system");

fn leads_to_dns(rule: &Prop<'_>, workload: &Object<'_>) -> bool {
    let mut peers = rule.each("to").peekable();
    // Pods of the own namespace resolve names only where DNS itself runs.
    peers.peek().is_none()
        || workload.namespace() == RESOLVERS.1
        || resolves_elsewhere(workload)
        || peers.any(|peer| match (peer.key("ipBlock"), peer.key("namespaceSelector")) {
            (Some(block), _) => is_private(&block),
            (None, Some(namespaces)) => {
                selects_resolvers(&namespaces, workload)
                    && peer.key("podSelector").is_none_or(|pods| selects_coredns(&pods))
            }
            (None, None) => false,
        })
}

/// Whether the pods ask other resolvers than that of the cluster.
fn resolves_elsewhere(workload: &Object<'_>) -> bool {
    let policy = workload.pods().and_then(|pods| pods.get("dnsPolicy"));
    policy.is_some_and(|policy| !policy.is_one_of(&["ClusterFirst", "ClusterFirstWithHostNet"]))
}

fn is_private(block: &Prop<'_>) -> bool {
    let Some(parsed) = block.key("cidr").and_then(|cidr| cidr.text()?.parse::<Cidr>().ok()) else { return true };
    PRIVATE.iter().filter_map(|text| text.parse::<Cidr>().ok()).any(|private| private.overlaps(&parsed))
}

/// Whether a selector of namespaces may select the one of the resolvers: by its name, or by labels that others gave it.
fn selects_resolvers(selector: &Prop<'_>, workload: &Object<'_>) -> bool {
    let (key, name) = RESOLVERS;
    let resolvers = |namespace: &str| namespace == name || runs_resolvers(namespace, workload);
    if let Some(named) = selector.key("matchLabels").and_then(|labels| labels.key(key)) {
        return named.text().is_none_or(|text| resolvers(&text));
    }
    let named = selector.each("matchExpressions").filter(|it| it.key("key").is_some_and(|it| it.is(key)));
    named.into_iter().all(|expression| {
        let lists = expression.each("values").any(|value| value.text().is_none_or(|text| resolvers(&text)));
        match expression.key("operator").and_then(|operator| operator.text()).as_deref() {
            Some("In") => lists,
            Some("NotIn") => !lists,
            Some("DoesNotExist") => false,
            _ => true,
        }
    })
}

/// Whether pods that carry the label of `CoreDNS` are applied to a namespace.
fn runs_resolvers(namespace: &str, workload: &Object<'_>) -> bool {
    let beside =
        workload.view().objects().filter(|it| it.cluster() == workload.cluster() && it.namespace() == namespace);
    beside.filter_map(|object| object.pods()).any(|pods| {
        let labels = pods.labels();
        labels.get("k8s-app").is_some_and(|app| app.contains("dns"))
            || pods
                .containers()
                .flat_map(|it| it.prop.each("ports"))
                .any(|port| port.key("containerPort").and_then(|it| it.int()) == Some(53))
    })
}

/// Whether a selector of pods may select `CoreDNS`, whose pods carry `k8s-app: kube-dns`.
fn selects_coredns(selector: &Prop<'_>) -> bool {
    let app = selector.key("matchLabels").and_then(|labels| labels.key("k8s-app"));
    app.is_none_or(|app| app.text().is_none_or(|text| text.contains("dns")))
}

fn leads_to_agent(rule: &Prop<'_>) -> bool {
    let mut peers = rule.each("to").peekable();
    peers.peek().is_none()
        || peers.filter_map(|peer| peer.get("ipBlock.cidr")).any(|block| {
            let parsed = block.text().map(|text| text.parse::<Cidr>());
            // An unknown block may hold it, one of IPv6 cannot.
            parsed.is_none_or(|block| block.is_ok_and(|block| block.contains_address(AGENT)))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn the_agent_of_pod_identity_is_needed_by_pods_with_an_association() {
        let text = RULE.bad_example().replace("port: 5432 }]", "port: 5432 }]\n    - ports: [{ protocol: UDP, port: 53 }]\n#: identity.yaml\nResources:\n  Identity:\n    Type: AWS::EKS::PodIdentityAssociation\n    Properties: { ClusterName: main, Namespace: shop, ServiceAccount: default, RoleArn: \"arn:aws:iam::111122223333:role/orders\" }");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from(["pods of `orders` get no credentials"]));
    }

    #[test]
    fn pods_of_the_own_namespace_are_no_resolvers() {
        let text = RULE.bad_example().replace(
            "[{ ipBlock: { cidr: 10.0.0.0/16 } }]\n      ports: [{ protocol: TCP, port: 5432 }]",
            "[{ podSelector: {} }]",
        );
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from(["pods of `orders` cannot resolve names"]));
    }

    #[test]
    fn resolvers_stand_in_their_namespace_and_at_private_addresses() {
        let of = |peer: &str| {
            let rule = format!(
                "      ports: [{{ protocol: TCP, port: 5432 }}]\n    - to: [{peer}]\n      ports: [{{ protocol: UDP, port: 53 }}]"
            );
            of_rule(&RULE, &RULE.bad_example().replace("      ports: [{ protocol: TCP, port: 5432 }]", &rule)).len()
        };
        let named = |name: &str| {
            format!("{{ namespaceSelector: {{ matchLabels: {{ kubernetes.io/metadata.name: {name} }} }} }}")
        };
        assert_eq!((of(&named("kube-system")), of(&named("dns"))), (0, 1));
        assert_eq!(
            (of("{ namespaceSelector: {} }"), of("{ namespaceSelector: { matchLabels: { team: platform } } }")),
            (0, 0)
        );
        assert_eq!(of("{ ipBlock: { cidr: 8.8.8.8/32 } }"), 1);
        assert_eq!((of("{ ipBlock: { cidr: 172.20.0.10/32 } }"), of("{ ipBlock: { cidr: 0.0.0.0/0 } }")), (0, 0));
        assert_eq!(of("{ namespaceSelector: {}, podSelector: { matchLabels: { k8s-app: other } } }"), 1);
    }

    #[test]
    fn another_policy_may_let_it_out() {
        let text = RULE.bad_example().replace("spec:\n  podSelector:", "spec: { podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ namespaceSelector: {} }] }] }\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: more, namespace: shop }\nspec:\n  podSelector:");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from([]));
    }
}
