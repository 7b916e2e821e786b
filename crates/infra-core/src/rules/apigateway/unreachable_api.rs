//! `apigateway/unreachable-api`: an API has a name by which it is called.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/unreachable-api",
    code: "APIGW-037",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "API switches its own address off and has no other name",
    why: "with `DisableExecuteApiEndpoint` an API is reached only by custom domains that are mapped to it",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-disable-default-endpoint.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: shop
      ProtocolType: HTTP
      DisableExecuteApiEndpoint: true
#                                ^
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
",
    good: &[("DisableExecuteApiEndpoint: true", "DisableExecuteApiEndpoint: false")],
    check: Check::Resources(&["AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"], check),
};

fn check(cx: &mut Cx<'_>, api: Resource<'_>) {
    let Some(off) = api.get("DisableExecuteApiEndpoint").filter(|off| off.bool() == Some(true)) else { return };
    let mapped = |it: &Resource<'_>| {
        matches!(
            it.kind(),
            "AWS::ApiGateway::BasePathMapping"
                | "AWS::ApiGateway::BasePathMappingV2"
                | "AWS::ApiGatewayV2::ApiMapping"
                | "AWS::ApiGatewayV2::RoutingRule"
        )
    };
    // Whoever gets the id of the API may map it.
    let handed_out = api.stack().outputs().any(|(_, value)| value.mentions().contains(&api));
    if handed_out || api.referrers().any(|it| mapped(&it)) {
        return;
    }
    cx.report(
        off.finding(format!("nobody can reach API `{}`: it has no custom domain", api.id()), "its own address is off")
            .also(api.at(), "no mapping names it")
            .help("map a custom domain to it, or leave `DisableExecuteApiEndpoint` out"),
    );
}
