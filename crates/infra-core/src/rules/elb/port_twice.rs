//! `elb/port-twice`: a load balancer listens once on a port.

use std::collections::BTreeMap;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/port-twice",
    code: "LINK-023",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "two listeners of a load balancer on one port",
    why: "a port of a load balancer has one listener, whatever its protocol; the second is refused",
    error: Some("A listener already exists on this port for this load balancer"),
    sources: &["https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Front: { Type: String }
Resources:
  Web:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Front
      Port: 80
      Protocol: HTTP
      DefaultActions: [{ Type: fixed-response, FixedResponseConfig: { StatusCode: "404" } }]
  Again:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Front
      Port: 80
#           ^
      Protocol: HTTP
      DefaultActions: [{ Type: fixed-response, FixedResponseConfig: { StatusCode: "410" } }]
"#,
    good: &[("      Port: 80\n      Protocol", "      Port: 8080\n      Protocol")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let mut seen: BTreeMap<i64, Vec<Resource<'_>>> = BTreeMap::new();
    for listener in view.of("AWS::ElasticLoadBalancingV2::Listener") {
        let (Some(balancer), Some(port)) = (listener.get("LoadBalancerArn"), listener.get("Port")) else { continue };
        let Some(number) = port.int() else { continue };
        let others = seen.entry(number).or_default();
        let same = |other: &&Resource<'_>| other.get("LoadBalancerArn").is_some_and(|it| it.is_same(&balancer));
        if let Some(first) = others.iter().find(same) {
            let title = format!(
                "listeners `{}` and `{}` of one load balancer both have port {number}",
                first.id(),
                listener.id()
            );
            cx.report(
                port.finding(title, "the second one").also(first.at(), "the first one").help(
                    "give one of them another port, or make its actions rules of the other (AWS::ElasticLoadBalancingV2::ListenerRule)",
                ),
            );
        }
        others.push(listener);
    }
}
