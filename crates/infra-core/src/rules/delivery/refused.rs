//! `delivery/refused`: what receives lets in whoever sends to it.

use super::sender;
use crate::rules::prelude::*;
use crate::rules::sns;
use crate::view::{By, Delivery, Receiver};

pub(super) const RULE: Rule = Rule {
    id: "delivery/refused",
    code: "DEL-001",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "service sends to something that does not let it in",
    why: "a service delivers as itself, and only a policy of what receives lets it in: a queue policy, a topic policy or a \
          Lambda permission that names the service. Without one nothing arrives; some services try it at once and refuse \
          the resource that sends",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
    ],
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
  Changed:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: { source: [aws.ecs] }
      Targets: [{ Id: jobs, Arn: !GetAtt Jobs.Arn }]
#                                ^
"#,
    good: &[(
        "  Changed:\n",
        r#"  JobsPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: events.amazonaws.com }
            Action: sqs:SendMessage
            Resource: !GetAtt Jobs.Arn
            Condition: { ArnEquals: { "aws:SourceArn": !GetAtt Changed.Arn } }
  Changed:
"#,
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for delivery in view.deliveries().filter(|it| !sns::is_to_queue(it) && it.is_refused()) {
        report(cx, &delivery);
    }
}

fn report(cx: &mut Cx<'_>, delivery: &Delivery<'_>) {
    let (By::Service(service), Some(target), Some(receiver)) = (delivery.by(), delivery.target(), delivery.receiver())
    else {
        return;
    };
    let service =
        if service == "cloudwatch.amazonaws.com" { "CloudWatch (`cloudwatch.amazonaws.com`)" } else { service };
    let policies: Vec<Resource<'_>> = delivery.policies();
    let what = match receiver {
        Receiver::Function => format!(
            "add an AWS::Lambda::Permission with `FunctionName: !Ref {}`, `Action: lambda:InvokeFunction`, `Principal: \
             {service}` and the ARN of the sender as `SourceArn`",
            target.id()
        ),
        _ => format!(
            "allow {service} `{}` on {} `{}` in its policy, with the ARN of the sender as `aws:SourceArn`",
            receiver.action(),
            receiver.noun(),
            target.id()
        ),
    };
    let effect = if delivery.slot.tried { "tried and refused at once" } else { "what is sent here never arrives" };
    let mut finding = delivery
        .written
        .finding(
            format!("{} `{}` does not let {} in, no policy allows it", receiver.noun(), target.id(), sender(delivery)),
            effect,
        )
        .also(target.at(), format!("this {}", receiver.noun()));
    if let Some(policy) = policies.first() {
        finding = finding.also(policy.at(), "its policy is not about this sender");
    }
    cx.report(finding.help(what));
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    const FUNCTION: &str = r#"Resources:
  Work: { Type: AWS::Lambda::Function, Properties: { Runtime: python3.13, Handler: a.b, Role: "arn:aws:iam::111122223333:role/work", Code: { ZipFile: "1" } } }
"#;

    fn count(rest: &str) -> usize {
        of_rule(&super::RULE, &format!("{FUNCTION}{rest}")).len()
    }

    fn permission(service: &str, rest: &str) -> String {
        format!(
            "  May: {{ Type: AWS::Lambda::Permission, Properties: {{ Action: lambda:InvokeFunction, FunctionName: !Ref Work, Principal: {service}{rest} }} }}\n"
        )
    }

    #[test]
    fn a_function_lets_in_who_its_permission_names_for_that_source() {
        let rule = "  Hourly: { Type: AWS::Events::Rule, Properties: { ScheduleExpression: rate(1 hour), Targets: [{ Id: a, Arn: !GetAtt Work.Arn }] } }\n  Other: { Type: AWS::Events::Rule, Properties: { ScheduleExpression: rate(1 hour), State: DISABLED } }\n";
        let with = |service: &str, rest: &str| count(&format!("{rule}{}", permission(service, rest)));
        assert_eq!(count(rule), 1);
        assert_eq!(with("events.amazonaws.com", ""), 0);
        assert_eq!(with("s3.amazonaws.com", ""), 1);
        assert_eq!(with("events.amazonaws.com", ", SourceArn: !GetAtt Hourly.Arn"), 0);
        assert_eq!(with("events.amazonaws.com", ", SourceArn: !GetAtt Other.Arn"), 1);
        assert_eq!(
            with("events.amazonaws.com", ", SourceArn: !Sub \"arn:aws:events:eu-west-1:111122223333:rule/${Other}\""),
            1
        );
        assert_eq!(with("\"*\"", ""), 0);
    }

    #[test]
    fn each_service_that_invokes_a_function_needs_its_permission() {
        for (sender, service) in [
            (
                "{ Type: AWS::SNS::Subscription, Properties: { TopicArn: \"arn:aws:sns:eu-west-1:111122223333:a\", Protocol: lambda, Endpoint: !GetAtt Work.Arn } }",
                "sns.amazonaws.com",
            ),
            (
                "{ Type: AWS::Cognito::UserPool, Properties: { LambdaConfig: { PreSignUp: !GetAtt Work.Arn } } }",
                "cognito-idp.amazonaws.com",
            ),
            (
                "{ Type: AWS::CloudWatch::Alarm, Properties: { Metrics: [], AlarmActions: [!GetAtt Work.Arn] } }",
                "lambda.alarms.cloudwatch.amazonaws.com",
            ),
            (
                "{ Type: AWS::SecretsManager::RotationSchedule, Properties: { SecretId: a, RotationLambdaARN: !GetAtt Work.Arn } }",
                "secretsmanager.amazonaws.com",
            ),
            (
                "{ Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: { TargetType: lambda, Targets: [{ Id: !GetAtt Work.Arn }] } }",
                "elasticloadbalancing.amazonaws.com",
            ),
        ] {
            let sends = format!("  Sender: {sender}\n");
            assert_eq!(count(&sends), 1, "{sender}");
            assert_eq!(count(&format!("{sends}{}", permission(service, ""))), 0, "{sender}");
        }
    }

    #[test]
    fn a_topic_lets_alarms_of_the_account_in_until_it_has_a_policy() {
        let alarm = "  Pager: { Type: AWS::SNS::Topic }\n  Errors: { Type: AWS::CloudWatch::Alarm, Properties: { AlarmActions: [!Ref Pager] } }\n";
        let policy = |statement: &str| {
            count(&format!(
                "{alarm}  Open: {{ Type: AWS::SNS::TopicPolicy, Properties: {{ Topics: [!Ref Pager], PolicyDocument: {{ Statement: [{statement}] }} }} }}\n"
            ))
        };
        assert_eq!(count(alarm), 0);
        assert_eq!(
            policy(
                "{ Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: \"sns:Publish\", Resource: \"*\" }"
            ),
            1
        );
        assert_eq!(
            policy(
                "{ Effect: Allow, Principal: { Service: cloudwatch.amazonaws.com }, Action: \"sns:Publish\", Resource: \"*\" }"
            ),
            0
        );
        assert_eq!(
            policy(
                "{ Effect: Allow, Principal: { AWS: \"*\" }, Action: \"sns:Publish\", Resource: \"*\", Condition: { StringEquals: { \"AWS:SourceOwner\": \"111122223333\" } } }"
            ),
            0
        );
        assert_eq!(
            policy(
                "{ Effect: Allow, Principal: { AWS: \"*\" }, Action: \"sns:Publish\", Resource: \"*\", Condition: { StringEquals: { \"AWS:SourceOwner\": \"444455556666\" } } }"
            ),
            1
        );
    }
}
