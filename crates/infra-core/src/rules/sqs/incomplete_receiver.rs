//! `sqs/incomplete-receiver`: the role of a function may do what polling takes.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sqs/incomplete-receiver",
    code: "MSG-014",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "function reads a queue with a role that may not",
    why: "Lambda polls a queue with the role of the function, which needs to receive and delete messages and \
          to read the attributes of the queue; the mapping is refused without",
    error: Some("The provided execution role does not have permissions to call ReceiveMessage on SQS"),
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
      VisibilityTimeout: 180
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
                Action: ["sqs:ReceiveMessage", "sqs:GetQueueAttributes"]
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
#                                 ^
"#,
    good: &[(r#""sqs:ReceiveMessage", "#, r#""sqs:ReceiveMessage", "sqs:DeleteMessage", "#)],
    check: Check::Resources(&["AWS::Lambda::EventSourceMapping"], check),
};

const ACTIONS: &[&str] = &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

fn check(cx: &mut Cx<'_>, source: Resource<'_>) {
    let Some(slot) = source.get("EventSourceArn") else { return };
    let Some(queue) = slot.resource_of("AWS::SQS::Queue") else { return };
    let function = source.get("FunctionName").and_then(|function| function.resource_of("AWS::Lambda::Function"));
    let Some(role) = function.and_then(|function| function.get("Role")?.resource_of("AWS::IAM::Role")) else { return };
    // The policy of the queue may let the role in instead.
    let Some(statements) = queue.policy_statements() else { return };
    let by_queue = |action: &str| {
        statements.iter().any(|it| {
            it.allows()
                && it.covers(action)
                && it.principals("AWS").any(|who| who.resource().is_none_or(|who| who == role))
        })
    };
    let missing: Vec<&str> =
        ACTIONS.iter().copied().filter(|action| !role.may(action, &queue) && !by_queue(action)).collect();
    if missing.is_empty() {
        return;
    }
    cx.report(
        slot.finding(
            format!("role `{}` may not `{}` on queue `{}`", role.id(), missing.join("`, `"), queue.id()),
            "read with the role of the function",
        )
        .also(role.at(), "the role")
        .help(format!("allow the role `{}` on the ARN of the queue", missing.join("`, `"))),
    );
}
