//! `apigateway/tls-policy`: a custom domain has a TLS policy that it can have.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/tls-policy",
    code: "APIGW-024",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "TLS policy that this custom domain cannot have",
    why: "domains of the second version know `TLS_1_0` and `TLS_1_2` only; the newer policies are for \
          `AWS::ApiGateway::DomainName`, and only with them goes `EndpointAccessMode`",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDomainName.html",
        "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames.html",
    ],
    evidence: Evidence::Documented,
    bad: r"
Parameters:
  Certificate: { Type: String }
Resources:
  Domain:
    Type: AWS::ApiGateway::DomainName
    Properties:
      DomainName: api.example.com
      RegionalCertificateArn: !Ref Certificate
      EndpointConfiguration: { Types: [REGIONAL] }
      SecurityPolicy: TLS_1_2
      EndpointAccessMode: STRICT
#                         ^
",
    good: &[("TLS_1_2", "SecurityPolicy_TLS13_1_3_2025_09")],
    check: Check::Resources(&["AWS::ApiGateway::DomainName", "AWS::ApiGatewayV2::DomainName"], check),
};

/// What the names of the newer policies start with.
const NEWER: &str = "SecurityPolicy_";

fn check(cx: &mut Cx<'_>, domain: Resource<'_>) {
    if domain.kind() == "AWS::ApiGatewayV2::DomainName" {
        for policy in domain.each("DomainNameConfigurations").filter_map(|it| it.get("SecurityPolicy")) {
            if let Some(name) = policy.text().filter(|name| name.starts_with(NEWER)) {
                cx.report(
                    policy
                        .finding(format!("`{name}` is for domains of REST APIs"), "`TLS_1_2` at most")
                        .help("write `SecurityPolicy: TLS_1_2`, or make the domain with AWS::ApiGateway::DomainName"),
                );
            }
        }
        return;
    }
    let Some(mode) = domain.get("EndpointAccessMode") else { return };
    let Some(policy) = domain.get("SecurityPolicy") else { return };
    if let Some(name) = policy.text().filter(|name| !name.starts_with(NEWER)) {
        cx.report(
            mode.finding(format!("`EndpointAccessMode` does not go with `{name}`"), "for newer policies only")
                .also(policy.at(), "the policy")
                .help("leave `EndpointAccessMode` out, or choose a policy that starts with `SecurityPolicy_`"),
        );
    }
}
