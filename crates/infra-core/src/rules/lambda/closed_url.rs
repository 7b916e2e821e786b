//! `lambda/closed-url`: a URL for everyone lets everyone in.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "lambda/closed-url",
    code: "FN-001",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "URL of a function that nobody may call",
    why: "a URL without authorization is still guarded by the policy of the function: without a permission for everyone each \
          call is answered with 403",
    error: Some("{\"Message\":\"Forbidden\"}"),
    sources: &["https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Code: { Type: String }
Resources:
  Hook:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs24.x
      Handler: index.handler
      Role: arn:aws:iam::111122223333:role/hook
      Code: { S3Bucket: !Ref Code, S3Key: hook.zip }
  Open:
    Type: AWS::Lambda::Url
    Properties:
      TargetFunctionArn: !GetAtt Hook.Arn
      AuthType: NONE
#               ^
"#,
    good: &[(
        "  Open:\n",
        r#"  May:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunctionUrl
      FunctionName: !Ref Hook
      Principal: "*"
      FunctionUrlAuthType: NONE
  Open:
"#,
    )],
    check: Check::Resources(&["AWS::Lambda::Url"], check),
};

fn check(cx: &mut Cx<'_>, url: Resource<'_>) {
    let Some(auth) = url.get("AuthType").filter(|auth| auth.is("NONE")) else { return };
    let Some(function) = url.get("TargetFunctionArn").and_then(|it| it.resource_of("AWS::Lambda::Function")) else {
        return;
    };
    let lets_in = |permission: &Resource<'_>| {
        permission.get("Action").is_none_or(|action| {
            action.text().is_none_or(|action| crate::view::action_matches(&action, "lambda:InvokeFunctionUrl"))
        }) && permission.get("Principal").is_none_or(|who| who.text().is_none_or(|who| who == "*"))
    };
    if function.permissions().any(|permission| lets_in(&permission)) {
        return;
    }
    cx.report(
        auth.finding(format!("no permission lets anyone call URL `{}`", url.id()), "open to everyone, who may not call")
            .also(function.at(), "the function has no permission for everyone")
            .help(format!(
                "add an AWS::Lambda::Permission with `FunctionName: !Ref {}`, `Action: lambda:InvokeFunctionUrl`, `Principal: \
                 \"*\"` and `FunctionUrlAuthType: NONE`",
                function.id()
            )),
    );
}
