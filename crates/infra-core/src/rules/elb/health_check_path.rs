//! `elb/health-check-path`: a path and codes are of health checks by HTTP.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/health-check-path",
    code: "LINK-022",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "health check by TCP that asks for a path or a code",
    why: "only a health check by HTTP or HTTPS has a path and codes of success; targets that speak TCP, TLS or UDP are \
          checked by TCP unless the group says otherwise",
    error: Some("Health check path is not supported for health checks with protocol TCP"),
    sources: &["https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Pods:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      Protocol: TCP
      Port: 8080
      TargetType: ip
      VpcId: vpc-0123456789abcdef0
      HealthCheckProtocol: TCP
      HealthCheckPath: /healthz
#     ^
"#,
    good: &[("HealthCheckProtocol: TCP", "HealthCheckProtocol: HTTP")],
    check: Check::Resources(&["AWS::ElasticLoadBalancingV2::TargetGroup"], check),
};

fn check(cx: &mut Cx<'_>, group: Resource<'_>) {
    let by_tcp = match group.get("HealthCheckProtocol") {
        Some(protocol) => protocol.is("TCP"),
        None => group.get("Protocol").is_some_and(|it| it.is_one_of(&["TCP", "TCP_UDP", "TLS", "UDP"])),
    };
    // In front of an application load balancer the check is by HTTP.
    if !by_tcp || group.get("TargetType").is_some_and(|kind| kind.is("alb")) {
        return;
    }
    for key in ["HealthCheckPath", "Matcher"] {
        if let Some(written) = group.get(key) {
            cx.report(
                written
                    .finding_of_key(
                        format!("health check of `{}` is by TCP and has `{key}`", group.id()),
                        "of health checks by HTTP only",
                    )
                    .help(format!("write `HealthCheckProtocol: HTTP`, or leave `{key}` out")),
            );
        }
    }
}
