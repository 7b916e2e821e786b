//! `sqs/competing-functions`: one queue has one consumer.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sqs/competing-functions",
    code: "MSG-020",
    severity: Severity::Warning,
    phase: Phase::Design,
    title: "two functions take messages from one queue",
    why: "each message of a queue goes to one receiver: two functions on one queue see a part of the messages \
          each, and one that filters discards what it does not want",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html",
    ],
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
  Mailer:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs24.x
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code: { S3Bucket: !Ref Code, S3Key: mailer.zip }
  MailSource:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { EventSourceArn: !GetAtt Jobs.Arn, FunctionName: !Ref Mailer }
#                                 ^
"#,
    good: &[("FunctionName: !Ref Mailer", "FunctionName: !Ref Mailer, Enabled: false")],
    check: Check::Resources(&["AWS::SQS::Queue"], check),
};

fn check(cx: &mut Cx<'_>, queue: Resource<'_>) {
    let slots = queue.referrers_of("AWS::Lambda::EventSourceMapping").filter_map(|source| {
        let slot = source.get("EventSourceArn").filter(|slot| slot.resource() == Some(queue))?;
        let function = source.get("FunctionName")?.resource_of("AWS::Lambda::Function")?;
        (source.bool_or("Enabled", true) == Some(true)).then_some((slot, function))
    });
    let slots: Vec<(Prop<'_>, Resource<'_>)> = slots.collect();
    let Some((first, owner)) = slots.first() else { return };
    for (slot, function) in slots.iter().filter(|(_, function)| function != owner) {
        cx.report(
            slot.finding(
                format!(
                    "functions `{}` and `{}` share the messages of queue `{}`",
                    owner.id(),
                    function.id(),
                    queue.id()
                ),
                "takes messages away from the other",
            )
            .also(first.at(), "the other function reads it here")
            .help("give each its own queue and subscribe both to a topic"),
        );
    }
}
