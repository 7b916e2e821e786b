//! `observability/unknown-metric`: an alarm watches what a service publishes.

use crate::diag::suggest;
use crate::facts::metrics;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "observability/unknown-metric",
    code: "OBS-010",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "alarm on a metric or dimension that this version does not know",
    why: "CloudWatch takes an alarm on any name, and one that no service publishes has no data: the alarm never goes off",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Full:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisable
#                 ^
      Dimensions: [{ Name: QueueName, Value: jobs }]
      Statistic: Maximum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 100
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: ["arn:aws:sns:eu-west-1:111122223333:oncall"]
"#,
    good: &[("Visable", "Visible")],
    check: Check::Resources(&["AWS::CloudWatch::Alarm"], check),
};

fn check(cx: &mut Cx<'_>, alarm: Resource<'_>) {
    for metric in super::metrics(&alarm) {
        let Some((written, text)) = metric.key("Namespace").and_then(|it| Some((it, it.text()?))) else { continue };
        let Some(namespace) = metrics::find(&text) else {
            // Only AWS has namespaces that begin so; one in other letters is nobody's.
            let near = metrics::NAMESPACES.iter().find(|it| it.name.eq_ignore_ascii_case(&text));
            if let Some(near) = near {
                let title = format!("alarm `{}` looks into `{text}`, where nothing is published", alarm.id());
                let finding = written.finding(title, format!("the namespace is `{}`", near.name));
                cx.report(finding.help(format!("write `{}`", near.name)).fix(written.replace(near.name)));
            }
            continue;
        };
        let name = metric.key("MetricName").map(|it| (it, "metric", namespace.metrics));
        let dimensions = metric.each("Dimensions").filter_map(|it| it.key("Name"));
        let dimensions = dimensions.map(|it| (it, "dimension", namespace.dimensions));
        for (written, noun, known) in name.into_iter().chain(dimensions) {
            let Some(text) = written.text().filter(|text| !known.contains(&text.as_ref())) else { continue };
            let title = format!(
                "alarm `{}` asks `{}` for the {noun} `{text}`, which this version does not know",
                alarm.id(),
                namespace.name
            );
            let finding = written.finding(title, format!("no {noun} of `{}`", namespace.name));
            cx.report(match suggest(&text, known.iter().copied()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")).fix(written.replace(near)),
                None if known.len() < 8 => finding.help(format!("it publishes with {}", known.join(", "))),
                None => finding.help("look it up in the list of metrics of the service; a newer one is right"),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn dimensions_and_metrics_of_queries_count_too() {
        let good = super::RULE.good_example();
        let count = |from: &str, to: &str| of_rule(&super::RULE, &good.replace(from, to)).len();
        assert_eq!(count("Name: QueueName", "Name: Queue"), 1);
        assert_eq!(count("Namespace: AWS/SQS", "Namespace: Shop/Jobs"), 0);
        assert_eq!(count("Name: QueueName", "Name: !Ref AWS::StackName"), 1);
        let query = r"
Resources:
  Full:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Metrics: [{ Id: a, MetricStat: { Metric: { Namespace: AWS/Lambda, MetricName: Error }, Period: 60, Stat: Sum } }]
";
        assert_eq!(of_rule(&super::RULE, query).len(), 1);
    }
}
