//! `sqs/visibility-below-function`: a message stays hidden while a function works on it.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sqs/visibility-below-function",
    code: "MSG-008",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "queue shows a message again while the function still works on it",
    why: "below the function's own timeout the mapping is refused; AWS advises six times as long, or a message \
          that waits through throttling is handed out again and handled twice",
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

/// What SQS hides a message for where nothing is written. Unit: seconds.
const DEFAULT_VISIBILITY: i64 = 30;
/// How long a function may run where nothing is written. Unit: seconds.
const DEFAULT_TIMEOUT: i64 = 3;
/// How many times its own time a function is to be given.
const TIMES: i64 = 6;

fn check(cx: &mut Cx<'_>, source: Resource<'_>) {
    let queue = source.get("EventSourceArn").and_then(|queue| queue.resource_of("AWS::SQS::Queue"));
    let function = source.get("FunctionName").and_then(|function| function.resource_of("AWS::Lambda::Function"));
    let (Some(queue), Some(function)) = (queue, function) else { return };
    let (Some(hidden), Some(runs), Some(window)) = (
        queue.int_or("VisibilityTimeout", DEFAULT_VISIBILITY),
        function.int_or("Timeout", DEFAULT_TIMEOUT),
        source.int_or("MaximumBatchingWindowInSeconds", 0),
    ) else {
        return;
    };
    let needed = runs.saturating_mul(TIMES).saturating_add(window);
    if hidden >= needed {
        return;
    }
    let visibility = queue.get("VisibilityTimeout");
    // Below the function's own time Lambda refuses the mapping; up to six times is advised.
    let severity = if hidden < runs { Severity::Error } else { Severity::Advice };
    cx.report_as(
        severity,
        queue
            .finding_at(
                "VisibilityTimeout",
                format!("queue `{}` hides a message {hidden} s, its function may take up to {needed} s", queue.id()),
                format!("{hidden} s"),
            )
            .also(function.nearest("Timeout").at(), format!("the function may run {runs} s"))
            .also(source.at(), "the function reads the queue")
            .help(format!("write `VisibilityTimeout: {needed}`"))
            .fix(visibility.and_then(|visibility| visibility.replace(&needed.to_string()))),
    );
}
