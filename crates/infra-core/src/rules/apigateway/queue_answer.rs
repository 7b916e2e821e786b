//! `apigateway/queue-answer`: what is only queued is answered with 202.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/queue-answer",
    code: "APIGW-009",
    severity: Severity::Advice,
    phase: Phase::Runtime,
    title: "caller is told 200 for what has only been queued",
    why: "an integration with SQS passes the answer of SQS on, with status 200; a caller that has to come back \
          for the result is better told 202",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html"],
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
#                         ^
      CredentialsArn: !GetAtt Role.Arn
      PayloadFormatVersion: "1.0"
      RequestParameters: { QueueUrl: !Ref Jobs, MessageBody: $request.body }
"#,
    good: &[(
        "QueueUrl: !Ref Jobs, MessageBody: $request.body }",
        r#"QueueUrl: !Ref Jobs, MessageBody: $request.body }
      ResponseParameters:
        "200": { ResponseParameters: [{ Destination: "overwrite:statuscode", Source: "202" }] }"#,
    )],
    check: Check::Resources(&["AWS::ApiGatewayV2::Integration"], check),
};

fn check(cx: &mut Cx<'_>, integration: Resource<'_>) {
    let Some(subtype) = integration.get("IntegrationSubtype").filter(|it| it.is("SQS-SendMessage")) else { return };
    if integration.get("ResponseParameters").is_some_and(|it| it.key("200").is_some() || !it.is_object()) {
        return;
    }
    cx.report(
        subtype
            .finding(format!("`{}` answers 200 before anything is done", integration.id()), "answers as SQS does")
            .help(
                "add `ResponseParameters: { \"200\": { ResponseParameters: [{ Destination: \"overwrite:statuscode\", \
                 Source: \"202\" }] } }`",
            ),
    );
}
