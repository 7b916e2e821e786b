//! `cloudmap/private-service-check`: nobody outside the VPC can check a private name.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudmap/private-service-check",
    code: "MAP-002",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "Route 53 health check on a service of a private namespace",
    why: "`HealthCheckConfig` makes a Route 53 check, whose checkers are on the internet; a service of a private \
          namespace takes `HealthCheckCustomConfig` only",
    error: None,
    sources: &["https://docs.aws.amazon.com/cloud-map/latest/api/API_CreateService.html"],
    evidence: Evidence::Observed,
    bad: r#"
Parameters:
  Vpc: { Type: "AWS::EC2::VPC::Id" }
Resources:
  Names:
    Type: AWS::ServiceDiscovery::PrivateDnsNamespace
    Properties: { Name: shop.internal, Vpc: !Ref Vpc }
  Orders:
    Type: AWS::ServiceDiscovery::Service
    Properties:
      Name: orders
      NamespaceId: !Ref Names
      DnsConfig: { DnsRecords: [{ Type: A, TTL: 10 }] }
      HealthCheckConfig: { Type: HTTP, ResourcePath: /livez }
#     ^
"#,
    good: &[(
        "HealthCheckConfig: { Type: HTTP, ResourcePath: /livez }",
        "HealthCheckCustomConfig: { FailureThreshold: 1 }",
    )],
    check: Check::Resources(&["AWS::ServiceDiscovery::Service"], check),
};

fn check(cx: &mut Cx<'_>, service: Resource<'_>) {
    let Some(written) = service.get("HealthCheckConfig") else { return };
    let namespace = service.get("NamespaceId").or_else(|| service.get("DnsConfig.NamespaceId"));
    let private = |namespace: Prop<'_>| namespace.resource_of("AWS::ServiceDiscovery::PrivateDnsNamespace").is_some();
    if let Some(namespace) = namespace.filter(|namespace| private(*namespace)) {
        cx.report(
            written
                .finding(format!("service `{}` cannot be checked from the internet", service.id()), "a Route 53 check")
                .also(namespace.at(), "the namespace is private")
                .help("write `HealthCheckCustomConfig`, and report the state with UpdateInstanceCustomHealthStatus"),
        );
    }
}
