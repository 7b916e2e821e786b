//! `apigateway/mapping-before-stage`: a mapping is made after the stage that it leads to.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/mapping-before-stage",
    code: "APIGW-039",
    severity: Severity::Warning,
    phase: Phase::Deploy,
    title: "mapping may be made before the stage that it leads to",
    why: "a mapping that names its stage by text does not refer to it, so CloudFormation may make it first, and it is refused",
    error: Some("Invalid stage identifier specified"),
    sources: &["https://github.com/aws/serverless-application-model/issues/192"],
    evidence: Evidence::Observed,
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
    Properties:
      ApiId: !Ref Api
      DomainName: api.example.com
      Stage: live
#            ^
",
    good: &[("      Stage: live", "      Stage: !Ref Stage")],
    check: Check::Resources(&["AWS::ApiGateway::BasePathMapping", "AWS::ApiGatewayV2::ApiMapping"], check),
};

fn check(cx: &mut Cx<'_>, mapping: Resource<'_>) {
    let Some(api) = super::api(&mapping) else { return };
    let Some(written) = mapping.get("Stage") else { return };
    let Some(name) = written.text() else { return };
    let Some((_, stage)) = super::stages(&api).into_iter().flatten().find(|(known, _)| *known == name) else { return };
    if stage.stack() != mapping.stack() || mapping.comes_after(&stage) {
        return;
    }
    cx.report(
        written
            .finding(format!("`{}` may be made before stage `{}`", mapping.id(), stage.id()), "named by text")
            .also(stage.at(), "the stage")
            .help(format!("write `Stage: !Ref {0}`, or add `DependsOn: {0}`", stage.id())),
    );
}
