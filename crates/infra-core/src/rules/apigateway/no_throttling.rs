//! `apigateway/no-throttling`: a stage has a limit of its own.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/no-throttling",
    code: "APIGW-017",
    severity: Severity::Advice,
    phase: Phase::Runtime,
    title: "stage may use up the request rate of the whole account",
    why: "the request rate of an account in a region is shared by all its APIs: a stage without a limit of its \
          own can take all of it",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
# ^
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
",
    good: &[(
        "AutoDeploy: true",
        r"AutoDeploy: true
      DefaultRouteSettings: { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 }",
    )],
    check: Check::Resources(&["AWS::ApiGatewayV2::Stage"], check),
};

fn check(cx: &mut Cx<'_>, stage: Resource<'_>) {
    if stage.has("DefaultRouteSettings.ThrottlingRateLimit") || stage.has("RouteSettings") {
        return;
    }
    cx.report(
        stage
            .finding(format!("stage `{}` has no limit of its own", stage.id()), "limited by the account only")
            .help("add `DefaultRouteSettings: { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 }`"),
    );
}
