//! `observability/log-retention`: logs that nobody deletes are paid for ever.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "observability/log-retention",
    code: "OBS-008",
    severity: Severity::Advice,
    phase: Phase::Cost,
    title: "log group keeps its events for ever",
    why: "a log group without a retention keeps every event until someone deletes it, and storage is billed by the \
          month",
    error: None,
    sources: &["https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  AccessLogs:
# ^
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: /shop/api
"#,
    good: &[("LogGroupName: /shop/api", "LogGroupName: /shop/api\n      RetentionInDays: 30")],
    check: Check::Resources(&["AWS::Logs::LogGroup"], check),
};

fn check(cx: &mut Cx<'_>, group: Resource<'_>) {
    // Groups of the class for delivery keep what they hold for two days whatever is set.
    if !group.has("RetentionInDays") && !group.get("LogGroupClass").is_some_and(|class| class.is("DELIVERY")) {
        cx.report(
            group
                .finding(format!("log group `{}` never expires", group.id()), "no `RetentionInDays`")
                .help("set `RetentionInDays`, such as 30"),
        );
    }
}
