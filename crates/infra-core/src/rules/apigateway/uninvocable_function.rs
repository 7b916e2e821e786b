//! `apigateway/uninvocable-function`: an API may invoke its functions.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/uninvocable-function",
    code: "APIGW-026",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "API may not invoke the function behind it",
    why: "a function is invoked by those whom its own policy names: without a permission for \
          `apigateway.amazonaws.com` every call ends in 500, and only the access log says why",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Code: { Type: String }
  Role: { Type: String }
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
  Orders:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs24.x
      Handler: index.handler
      Role: !Ref Role
      Code: { S3Bucket: !Ref Code, S3Key: orders.zip }
  ToOrders:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !GetAtt Orders.Arn
#                     ^
      PayloadFormatVersion: "2.0"
"#,
    good: &[(
        "  ToOrders:",
        r#"  Allow:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !Ref Orders
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*"
  ToOrders:"#,
    )],
    check: Check::Resources(
        &[
            "AWS::ApiGateway::Method",
            "AWS::ApiGatewayV2::Integration",
            "AWS::ApiGatewayV2::Authorizer",
            "AWS::ApiGateway::Authorizer",
        ],
        check,
    ),
};

/// Where each type names a function, and the role to invoke it with instead of a permission.
const SLOTS: &[(&str, &str, &str)] = &[
    ("AWS::ApiGateway::Authorizer", "AuthorizerUri", "AuthorizerCredentials"),
    ("AWS::ApiGateway::Method", "Integration.Uri", "Integration.Credentials"),
    ("AWS::ApiGatewayV2::Authorizer", "AuthorizerUri", "AuthorizerCredentialsArn"),
    ("AWS::ApiGatewayV2::Integration", "IntegrationUri", "CredentialsArn"),
];

fn check(cx: &mut Cx<'_>, caller: Resource<'_>) {
    let Some((_, uri, role)) = SLOTS.iter().find(|(kind, ..)| *kind == caller.kind()) else { return };
    let Some(uri) = caller.get(uri).filter(|_| !caller.has(role)) else { return };
    let Some(api) = super::api(&caller) else { return };
    let functions = uri.mentions().into_iter().filter(|it| it.kind() == "AWS::Lambda::Function");
    for function in functions {
        let mut referring = function.referrers_of("AWS::Lambda::Permission");
        let mut all = function.view().of("AWS::Lambda::Permission");
        if referring.any(|it| admits(&it, &api)) || all.any(|it| may_name(&it, &function) && admits(&it, &api)) {
            continue;
        }
        cx.report(
            uri.finding(format!("API `{}` may not invoke function `{}`", api.id(), function.id()), "invoked here")
                .also(function.at(), "no permission for this API")
                .help(format!(
                    "add an AWS::Lambda::Permission with `FunctionName: !Ref {}`, `Principal: apigateway.amazonaws.com` \
                     and the ARN of the API as `SourceArn`",
                    function.id()
                )),
        );
    }
}

/// Returns whether a permission is of the function by its name, or by something that is not known.
fn may_name(permission: &Resource<'_>, function: &Resource<'_>) -> bool {
    let Some(named) = permission.get("FunctionName") else { return true };
    match (named.resource(), named.text()) {
        (Some(resource), _) => resource == *function,
        (None, Some(text)) => function.name().is_some_and(|name| text == name),
        (None, None) => true,
    }
}

fn admits(permission: &Resource<'_>, api: &Resource<'_>) -> bool {
    let principal = permission.get("Principal").and_then(|principal| principal.text());
    if principal.is_some_and(|principal| principal != "apigateway.amazonaws.com" && principal != "*") {
        return false;
    }
    let Some(source) = permission.get("SourceArn") else { return true };
    let is_api = |it: &Resource<'_>| matches!(it.kind(), "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api");
    let named: Vec<Resource<'_>> = source.mentions().into_iter().filter(is_api).collect();
    named.is_empty() || named.contains(api)
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn a_permission_for_another_api_does_not_help() {
        let other = super::RULE.good_example().replace("${Api}/*", "${Other}/*").replace(
            "Resources:\n",
            "Resources:\n  Other: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: other, ProtocolType: HTTP } }\n",
        );
        assert_eq!(of_rule(&super::RULE, &other).len(), 1);
    }

    #[test]
    fn a_permission_may_name_the_function_by_text() {
        let by_name = super::RULE.good_example().replace("FunctionName: !Ref Orders", "FunctionName: orders").replace(
            "      Runtime:",
            "      FunctionName: orders
      Runtime:",
        );
        assert!(of_rule(&super::RULE, &by_name).is_empty());
    }
}
