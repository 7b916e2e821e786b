//! `apigateway/cors-credentials`: credentials are for origins that are named.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/cors-credentials",
    code: "APIGW-011",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "CORS allows credentials from every origin",
    why: "a browser sends cookies and tokens of its own only to an API that names the origin; the pair with \
          `*` is refused",
    error: Some("allow-credentials is not supported if 'allow-origin' is *"),
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: shop
      ProtocolType: HTTP
      CorsConfiguration:
        AllowCredentials: true
        AllowOrigins: ["*"]
#                      ^
        AllowMethods: [GET, POST]
"#,
    good: &[(r#"["*"]"#, r#"["https://www.example.com"]"#)],
    check: Check::Resources(&["AWS::ApiGatewayV2::Api"], check),
};

fn check(cx: &mut Cx<'_>, api: Resource<'_>) {
    let Some(credentials) = api.get("CorsConfiguration.AllowCredentials").filter(|it| it.bool() == Some(true)) else {
        return;
    };
    for origin in api.each("CorsConfiguration.AllowOrigins").filter(|origin| origin.is("*")) {
        cx.report(
            origin
                .finding("credentials need origins by name", "every origin")
                .also(credentials.at(), "credentials are allowed")
                .help("list the origins: `AllowOrigins: [\"https://www.example.com\"]`"),
        );
    }
}
