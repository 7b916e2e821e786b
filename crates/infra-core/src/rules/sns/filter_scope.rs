//! `sns/filter-scope`: a filter looks where the message has what it asks for.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sns/filter-scope",
    code: "MSG-012",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "filter looks into the body, its scope are the attributes",
    why: "a filter policy matches message attributes unless `FilterPolicyScope` says `MessageBody`; attributes \
          have no levels, so a nested filter is refused and one meant for the body lets nothing through",
    error: None,
    sources: &["https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering-scope.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties: { MessageRetentionPeriod: 1209600 }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 }
  Orders: { Type: AWS::SNS::Topic }
  ToJobs:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Orders
      Protocol: sqs
      Endpoint: !GetAtt Jobs.Arn
      FilterPolicy: { order: { status: [created] } }
#                     ^
  JobsPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: sns.amazonaws.com }
            Action: sqs:SendMessage
            Resource: !GetAtt Jobs.Arn
            Condition: { ArnEquals: { "aws:SourceArn": !Ref Orders } }
"#,
    good: &[(
        "{ order: { status: [created] } }",
        r"{ order: { status: [created] } }
      FilterPolicyScope: MessageBody",
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for subscription in view.subscriptions() {
        let scope = subscription.get("FilterPolicyScope");
        if scope.is_some_and(|scope| !scope.is("MessageAttributes")) {
            continue;
        }
        let filters = subscription.get("FilterPolicy").into_iter().flat_map(|policy| policy.entries());
        for (key, nested) in filters.filter(|(key, filter)| filter.is_object() && !key.starts_with("Fn::")) {
            cx.report(
                nested
                    .finding(
                        format!("filter on `{key}` has levels, message attributes have none"),
                        "only a body has levels",
                    )
                    .help("write `FilterPolicyScope: MessageBody`"),
            );
        }
    }
}
