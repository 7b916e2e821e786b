//! `cloudfront/metric-region`: global metrics are watched where they are.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/metric-region",
    code: "CF-023",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "alarm on a global metric outside us-east-1",
    why: "CloudFront and Route 53 write their metrics to us-east-1 only; an alarm elsewhere waits for data \
          that never comes",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-cloudwatch.html",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: alarms.yaml region=eu-west-1
Resources:
  EndpointDown:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Route53
#                ^
      MetricName: HealthCheckStatus
      Dimensions: [{ Name: HealthCheckId, Value: 6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a }]
      Statistic: Minimum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: LessThanThreshold
      AlarmActions: ["arn:aws:sns:eu-west-1:111122223333:oncall"]
"#,
    good: &[("region=eu-west-1", "region=us-east-1"), ("arn:aws:sns:eu-west-1", "arn:aws:sns:us-east-1")],
    check: Check::Resources(&["AWS::CloudWatch::Alarm"], check),
};

fn check(cx: &mut Cx<'_>, alarm: Resource<'_>) {
    let home = alarm.region().filter(|region| region.as_str() != "us-east-1" && region.partition().as_str() == "aws");
    let Some(home) = home else { return };
    let metrics = alarm.each("Metrics").filter_map(|query| query.get("MetricStat.Metric.Namespace"));
    for namespace in alarm.get("Namespace").into_iter().chain(metrics) {
        if namespace.is_one_of(&["AWS/CloudFront", "AWS/Route53"]) {
            cx.report(
                namespace
                    .finding(format!("alarm `{}` never has data in {home}", alarm.id()), "written to us-east-1")
                    .help("put the alarm into a stack of us-east-1"),
            );
        }
    }
}
