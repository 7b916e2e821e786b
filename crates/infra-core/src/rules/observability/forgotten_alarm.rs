//! `observability/forgotten-alarm`: where some dead-letter queues, targets or APIs are watched, all of them are.

use std::collections::BTreeSet;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "observability/forgotten-alarm",
    code: "OBS-007",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "a resource without the alarm that its siblings have",
    why: "messages in a dead-letter queue and targets that fail their checks are seen by nobody unless an alarm says so; \
          this deployment watches some of them and not this one",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  PaymentDead:
    Type: AWS::SQS::Queue
    Properties: { MessageRetentionPeriod: 1209600 }
  Payment:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: { deadLetterTargetArn: !GetAtt PaymentDead.Arn, maxReceiveCount: 5 }
  EmailDead:
# ^
    Type: AWS::SQS::Queue
    Properties: { MessageRetentionPeriod: 1209600 }
  Email:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: { deadLetterTargetArn: !GetAtt EmailDead.Arn, maxReceiveCount: 5 }
  PaymentDeadAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisible
      Dimensions: [{ Name: QueueName, Value: !GetAtt PaymentDead.QueueName }]
      Statistic: Maximum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 0
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: ["arn:aws:sns:eu-west-1:111122223333:oncall"]
"#,
    good: &[(
        "  PaymentDeadAlarm:\n",
        "  EmailDeadAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisible
      Dimensions: [{ Name: QueueName, Value: !GetAtt EmailDead.QueueName }]
      Statistic: Maximum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 0
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: [\"arn:aws:sns:eu-west-1:111122223333:oncall\"]
  PaymentDeadAlarm:
",
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let queues = view.of("AWS::SQS::Queue");
    let dead: BTreeSet<Resource<'_>> = queues
        .filter_map(|queue| queue.get("RedrivePolicy.deadLetterTargetArn")?.resource_of("AWS::SQS::Queue"))
        .collect();
    missing(cx, &dead, "dead-letter queue", "ApproximateNumberOfMessagesVisible");
    let groups: BTreeSet<Resource<'_>> = view.of("AWS::ElasticLoadBalancingV2::TargetGroup").collect();
    missing(cx, &groups, "target group", "UnHealthyHostCount");
}

fn missing(cx: &mut Cx<'_>, resources: &BTreeSet<Resource<'_>>, noun: &str, metric: &str) {
    let watched = |resource: &&Resource<'_>| {
        resource.referrers_of("AWS::CloudWatch::Alarm").any(|alarm| metrics(&alarm).any(|name| name.is(metric)))
    };
    let (seen, unseen): (Vec<Resource<'_>>, Vec<Resource<'_>>) = resources.iter().partition(watched);
    let Some(example) = seen.first() else { return };
    for resource in unseen {
        let finding = resource
            .finding(format!("{noun} `{}` has no alarm on `{metric}`", resource.id()), "nobody would notice")
            .also(example.at(), "this one is watched");
        cx.report(finding.help(format!("add an alarm on `{metric}` of it")));
    }
}

/// The metrics of an alarm: its own, or those of its queries.
fn metrics<'v>(alarm: &Resource<'v>) -> impl Iterator<Item = Prop<'v>> + use<'v> {
    let queries = alarm.each("Metrics").filter_map(|query| query.get("MetricStat.Metric.MetricName"));
    alarm.get("MetricName").into_iter().chain(queries)
}
