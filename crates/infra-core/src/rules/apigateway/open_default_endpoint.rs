//! `apigateway/open-default-endpoint`: client certificates cannot be gone around.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/open-default-endpoint",
    code: "APIGW-025",
    severity: Severity::Warning,
    phase: Phase::Security,
    title: "API that asks for client certificates has an entrance that does not",
    why: "mutual TLS is asked for by the custom domain; the `execute-api` endpoint that every API has asks for \
          nothing until it is switched off",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Certificate: { Type: String }
Resources:
  Api:
# ^
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: partners
      ProtocolType: HTTP
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: partners.example.com
      DomainNameConfigurations: [{ CertificateArn: !Ref Certificate, EndpointType: REGIONAL, SecurityPolicy: TLS_1_2 }]
      MutualTlsAuthentication: { TruststoreUri: "s3://example-truststore/partners.pem" }
  Mapping:
    Type: AWS::ApiGatewayV2::ApiMapping
    Properties: { ApiId: !Ref Api, DomainName: !Ref Domain, Stage: !Ref Stage }
"#,
    good: &[(
        "ProtocolType: HTTP",
        r"ProtocolType: HTTP
      DisableExecuteApiEndpoint: true",
    )],
    check: Check::Resources(&["AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"], check),
};

fn check(cx: &mut Cx<'_>, api: Resource<'_>) {
    if api.bool_or("DisableExecuteApiEndpoint", false) != Some(false) {
        return;
    }
    let guard = super::domains(&api).find_map(|domain| domain.get("MutualTlsAuthentication"));
    let Some(guard) = guard.filter(|guard| guard.key("TruststoreUri").is_some()) else { return };
    cx.report(
        api.finding_at(
            "DisableExecuteApiEndpoint",
            format!("API `{}` can be called without a client certificate", api.id()),
            "its `execute-api` endpoint is open",
        )
        .also(guard.at(), "the custom domain asks for certificates")
        .help("write `DisableExecuteApiEndpoint: true`"),
    );
}
