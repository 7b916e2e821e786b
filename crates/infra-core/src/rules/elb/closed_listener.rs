//! `elb/closed-listener`: a load balancer lets in whom it listens for.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/closed-listener",
    code: "LINK-025",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "security groups of a load balancer shut the port of its listener",
    why: "traffic comes to a listener only if a rule of the load balancer's security groups admits its port; without one every \
          connection runs out of time",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-update-security-groups.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      VpcId: vpc-0123456789abcdef0
      SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8 }]
  Front:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Type: application
      Scheme: internal
      Subnets: [subnet-0123456789abcde00, subnet-0123456789abcde01]
      SecurityGroups: [!Ref Group]
  Web:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Front
      Port: 8080
#           ^
      Protocol: HTTP
      DefaultActions: [{ Type: fixed-response, FixedResponseConfig: { StatusCode: "404" } }]
"#,
    good: &[("FromPort: 80, ToPort: 80", "FromPort: 8080, ToPort: 8080")],
    check: Check::Resources(&["AWS::ElasticLoadBalancingV2::Listener"], check),
};

fn check(cx: &mut Cx<'_>, listener: Resource<'_>) {
    let Some(balancer) = listener.balancer() else { return };
    let Some(port) = listener.get("Port") else { return };
    let Some(number) = port.int() else { return };
    // Rules for UDP are not looked at, and what comes through a VPC link is `elb/closed-security-group`'s.
    let by_udp = listener.get("Protocol").is_some_and(|it| it.is_one_of(&["QUIC", "TCP_QUIC", "TCP_UDP", "UDP"]));
    let by_link = listener.referrers_of("AWS::ApiGatewayV2::Integration").next().is_some();
    let Some(groups) = balancer.security_groups("SecurityGroups").filter(|_| !by_udp && !by_link) else { return };
    // Groups without any rule get theirs from whoever is let in.
    let mut rules = groups.iter().flat_map(|group| group.ingress()).peekable();
    if rules.peek().is_none() || rules.any(|rule| rule.admits(number)) {
        return;
    }
    let mut finding = port.finding(
        format!("listener `{}` has port {number}, which the groups of `{}` do not admit", listener.id(), balancer.id()),
        "nobody gets here",
    );
    if let Some(group) = groups.first() {
        finding = finding.also(group.at(), "admits other ports, or none");
    }
    cx.report(finding.help(format!("add an ingress rule for tcp port {number} to a group of the load balancer")));
}
