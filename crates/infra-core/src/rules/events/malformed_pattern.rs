//! `events/malformed-pattern`: event patterns are written as `EventBridge` reads them.

use crate::rules::patterns;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "events/malformed-pattern",
    code: "EVT-002",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "event pattern that EventBridge does not read",
    why: "each key of a pattern leads to further keys or to a list of values or operators; EventBridge refuses anything else",
    error: Some("Event pattern is not valid. Reason: \"source\" must be an object or an array"),
    sources: &["https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Changed:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: { source: aws.ec2 }
#                             ^
",
    good: &[("{ source: aws.ec2 }", "{ source: [aws.ec2] }")],
    check: Check::Resources(&["AWS::Events::Archive", "AWS::Events::Rule"], check),
};

fn check(cx: &mut Cx<'_>, rule: Resource<'_>) {
    let Some(pattern) = rule.get("EventPattern").filter(Prop::is_object) else { return };
    patterns::malformed(pattern, &mut |at, problem, help| {
        cx.report(at.finding(format!("the pattern of `{}` is refused", rule.id()), problem).help(help));
    });
}
