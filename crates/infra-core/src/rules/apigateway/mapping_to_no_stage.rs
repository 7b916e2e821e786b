//! `apigateway/mapping-to-no-stage`: a custom domain leads to a stage that there is.

use crate::diag::suggest;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/mapping-to-no-stage",
    code: "APIGW-038",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "mapping or usage plan names a stage that the API does not have",
    why: "a mapping leads to one stage of an API, by its name; API Gateway refuses one that leads to none",
    error: Some("Invalid stage identifier specified"),
    sources: &["https://docs.aws.amazon.com/apigateway/latest/api/API_CreateBasePathMapping.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: live
      AutoDeploy: true
  Mapping:
    Type: AWS::ApiGatewayV2::ApiMapping
    DependsOn: Stage
    Properties:
      ApiId: !Ref Api
      DomainName: api.example.com
      Stage: life
#            ^
",
    good: &[("Stage: life", "Stage: live")],
    check: Check::Resources(
        &["AWS::ApiGateway::BasePathMapping", "AWS::ApiGateway::UsagePlan", "AWS::ApiGatewayV2::ApiMapping"],
        check,
    ),
};

fn check(cx: &mut Cx<'_>, mapping: Resource<'_>) {
    let plan = mapping.each("ApiStages").filter_map(|it| Some((it.key("ApiId")?, it.key("Stage")?)));
    let api = mapping.get("ApiId").or_else(|| mapping.get("RestApiId"));
    let own = api.and_then(|api| Some((api, mapping.get("Stage")?)));
    for (api, stage) in plan.chain(own) {
        let (Some(api), Some(name)) = (api.resource(), stage.text()) else { continue };
        let Some(stages) = super::stages(&api) else { continue };
        if stages.is_empty() || stages.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let finding = stage
            .finding(
                format!("`{}` leads to stage `{name}`, which `{}` does not have", mapping.id(), api.id()),
                "no such stage",
            )
            .also(api.at(), "the API");
        cx.report(match suggest(&name, stages.iter().map(|(known, _)| known.as_str())) {
            Some(near) => finding.help(format!("write `{near}`")).fix(stage.replace(near)),
            None => finding.help("name a stage of the API, best by reference: `!Ref <stage>`"),
        });
    }
}
