//! `resilience/function-outlives-caller`: time-outs shrink on the way in.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "resilience/function-outlives-caller",
    code: "RES-008",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "function may run longer than its caller waits",
    why: "when the API gives up, the caller gets a 503 or 504 while the function works on: what it does then is paid \
          for, done, and done again by the retry",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Code: { Type: String }
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }]
  Orders:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs24.x
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code: { S3Bucket: !Ref Code, S3Key: orders.zip }
      Timeout: 60
#              ^
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: shop, ProtocolType: HTTP }
  Allow:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !Ref Orders
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*"
  ToOrders:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !GetAtt Orders.Arn
      PayloadFormatVersion: "2.0"
      TimeoutInMillis: 10000
"#,
    good: &[("Timeout: 60\n", "Timeout: 9\n")],
    check: Check::Resources(&["AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Integration"], check),
};

fn check(cx: &mut Cx<'_>, caller: Resource<'_>) {
    let (uri, timeout) = match caller.kind() {
        "AWS::ApiGateway::Method" => ("Integration.Uri", "Integration.TimeoutInMillis"),
        _ => ("IntegrationUri", "TimeoutInMillis"),
    };
    // The default is far above what most functions need; only a limit that somebody chose is a contract.
    let Some(chosen) = caller.get(timeout) else { return };
    let Some(waits) = chosen.int() else { return };
    let functions = caller.get(uri).into_iter().flat_map(|uri| uri.mentions());
    for function in functions.filter(|resource| resource.kind() == "AWS::Lambda::Function") {
        let Some(runs) = function.get("Timeout") else { continue };
        let Some(seconds) = runs.int().filter(|seconds| seconds.saturating_mul(1000) > waits) else { continue };
        cx.report(
            runs.finding(
                format!("function `{}` may run {seconds} s, its API waits {waits} ms", function.id()),
                format!("up to {seconds} s"),
            )
            .also(chosen.at(), "the API gives up here")
            .help(format!("set `Timeout` to {} or less, or let the API wait longer", (waits / 1000).max(1))),
        );
    }
}
