//! `rds/statement-timeout`: statements end before their requests.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "rds/statement-timeout",
    code: "DB-008",
    severity: Severity::Warning,
    phase: Phase::Design,
    title: "statements run longer than the requests that start them",
    why: "a request that was given up leaves its statement running, with its locks and its connection",
    error: None,
    sources: &["https://www.postgresql.org/docs/current/runtime-config-client.html"],
    evidence: Evidence::Memory,
    bad: r#"
#: data.yaml
Resources:
  Settings:
    Type: AWS::RDS::DBParameterGroup
    Properties:
      Family: postgres17
      Description: orders
      Parameters:
        statement_timeout: "60000"
#                          ^
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: orders, ProtocolType: HTTP }
  Backend:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: ANY
      IntegrationUri: https://orders.example.com
      PayloadFormatVersion: "1.0"
      TimeoutInMillis: 10000
"#,
    good: &[(r#""60000""#, r#""3000""#)],
    check: Check::Resources(&["AWS::RDS::DBClusterParameterGroup", "AWS::RDS::DBParameterGroup"], check),
};

fn check(cx: &mut Cx<'_>, settings: Resource<'_>) {
    let Some((written, millis)) = settings.get("Parameters.statement_timeout").and_then(|it| Some((it, it.int()?)))
    else {
        return;
    };
    let Some((limit, most)) = super::request_limit(settings.view()) else { return };
    // Zero is for ever.
    if millis != 0 && millis < most {
        return;
    }
    cx.report(
        written
            .finding("statements outlive their requests", format!("{millis} ms"))
            .also(limit.at(), format!("requests end after {most} ms"))
            .help("write a time below that of the request, such as `statement_timeout: \"3000\"`"),
    );
}
