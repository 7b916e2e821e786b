//! `apigateway/forwarded-stage`: a service gets the path that the caller asked for.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/forwarded-stage",
    code: "APIGW-001",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "private integration passes the name of the stage on",
    why: "through a VPC link the stage is a part of the path that the service gets, so it sees `/prod/orders` \
          and knows no such path; only `$default` adds nothing",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-private.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Link: { Type: String }
  Listener: { Type: String }
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: prod
      AutoDeploy: true
  ToOrders:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: ANY
      IntegrationUri: !Ref Listener
      ConnectionType: VPC_LINK
#                     ^
      ConnectionId: !Ref Link
      PayloadFormatVersion: "1.0"
"#,
    good: &[("StageName: prod", "StageName: $default")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Integration"], check),
};

fn check(cx: &mut Cx<'_>, integration: Resource<'_>) {
    let Some(link) = integration.get("ConnectionType").filter(|link| link.is("VPC_LINK")) else { return };
    let Some(api) = super::api(&integration) else { return };
    let parameters = integration.get("RequestParameters");
    if !super::is_http(&api) || parameters.is_some_and(|it| it.key("overwrite:path").is_some() || !it.is_object()) {
        return;
    }
    let stages: Vec<Prop<'_>> =
        api.referrers_of("AWS::ApiGatewayV2::Stage").filter_map(|stage| stage.get("StageName")).collect();
    let named = stages.iter().find_map(|stage| Some((stage, stage.text().filter(|name| name != "$default")?)));
    let Some((stage, name)) = named.filter(|_| !stages.iter().any(|stage| stage.is("$default"))) else { return };
    cx.report(
        link.finding(
            format!("the service behind `{}` gets `/{name}` in front of every path", integration.id()),
            "passes the stage on",
        )
        .also(stage.at(), "the stage")
        .help("write `StageName: $default`, or `RequestParameters: { \"overwrite:path\": $request.path }`"),
    );
}
