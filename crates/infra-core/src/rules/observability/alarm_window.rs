//! `observability/alarm-window`: an alarm looks back as far as it can.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "observability/alarm-window",
    code: "OBS-012",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "alarm looks back further than it can, or at more points than it has",
    why: "`Period` times `EvaluationPeriods` is at most a week, and at most a day with periods below an hour; \
          `DatapointsToAlarm` is at most `EvaluationPeriods`",
    error: Some("Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)"),
    sources: &["https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Full:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisible
      Dimensions: [{ Name: QueueName, Value: jobs }]
      Statistic: Maximum
      Period: 86400
      EvaluationPeriods: 8
#                        ^
      Threshold: 100
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: ["arn:aws:sns:eu-west-1:111122223333:oncall"]
"#,
    good: &[("EvaluationPeriods: 8", "EvaluationPeriods: 7")],
    check: Check::Resources(&["AWS::CloudWatch::Alarm"], check),
};

/// An hour, a day and a week. Unit: seconds.
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
const WEEK: i64 = 604_800;

fn check(cx: &mut Cx<'_>, alarm: Resource<'_>) {
    let Some(count) = alarm.get("EvaluationPeriods") else { return };
    let Some(periods) = count.int() else { return };
    if let Some(points) = alarm.get("DatapointsToAlarm")
        && let Some(number) = points.int().filter(|number| *number > periods)
    {
        cx.report(
            points
                .finding(format!("alarm `{}` wants {number} points of {periods}", alarm.id()), "more than there are")
                .also(count.at(), format!("{periods} points"))
                .help(format!("write `DatapointsToAlarm: {periods}` or less")),
        );
    }
    let of_queries =
        alarm.each("Metrics").filter_map(|query| query.get("MetricStat.Period").or_else(|| query.get("Period")));
    let Some((period, seconds)) =
        alarm.get("Period").into_iter().chain(of_queries).filter_map(|it| Some((it, it.int()?))).max_by_key(|it| it.1)
    else {
        return;
    };
    let (most, name) = if seconds >= HOUR { (WEEK, "a week (604800 s)") } else { (DAY, "a day (86400 s)") };
    if seconds.saturating_mul(periods) > most {
        cx.report(
            count
                .finding(
                    format!(
                        "alarm `{}` looks at {periods} periods of {seconds} s, at most {name} is allowed",
                        alarm.id()
                    ),
                    "too long",
                )
                .also(period.at(), format!("{seconds} s each"))
                .help(format!("write `EvaluationPeriods: {}` or less", most.checked_div(seconds).unwrap_or(1))),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn a_day_is_the_limit_below_an_hour_and_a_week_from_there() {
        let count = |period: i64, periods: i64, more: &str| {
            let yaml = super::RULE.bad_example().replace("Period: 86400", &format!("Period: {period}"));
            let yaml = yaml.replace("EvaluationPeriods: 8", &format!("EvaluationPeriods: {periods}{more}"));
            of_rule(&super::RULE, &yaml).len()
        };
        assert_eq!(count(300, 288, ""), 0);
        assert_eq!(count(300, 289, ""), 1);
        assert_eq!(count(3600, 168, ""), 0);
        assert_eq!(count(3600, 169, ""), 1);
        assert_eq!(count(60, 3, "\n      DatapointsToAlarm: 3"), 0);
        assert_eq!(count(60, 3, "\n      DatapointsToAlarm: 4"), 1);
    }
}
