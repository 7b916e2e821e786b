//! `route53/unreachable-check`: a check reaches what it checks.

use std::net::Ipv4Addr;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/unreachable-check",
    code: "R53-017",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "health check of a private address",
    why: "the checkers of Route 53 are on the internet and reach neither internal load balancers nor private \
          addresses",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-private-hosted-zones.html",
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: balancer.yaml
Resources:
  Internal:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Type: network
      Scheme: internal
      Subnets: [subnet-0a1b2c3d4e5f6a7b8, subnet-1a1b2c3d4e5f6a7b8]
      SecurityGroups: [sg-0a1b2c3d4e5f6a7b8]
  Check:
    Type: AWS::Route53::HealthCheck
    Properties:
      HealthCheckConfig:
        Type: TCP
        FullyQualifiedDomainName: !GetAtt Internal.DNSName
#                                 ^
        Port: 443
"#,
    good: &[("Scheme: internal", "Scheme: internet-facing")],
    check: Check::Resources(&["AWS::Route53::HealthCheck"], check),
};

fn check(cx: &mut Cx<'_>, check: Resource<'_>) {
    let host = check.get("HealthCheckConfig.FullyQualifiedDomainName");
    if let Some((host, balancer)) = host.and_then(|host| Some((host, host.target()?.resource))) {
        let scheme = balancer.get("Scheme").filter(|scheme| scheme.is("internal"));
        if let Some(scheme) = scheme {
            cx.report(
                host.finding("Route 53 cannot reach an internal load balancer", "asked from the internet")
                    .also(scheme.at(), "internal")
                    .help("use a check of type CLOUDWATCH_METRIC on an alarm of the load balancer"),
            );
        }
    }
    let Some(address) = check.get("HealthCheckConfig.IPAddress") else { return };
    let private = |ip: Ipv4Addr| ip.is_private() || ip.is_loopback() || ip.is_link_local();
    if address.text().and_then(|text| text.parse().ok()).is_some_and(private) {
        cx.report(
            address
                .finding("Route 53 cannot reach a private address", "private")
                .help("use a check of type CLOUDWATCH_METRIC on an alarm of what stands there"),
        );
    }
}
