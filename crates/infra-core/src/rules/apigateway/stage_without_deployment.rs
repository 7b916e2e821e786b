//! `apigateway/stage-without-deployment`: a stage of a REST API is of a deployment.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/stage-without-deployment",
    code: "APIGW-035",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "stage of a REST API without a deployment",
    why: "a stage of a REST API shows one deployment of it, and API Gateway refuses a stage that names none",
    error: Some("Deployment id cannot be null"),
    sources: &["https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: { Name: shop, EndpointConfiguration: { Types: [REGIONAL] } }
  Live:
# ^
    Type: AWS::ApiGateway::Stage
    Properties:
      RestApiId: !Ref Api
      StageName: live
",
    good: &[("StageName: live", "StageName: live\n      DeploymentId: abc123")],
    check: Check::Resources(&["AWS::ApiGateway::Stage"], check),
};

fn check(cx: &mut Cx<'_>, stage: Resource<'_>) {
    if stage.has("DeploymentId") {
        return;
    }
    cx.report(
        stage
            .finding(format!("stage `{}` names no deployment", stage.id()), "a stage shows one deployment")
            .help("add `DeploymentId: !Ref <AWS::ApiGateway::Deployment>`"),
    );
}
