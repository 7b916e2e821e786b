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

fn leads_to_dns(rule: &Prop<'_>, workload: &Object<'_>) -> bool {
    let mut peers = rule.each("to").peekable();
    // Pods of the own namespace resolve names only where DNS itself runs.
    peers.peek().is_none()
        || workload.namespace() == "kube-system"
        || peers.any(|peer| peer.key("namespaceSelector").is_some() || peer.key("ipBlock").is_some())
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
    fn another_policy_may_let_it_out() {
        let text = RULE.bad_example().replace("spec:\n  podSelector:", "spec: { podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ namespaceSelector: {} }] }] }\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: more, namespace: shop }\nspec:\n  podSelector:");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from([]));
    }
}
