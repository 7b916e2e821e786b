//! `security/firewall-action`: a rule of a web ACL says what to do, in the key that its statement has.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "security/firewall-action",
    code: "SEC-013",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "rule of a web ACL with the wrong kind of action, or without one",
    why: "a rule that refers to a group of rules has `OverrideAction`, as the rules of the group have actions of their own; any other rule \
          has `Action`; WAF refuses both and neither",
    error: Some("WAFInvalidParameterException: Your request contains fields that don't belong together"),
    sources: &["https://docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Acl:
    Type: AWS::WAFv2::WebACL
    Properties:
      Scope: REGIONAL
      DefaultAction: { Allow: {} }
      VisibilityConfig: { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: acl }
      Rules:
        - Name: common
          Priority: 0
          Action: { Block: {} }
#         ^
          Statement: { ManagedRuleGroupStatement: { VendorName: AWS, Name: AWSManagedRulesCommonRuleSet } }
          VisibilityConfig: { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: common }
",
    good: &[("Action: { Block: {} }", "OverrideAction: { None: {} }")],
    check: Check::Resources(&["AWS::WAFv2::RuleGroup", "AWS::WAFv2::WebACL"], check),
};

fn check(cx: &mut Cx<'_>, acl: Resource<'_>) {
    for rule in acl.each("Rules") {
        let Some(statement) = rule.key("Statement").filter(Prop::is_object) else { continue };
        let group = ["ManagedRuleGroupStatement", "RuleGroupReferenceStatement"];
        let is_group = group.iter().any(|key| statement.key(key).is_some());
        let (right, wrong) = if is_group { ("OverrideAction", "Action") } else { ("Action", "OverrideAction") };
        let name = rule.key("Name").map(|name| name.pattern()).unwrap_or_default();
        let noun = if is_group { "refers to a group of rules" } else { "is a rule of its own" };
        if let Some(written) = rule.key(wrong) {
            cx.report(
                written
                    .finding(
                        format!("rule `{name}` of `{}` {noun} and has `{wrong}`", acl.id()),
                        format!("`{right}` is the key"),
                    )
                    .help(format!("write `{right}` in its place")),
            );
        } else if rule.key(right).is_none() && !rule.entries().any(|(key, _)| key.starts_with("Fn::")) {
            cx.report(
                rule.finding(
                    format!("rule `{name}` of `{}` does not say what to do", acl.id()),
                    format!("no `{right}`"),
                )
                .help(format!("add `{right}`")),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn rules_of_their_own_have_actions() {
        let good = super::RULE.good_example();
        let own = "Statement: { GeoMatchStatement: { CountryCodes: [KP] } }";
        let group = "Statement: { ManagedRuleGroupStatement: { VendorName: AWS, Name: AWSManagedRulesCommonRuleSet } }";
        assert_eq!(of_rule(&super::RULE, &good.replace(group, own)).len(), 1);
        assert_eq!(
            of_rule(
                &super::RULE,
                &good.replace(group, own).replace("OverrideAction: { None: {} }", "Action: { Block: {} }")
            )
            .len(),
            0
        );
        assert_eq!(of_rule(&super::RULE, &good.replace("          OverrideAction: { None: {} }\n", "")).len(), 1);
    }
}
