//! `apigateway/unordered-logging`: a stage logs once it may.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/unordered-logging",
    code: "APIGW-020",
    severity: Severity::Warning,
    phase: Phase::Deploy,
    title: "stage logs before the account has a role for it",
    why: "execution logs are written with the role of the account setting; a stage that is made before that \
          setting is refused",
    error: Some("CloudWatch Logs role ARN must be set in account settings to enable logging"),
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  LogRole: { Type: String }
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: { Name: shop, EndpointConfiguration: { Types: [REGIONAL] } }
  Orders:
    Type: AWS::ApiGateway::Resource
    Properties: { RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: orders }
  ListOrders:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Orders
      HttpMethod: GET
      AuthorizationType: AWS_IAM
      Integration: { Type: HTTP_PROXY, IntegrationHttpMethod: GET, Uri: "https://orders.example.net/v1/orders" }
  Deployment:
    Type: AWS::ApiGateway::Deployment
    DependsOn: [ListOrders]
    Properties: { RestApiId: !Ref Api }
  Account:
    Type: AWS::ApiGateway::Account
    Properties: { CloudWatchRoleArn: !Ref LogRole }
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties:
      RestApiId: !Ref Api
      DeploymentId: !Ref Deployment
      StageName: prod
      MethodSettings: [{ HttpMethod: "*", ResourcePath: "/*", LoggingLevel: INFO }]
#                                                                           ^
"#,
    good: &[(
        r"AWS::ApiGateway::Stage
",
        r"AWS::ApiGateway::Stage
    DependsOn: [Account]
",
    )],
    check: Check::Resources(&["AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage"], check),
};

fn check(cx: &mut Cx<'_>, stage: Resource<'_>) {
    let levels = stage.each("MethodSettings").filter_map(|it| it.get("LoggingLevel"));
    let mut levels = levels.chain(stage.get("DefaultRouteSettings.LoggingLevel"));
    let Some(level) = levels.find(|level| level.is_one_of(&["INFO", "ERROR"])) else { return };
    let mut accounts = stage.view().of("AWS::ApiGateway::Account").filter(|it| it.stack() == stage.stack());
    let Some(account) = accounts.next().filter(|account| !stage.comes_after(account)) else { return };
    cx.report(
        level
            .finding(format!("stage `{}` may be made before it may log", stage.id()), "needs the role of the account")
            .also(account.at(), "sets that role")
            .help(format!("add `DependsOn: [{}]` to the stage", account.id())),
    );
}
