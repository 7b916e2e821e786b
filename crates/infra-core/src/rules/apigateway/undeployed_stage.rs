//! `apigateway/undeployed-stage`: a stage gets the routes.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/undeployed-stage",
    code: "APIGW-019",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "stage to which routes never come",
    why: "routes are live only once they are deployed to a stage, by `AutoDeploy` or by a deployment that the \
          stage names",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html"],
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
",
    good: &[(
        "StageName: $default",
        r"StageName: $default
      AutoDeploy: true",
    )],
    check: Check::Resources(&["AWS::ApiGatewayV2::Stage"], check),
};

fn check(cx: &mut Cx<'_>, stage: Resource<'_>) {
    let Some(auto) = stage.bool_or("AutoDeploy", false) else { return };
    // A deployment may name the stage instead.
    let mut deployments =
        super::api(&stage).into_iter().flat_map(|api| api.referrers_of("AWS::ApiGatewayV2::Deployment"));
    let by_deployment = deployments.any(|deployment| deployment.has("StageName"));
    if !auto && !by_deployment && !stage.has("DeploymentId") {
        cx.report(
            stage
                .finding(
                    format!("nothing is deployed to stage `{}`", stage.id()),
                    "neither `AutoDeploy` nor a deployment",
                )
                .help("write `AutoDeploy: true`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn a_deployment_may_name_the_stage_instead() {
        let deployed = format!(
            "{}  Live:
    Type: AWS::ApiGatewayV2::Deployment
    Properties: {{ ApiId: !Ref Api, StageName: $default }}
",
            super::RULE.bad_example()
        );
        assert!(of_rule(&super::RULE, &deployed).is_empty());
    }
}
