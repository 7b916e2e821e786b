//! `sqs/no-dead-letters`: a message that cannot be handled goes somewhere.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sqs/no-dead-letters",
    code: "MSG-010",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "queue that is worked on has no dead-letter queue",
    why: "a message that its consumer cannot handle comes back until it expires: it blocks its group in a FIFO \
          queue, costs a try each time, and is lost without a trace in the end",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Code: { Type: String }
Resources:
  Jobs:
# ^
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 180
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
  Dead: { Type: AWS::SQS::Queue, Properties: { MessageRetentionPeriod: 1209600 } }
"#,
    good: &[(
        "VisibilityTimeout: 180",
        r"VisibilityTimeout: 180
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 }",
    )],
    check: Check::Resources(&["AWS::SQS::Queue"], check),
};

fn check(cx: &mut Cx<'_>, queue: Resource<'_>) {
    if queue.has("RedrivePolicy") {
        return;
    }
    // A queue that others put their dead letters in ends the line.
    let is_end = queue.referrers().any(|it| names_as_end(&it, &queue));
    let Some(consumer) = consumer(&queue).filter(|_| !is_end) else { return };
    cx.report(
        queue
            .finding(
                format!("queue `{}` has no dead-letter queue", queue.id()),
                "what fails here comes back until it expires",
            )
            .also(consumer.at(), "its messages are worked on")
            .help("add `RedrivePolicy: { deadLetterTargetArn: !GetAtt <queue>.Arn, maxReceiveCount: 5 }`"),
    );
}

/// Returns what shows that somebody works on the messages.
fn consumer<'v>(queue: &Resource<'v>) -> Option<Resource<'v>> {
    let works = |it: &Resource<'v>, path: &str| it.get(path).and_then(|prop| prop.resource()) == Some(*queue);
    queue.referrers().find(|it| match it.kind() {
        "AWS::Lambda::EventSourceMapping" => works(it, "EventSourceArn"),
        "AWS::SNS::Subscription" => works(it, "Endpoint"),
        "AWS::Pipes::Pipe" => works(it, "Source"),
        _ => false,
    })
}

/// Returns whether `it` sends to `queue` what it could not deliver.
fn names_as_end(it: &Resource<'_>, queue: &Resource<'_>) -> bool {
    let names = |path: &str| it.get(path).is_some_and(|prop| prop.mentions().contains(queue));
    match it.kind() {
        "AWS::SQS::Queue" | "AWS::SNS::Subscription" => names("RedrivePolicy"),
        "AWS::Lambda::Function" => names("DeadLetterConfig"),
        "AWS::Lambda::EventInvokeConfig" | "AWS::Lambda::EventSourceMapping" => names("DestinationConfig"),
        "AWS::Events::Rule" => it
            .each("Targets")
            .any(|target| target.get("DeadLetterConfig").is_some_and(|dead| dead.mentions().contains(queue))),
        _ => false,
    }
}
