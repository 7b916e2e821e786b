//! `sqs/tight-visibility`: a message stays hidden while a function works on it and tries again.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sqs/tight-visibility",
    code: "MSG-029",
    severity: Severity::Advice,
    phase: Phase::Runtime,
    title: "queue hides a message for less than six times what its function may take",
    why: "with less than six times the time of the function, a message that waits through throttling is handed out again and \
          handled twice",
    error: None,
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
      VisibilityTimeout: 60
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
    good: &[("VisibilityTimeout: 60", "VisibilityTimeout: 180")],
    check: Check::Resources(&["AWS::Lambda::EventSourceMapping"], check),
};

fn check(cx: &mut Cx<'_>, source: Resource<'_>) {
    let Some(times) = super::times(&source) else { return };
    let needed = times.runs.saturating_mul(super::TIMES).saturating_add(times.window);
    // Below one time the mapping is refused, which is another rule's.
    if (times.runs..needed).contains(&times.hidden) {
        super::report_times(cx, &source, &times, needed);
    }
}
