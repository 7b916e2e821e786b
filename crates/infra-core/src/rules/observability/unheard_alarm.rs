//! `observability/unheard-alarm`: an alarm reaches somebody.

use std::collections::BTreeMap;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "observability/unheard-alarm",
    code: "OBS-009",
    severity: Severity::Advice,
    phase: Phase::Runtime,
    title: "alarms go to a topic that nobody subscribes to",
    why: "a topic keeps nothing: what is published to it while nobody subscribes is gone, so an alarm that goes off there \
          is seen by nobody",
    error: None,
    sources: &["https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Alarms:
# ^
    Type: AWS::SNS::Topic
    Properties: { DisplayName: alarms }
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 0
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: [!Ref Alarms]
"#,
    good: &[(
        "DisplayName: alarms",
        "DisplayName: alarms, Subscription: [{ Protocol: email, Endpoint: oncall@example.com }]",
    )],
    check: Check::View(check),
};

/// What refers to a topic without getting its messages.
const NO_RECEIVERS: &[&str] = &[
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::IAM::RolePolicy",
    "AWS::SNS::TopicInlinePolicy",
    "AWS::SNS::TopicPolicy",
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    // Whose topic is not known may be anybody's.
    let mut subscriptions = view.of("AWS::SNS::Subscription");
    if subscriptions.any(|own| own.get("TopicArn").is_none_or(|topic| topic.resource().is_none() && !topic.is_known()))
    {
        return;
    }
    let mut told: BTreeMap<Resource<'_>, Resource<'_>> = BTreeMap::new();
    for alarm in view.of("AWS::CloudWatch::Alarm").chain(view.of("AWS::CloudWatch::CompositeAlarm")) {
        for topic in alarm.each("AlarmActions").filter_map(|action| action.resource_of("AWS::SNS::Topic")) {
            told.entry(topic).or_insert(alarm);
        }
    }
    for (topic, alarm) in told {
        let handed_out = topic.stack().outputs().any(|(_, value)| value.mentions().contains(&topic));
        let inline = topic.get("Subscription").is_some_and(|list| list.items().next().is_some());
        if inline || handed_out || topic.referrers().any(|other| !NO_RECEIVERS.contains(&other.kind())) {
            continue;
        }
        cx.report(
            topic
                .finding(format!("nobody gets what is sent to `{}`", topic.id()), "nobody subscribes")
                .also(alarm.at(), "this alarm tells it")
                .help(
                    "add a subscription, such as `Protocol: email`, or allow this finding if people subscribe by hand",
                ),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn whoever_gets_the_messages_counts() {
        let bad = super::RULE.bad_example();
        let silent = |more: &str| of_rule(&super::RULE, &format!("{bad}{more}")).is_empty();
        assert!(!silent(""));
        assert!(silent(
            "  Chat:\n    Type: AWS::Chatbot::SlackChannelConfiguration\n    Properties: { SnsTopicArns: [!Ref Alarms] }\n"
        ));
        assert!(silent(
            "  Mail:\n    Type: AWS::SNS::Subscription\n    Properties: { TopicArn: !Ref Alarms, Protocol: email, Endpoint: a@example.com }\n"
        ));
        assert!(silent(
            "  Mail:\n    Type: AWS::SNS::Subscription\n    Properties: { TopicArn: !ImportValue alarms, Protocol: email, Endpoint: a@example.com }\n"
        ));
        assert!(silent("Outputs: { Alarms: { Value: !Ref Alarms } }\n"));
    }

    #[test]
    fn a_topic_without_alarms_may_wait_for_subscribers() {
        let quiet = super::RULE.bad_example().replace("AlarmActions: [!Ref Alarms]", "ActionsEnabled: false");
        assert!(of_rule(&super::RULE, &quiet).is_empty());
    }
}
