//! `observability/dimension-value`: a dimension has the form in which the service publishes it.

use crate::facts::metrics::NAMED;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "observability/dimension-value",
    code: "OBS-011",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "dimension of an alarm that no data has",
    why: "data of a metric are told apart by the exact text of their dimensions: with an ARN or a URL in the place of a name the \
          alarm has no data and never goes off",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties: { MessageRetentionPeriod: 1209600 }
  Full:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisible
      Dimensions: [{ Name: QueueName, Value: !GetAtt Dead.Arn }]
#                                            ^
      Statistic: Maximum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 100
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: ["arn:aws:sns:eu-west-1:111122223333:oncall"]
"#,
    good: &[("!GetAtt Dead.Arn", "!GetAtt Dead.QueueName")],
    check: Check::Resources(&["AWS::CloudWatch::Alarm"], check),
};

fn check(cx: &mut Cx<'_>, alarm: Resource<'_>) {
    for dimension in super::metrics(&alarm).flat_map(|metric| metric.each("Dimensions")) {
        let (Some(name), Some(value)) = (dimension.key("Name").and_then(|it| it.text()), dimension.key("Value")) else {
            continue;
        };
        let Some(named) = NAMED.iter().find(|named| named.dimension == name) else { continue };
        let problem = match value.target() {
            Some(target) if target.resource.kind() == named.kind && is_other(target.attribute, named.attribute) => {
                let given = target.attribute.map_or("`Ref`".to_owned(), |it| format!("`{it}`"));
                let id = target.resource.id();
                let help = match named.attribute {
                    Some(attribute) => format!("write `!GetAtt {id}.{attribute}`"),
                    None => format!("write `!Ref {id}`"),
                };
                Some((format!("{given} of `{id}` is not its name here"), help))
            }
            Some(_) => None,
            None => value
                .text()
                .filter(|text| text.starts_with("arn:") || text.starts_with("https://"))
                .map(|_| ("an ARN or a URL".to_owned(), "write the name alone".to_owned())),
        };
        let Some((problem, help)) = problem else { continue };
        let title = format!("dimension `{name}` of alarm `{}` holds no name", alarm.id());
        cx.report(value.finding(title, problem).help(help));
    }
}

/// Returns whether a reference gives something else than what is published: an ARN, a URL, or `Ref` where that is no name.
fn is_other(given: Option<&str>, right: Option<&str>) -> bool {
    match given {
        None => right.is_some(),
        Some(attribute) => right != given && ["Arn", "ARN", "Url", "URL"].iter().any(|end| attribute.ends_with(end)),
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn what_a_reference_gives_is_compared_with_what_is_published() {
        let count =
            |value: &str| of_rule(&super::RULE, &super::RULE.bad_example().replace("!GetAtt Dead.Arn", value)).len();
        assert_eq!(count("!Ref Dead"), 1);
        assert_eq!(count("jobs"), 0);
        assert_eq!(count("arn:aws:sqs:eu-west-1:111122223333:jobs"), 1);
    }
}
