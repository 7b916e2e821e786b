//! `sqs/visibility-below-function`: a message stays hidden while a function works on it.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sqs/visibility-below-function",
    code: "MSG-008",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "queue shows a message again while the function still works on it",
    why: "a queue hides a message at least as long as the function that reads it may run; otherwise the mapping is refused",
    error: Some("Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"),
    sources: &["https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Code: { Type: String }
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties: { MessageRetentionPeriod: 1209600 }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 20
#                        ^
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 }
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }]
      Policies:
        - PolicyName: receive
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
                Resource: !GetAtt Jobs.Arn
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs24.x
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code: { S3Bucket: !Ref Code, S3Key: worker.zip }
      Timeout: 30
  Source:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { EventSourceArn: !GetAtt Jobs.Arn, FunctionName: !Ref Worker }
"#,
    good: &[("VisibilityTimeout: 20", "VisibilityTimeout: 180")],
    check: Check::Resources(&["AWS::Lambda::EventSourceMapping"], check),
};

fn check(cx: &mut Cx<'_>, source: Resource<'_>) {
    let Some(times) = super::times(&source) else { return };
    if times.hidden < times.runs {
        super::report_times(cx, &source, &times, times.runs.saturating_mul(super::TIMES).saturating_add(times.window));
    }
}
