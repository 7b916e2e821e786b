//! `elb/listener-protocol`: listener, load balancer and targets speak protocols that fit.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/listener-protocol",
    code: "LINK-021",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "listener with a protocol that its load balancer or its targets do not have",
    why: "an application load balancer speaks HTTP and HTTPS, a network load balancer TCP, TLS, UDP and QUIC; a listener \
          forwards to target groups whose protocol it can carry",
    error: Some("Protocol must be one of the protocols of the load balancer"),
    sources: &[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Subnets: { Type: "List<AWS::EC2::Subnet::Id>" }
  Group: { Type: "AWS::EC2::SecurityGroup::Id" }
  Network: { Type: "AWS::EC2::VPC::Id" }
Resources:
  Front:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: { Type: network, Scheme: internal, Subnets: !Ref Subnets, SecurityGroups: [!Ref Group] }
  Logs:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: { Protocol: TCP, Port: 514, TargetType: ip, VpcId: !Ref Network }
  Syslog:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Front
      Port: 514
      Protocol: UDP
#               ^
      DefaultActions: [{ Type: forward, TargetGroupArn: !Ref Logs }]
"#,
    good: &[("Protocol: TCP", "Protocol: UDP")],
    check: Check::Resources(&["AWS::ElasticLoadBalancingV2::Listener"], check),
};

/// Protocols of listeners by type of load balancer.
const OF_BALANCER: &[(&str, &str, &[&str])] = &[
    ("application", "an application load balancer", &["HTTP", "HTTPS"]),
    ("network", "a network load balancer", &["QUIC", "TCP", "TCP_QUIC", "TCP_UDP", "TLS", "UDP"]),
];

/// Protocols of target groups by protocol of the listener.
const OF_TARGETS: &[(&str, &[&str])] = &[
    ("HTTP", &["HTTP", "HTTPS"]),
    ("HTTPS", &["HTTP", "HTTPS"]),
    ("TCP", &["TCP", "TCP_UDP"]),
    ("TCP_UDP", &["TCP_UDP"]),
    ("TLS", &["TCP", "TLS"]),
    ("UDP", &["TCP_UDP", "UDP"]),
];

fn check(cx: &mut Cx<'_>, listener: Resource<'_>) {
    let Some(written) = listener.get("Protocol") else { return };
    let Some(protocol) = written.text() else { return };
    if let Some(balancer) = listener.balancer()
        && let Some(kind) = balancer.text_or("Type", "application")
        && let Some((_, noun, known)) = OF_BALANCER.iter().find(|(name, ..)| *name == kind)
        && !known.contains(&protocol.as_ref())
    {
        let title = format!("listener `{}` has the protocol {protocol}, `{}` is {noun}", listener.id(), balancer.id());
        cx.report(
            written
                .finding(title, "not a protocol of this load balancer")
                .also(balancer.nearest("Type").at(), noun.to_owned())
                .help(format!("write one of {}", known.join(", "))),
        );
        return;
    }
    let Some((_, fitting)) = OF_TARGETS.iter().find(|(name, _)| *name == protocol) else { return };
    let nested = listener.each("DefaultActions").flat_map(|action| action.each("ForwardConfig.TargetGroups"));
    let named = listener.each("DefaultActions").chain(nested).filter_map(|it| it.key("TargetGroupArn"));
    for group in named.filter_map(|it| it.resource_of("AWS::ElasticLoadBalancingV2::TargetGroup")) {
        let Some(theirs) = group.get("Protocol") else { continue };
        let Some(name) = theirs.text().filter(|name| !fitting.contains(&name.as_ref())) else { continue };
        let title = format!("listener `{}` is {protocol}, its targets `{}` are {name}", listener.id(), group.id());
        cx.report(
            written
                .finding(title, format!("carries {} only", fitting.join(" and ")))
                .also(theirs.at(), format!("{name} here"))
                .help(format!("give both one protocol: {}", fitting.join(" or "))),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn each_protocol_carries_its_own() {
        let count = |kind: &str, listener: &str, group: &str| {
            let yaml = super::RULE.bad_example().replace("Type: network", &format!("Type: {kind}"));
            let yaml = yaml.replace("Protocol: UDP", &format!("Protocol: {listener}"));
            of_rule(&super::RULE, &yaml.replace("Protocol: TCP,", &format!("Protocol: {group},"))).len()
        };
        assert_eq!(count("network", "TLS", "TCP"), 0);
        assert_eq!(count("network", "TCP", "TLS"), 1);
        assert_eq!(count("network", "TCP_UDP", "UDP"), 1);
        assert_eq!(count("network", "HTTP", "HTTP"), 1);
        assert_eq!(count("application", "HTTPS", "HTTP"), 0);
        assert_eq!(count("application", "TCP", "TCP"), 1);
    }
}
