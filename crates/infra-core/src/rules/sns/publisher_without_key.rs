//! `sns/publisher-without-key`: who publishes to an encrypted topic may use its key.

use crate::rules::delivery;
use crate::rules::prelude::*;
use crate::view::Receiver;

pub(super) const RULE: Rule = Rule {
    id: "sns/publisher-without-key",
    code: "MSG-026",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "service that publishes to a topic may not use the key of the topic",
    why: "alarms, rules and buckets encrypt what they publish with the key of the topic: the policy of `alias/aws/sns` cannot \
          admit them and that of an own key has to, else nothing arrives and nobody is told",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html",
        "https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Pager:
    Type: AWS::SNS::Topic
    Properties: { KmsMasterKeyId: alias/aws/sns }
#                                 ^
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
      AlarmActions: [!Ref Pager]
"#,
    good: &[("KmsMasterKeyId: alias/aws/sns", "DisplayName: pager")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    delivery::without_key(cx, view, Receiver::Topic, |service| {
        format!("use a key whose policy allows `{service}` `kms:GenerateDataKey*` and `kms:Decrypt`")
    });
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn the_policy_of_an_own_key_names_the_service() {
        let with = |principal: &str| {
            let template = super::RULE.bad_example().replace("alias/aws/sns", "!Ref Key");
            let key = "  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy:\n        Statement:\n";
            let yaml = format!(
                "{template}{key}          - {{ Effect: Allow, Principal: {principal}, Action: \"kms:*\", Resource: \"*\" }}\n"
            );
            of_rule(&super::RULE, &yaml).len()
        };
        assert_eq!(with("{ AWS: arn:aws:iam::111122223333:root }"), 1);
        assert_eq!(with("{ Service: events.amazonaws.com }"), 1);
        assert_eq!(with("{ Service: cloudwatch.amazonaws.com }"), 0);
    }
}
