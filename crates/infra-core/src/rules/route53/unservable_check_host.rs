//! `route53/unservable-check-host`: a check asks a host that answers.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/unservable-check-host",
    code: "R53-016",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "health check asks a host that the API does not serve",
    why: "the checker sends the name as host and, with `EnableSNI`, in the handshake; an API whose default \
          endpoint is disabled answers only for its custom domain",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-disable-default-endpoint.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: api.yaml
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: shop, ProtocolType: HTTP, DisableExecuteApiEndpoint: true }
  Mapping:
    Type: AWS::ApiGatewayV2::ApiMapping
    Properties: { ApiId: !Ref Api, DomainName: api.example.com, Stage: live }
  Check:
    Type: AWS::Route53::HealthCheck
    Properties:
      HealthCheckConfig:
        Type: HTTPS
        FullyQualifiedDomainName: !Sub "${Api}.execute-api.${AWS::Region}.amazonaws.com"
#                                 ^
        Port: 443
        ResourcePath: /readyz
        EnableSNI: true
"#,
    good: &[("DisableExecuteApiEndpoint: true", "DisableExecuteApiEndpoint: false")],
    check: Check::Resources(&["AWS::Route53::HealthCheck"], check),
};

fn check(cx: &mut Cx<'_>, check: Resource<'_>) {
    let Some(host) = check.get("HealthCheckConfig.FullyQualifiedDomainName") else { return };
    let apis = host.mentions();
    let api = apis.iter().find(|api| matches!(api.kind(), "AWS::ApiGatewayV2::Api" | "AWS::ApiGateway::RestApi"));
    let switch = api.and_then(|api| api.get("DisableExecuteApiEndpoint"));
    let disabled = switch.filter(|it| it.bool() == Some(true));
    if let Some(switch) = disabled.filter(|_| host.pattern().contains(".execute-api.")) {
        cx.report(
            host.finding("the default endpoint of this API is disabled", "asked by the check")
                .also(switch.at(), "disabled here")
                .help("check the custom domain of this region"),
        );
    }
    let https = check.get("HealthCheckConfig.Type").is_some_and(|kind| kind.is_one_of(&["HTTPS", "HTTPS_STR_MATCH"]));
    let sni = check.get("HealthCheckConfig.EnableSNI").filter(|sni| sni.bool() == Some(false));
    if let Some(sni) = sni.filter(|_| https && (api.is_some() || host.pattern().contains(".execute-api."))) {
        cx.report(
            sni.finding("API Gateway needs the name in the handshake", "not sent")
                .also(host.at(), "served by API Gateway")
                .help("set `EnableSNI: true`")
                .fix(sni.replace("true")),
        );
    }
}
