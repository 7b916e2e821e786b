//! `apigateway/access-log-format`: an access log says which request.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/access-log-format",
    code: "APIGW-021",
    severity: Severity::Warning,
    phase: Phase::Deploy,
    title: "access log without the id of the request",
    why: "an access log needs `$context.requestId` or `$context.extendedRequestId`: without, its lines cannot \
          be joined with those of the service",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Logs: { Type: String }
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
      AccessLogSettings:
        DestinationArn: !Ref Logs
        Format: '{"status":"$context.status","latency":"$context.responseLatency"}'
#               ^
"#,
    good: &[(r#"{"status""#, r#"{"requestId":"$context.requestId","status""#)],
    check: Check::Resources(&["AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage"], check),
};

fn check(cx: &mut Cx<'_>, stage: Resource<'_>) {
    let format = stage.get("AccessLogSettings.Format").or_else(|| stage.get("AccessLogSetting.Format"));
    let Some(format) = format else { return };
    let Some(text) = format.text() else { return };
    if text.contains("$context.requestId") || text.contains("$context.extendedRequestId") {
        return;
    }
    cx.report(
        format
            .finding(
                format!("access log of stage `{}` does not say which request", stage.id()),
                "no `$context.requestId`",
            )
            .help("add `\"requestId\":\"$context.requestId\"`"),
    );
}
