//! `sns/malformed-filter`: filter policies are written as SNS reads them.

use crate::rules::patterns;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sns/malformed-filter",
    code: "MSG-029",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "filter policy that SNS does not read",
    why: "each key of a filter policy has a list of values or of operators; SNS refuses anything else",
    error: Some("Invalid parameter: FilterPolicy: \"type\" must be an object or an array"),
    sources: &["https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Orders: { Type: AWS::SNS::Topic }
  Hook:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Orders
      Protocol: email
      Endpoint: ops@example.com
      FilterPolicy: { type: created }
#                           ^
"#,
    good: &[("{ type: created }", "{ type: [created] }")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for subscription in view.subscriptions() {
        let Some(policy) = subscription.get("FilterPolicy").filter(Prop::is_object) else { continue };
        patterns::malformed(policy, &mut |at, problem, help| {
            cx.report(at.finding("this filter policy is refused", problem).help(help));
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn operators_and_parts_count() {
        let count = |filter: &str| {
            of_rule(&super::RULE, &super::RULE.good_example().replace("{ type: [created] }", filter)).len()
        };
        assert_eq!(count("{ type: [{ prefix: cr }, { anything-but: [a] }] }"), 0);
        assert_eq!(count("{ type: [{ prefx: cr }] }"), 1);
        assert_eq!(count("{ order: { type: [created] } }"), 0);
        assert_eq!(count("{ order: { type: created } }"), 1);
        assert_eq!(count("{ $or: [{ type: [a] }, { kind: b }] }"), 1);
        assert_eq!(count("{ type: [] }"), 1);
    }
}
