//! `apigateway/queue-parameters`: an integration with SQS says all that SQS asks for.

use crate::rules::prelude::*;
use crate::rules::sqs;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/queue-parameters",
    code: "APIGW-007",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "integration with SQS lacks what SQS has to be told",
    why: "a message needs a queue and a body, in a FIFO queue a group, and the call a role; the payload format \
          is 1.0",
    error: Some(
        "Operation: SQS-SendMessage requires enabling passthrough, or defining all of the following \
         parameters",
    ),
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
  Jobs: { Type: AWS::SQS::Queue }
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: apigateway.amazonaws.com }, Action: "sts:AssumeRole" }]
      Policies:
        - PolicyName: send
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{ Effect: Allow, Action: "sqs:SendMessage", Resource: !GetAtt Jobs.Arn }]
  ToJobs:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      CredentialsArn: !GetAtt Role.Arn
      PayloadFormatVersion: "1.0"
      RequestParameters: { QueueUrl: !Ref Jobs }
#     ^
"#,
    good: &[("QueueUrl: !Ref Jobs", "QueueUrl: !Ref Jobs, MessageBody: $request.body")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Integration"], check),
};

fn check(cx: &mut Cx<'_>, integration: Resource<'_>) {
    if !integration.get("IntegrationSubtype").is_some_and(|it| it.is("SQS-SendMessage")) {
        return;
    }
    let parameters = integration.get("RequestParameters");
    if parameters.is_some_and(|parameters| !parameters.is_object()) {
        return;
    }
    let has = |key: &str| parameters.is_some_and(|parameters| parameters.key(key).is_some());
    let queue = integration.get("RequestParameters.QueueUrl").and_then(|queue| queue.resource_of("AWS::SQS::Queue"));
    let fifo = queue.is_some_and(|queue| sqs::is_fifo(&queue) == Some(true));
    let needed = [("QueueUrl", true), ("MessageBody", true), ("MessageGroupId", fifo)];
    for (key, _) in needed.iter().filter(|(key, needed)| *needed && !has(key)) {
        cx.report(
            integration
                .finding_at(
                    "RequestParameters",
                    format!("`{}` sends no `{key}` to SQS", integration.id()),
                    format!("no `{key}`"),
                )
                .help(format!("add `{key}` to `RequestParameters`")),
        );
    }
    if !integration.has("CredentialsArn") {
        cx.report(
            integration
                .finding(format!("`{}` has no role to send with", integration.id()), "no `CredentialsArn`")
                .help("add `CredentialsArn: !GetAtt <role>.Arn`"),
        );
    }
    if let Some(version) = integration.get("PayloadFormatVersion").filter(|it| it.text().is_some_and(|it| it != "1.0"))
    {
        cx.report(
            version
                .finding("integrations with AWS services use payload format 1.0", "another format")
                .help("write `PayloadFormatVersion: \"1.0\"`"),
        );
    }
}
