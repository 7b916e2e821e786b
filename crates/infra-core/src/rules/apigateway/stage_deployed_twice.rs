//! `apigateway/stage-deployed-twice`: a stage is deployed to by itself or by hand.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/stage-deployed-twice",
    code: "APIGW-034",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "stage that deploys by itself and names a deployment",
    why: "a stage with `AutoDeploy` makes its deployments itself, and API Gateway refuses one that names a deployment too",
    error: Some("Deployment ID cannot be set on a stage with AutoDeploy enabled"),
    sources: &["https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/623"],
    evidence: Evidence::Observed,
    bad: r"
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Release: { Type: AWS::ApiGatewayV2::Deployment, Properties: { ApiId: !Ref Api } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
      DeploymentId: !Ref Release
#                   ^
",
    good: &[("      AutoDeploy: true\n", "")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Stage"], check),
};

fn check(cx: &mut Cx<'_>, stage: Resource<'_>) {
    let Some(auto) = stage.get("AutoDeploy").filter(|auto| auto.bool() == Some(true)) else { return };
    let Some(deployment) = stage.get("DeploymentId") else { return };
    cx.report(
        deployment
            .finding(
                format!("stage `{}` deploys by itself and names a deployment", stage.id()),
                "refused beside `AutoDeploy`",
            )
            .also(auto.at(), "deploys by itself")
            .help("leave `DeploymentId` out, or `AutoDeploy`"),
    );
}
