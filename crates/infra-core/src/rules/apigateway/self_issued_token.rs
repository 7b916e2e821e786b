//! `apigateway/self-issued-token`: an issuer answers before it is asked.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/self-issued-token",
    code: "APIGW-014",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "authorizer asks for an issuer that its own API serves",
    why: "when an authorizer is made API Gateway reads the configuration of the issuer at once: an issuer \
          behind the same API does not answer yet",
    error: Some("Issuer must have a valid discovery endpoint ended with '/.well-known/openid-configuration'"),
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
  Users:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: users
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: { Issuer: !Sub "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/auth", Audience: [shop] }
#                                 ^
"#,
    good: &[(
        r#"!Sub "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/auth""#,
        r#""https://auth.example.com""#,
    )],
    check: Check::Resources(&["AWS::ApiGatewayV2::Authorizer"], check),
};

fn check(cx: &mut Cx<'_>, authorizer: Resource<'_>) {
    let Some(issuer) = authorizer.get("JwtConfiguration.Issuer") else { return };
    let Some(api) = super::api(&authorizer) else { return };
    let url = issuer.pattern();
    let host = url.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let mut domains = super::domains(&api);
    let named = domains.find(|domain| domain.get("DomainName").is_some_and(|name| name.is(host)));
    let own = issuer.mentions().contains(&api);
    let Some(server) = named.or_else(|| own.then_some(api)) else { return };
    cx.report(
        issuer
            .finding(format!("authorizer `{}` waits for its own API", authorizer.id()), "served by the API itself")
            .also(server.at(), "serves the issuer")
            .help("serve the issuer from an API that is deployed before"),
    );
}
