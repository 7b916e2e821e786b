//! `elb/priority-twice`: the rules of a listener have an order.

use std::collections::BTreeMap;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/priority-twice",
    code: "LINK-024",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "two rules of a listener with one priority",
    why: "rules of a listener are asked in the order of their priorities, each of which is there once; the second is refused",
    error: Some("Priority '10' is currently in use"),
    sources: &["https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Web: { Type: String }
Resources:
  Old:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Web
      Priority: 10
      Conditions: [{ Field: path-pattern, PathPatternConfig: { Values: [/old/*] } }]
      Actions: [{ Type: fixed-response, FixedResponseConfig: { StatusCode: "410" } }]
  New:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Web
      Priority: 10
#               ^
      Conditions: [{ Field: path-pattern, PathPatternConfig: { Values: [/new/*] } }]
      Actions: [{ Type: fixed-response, FixedResponseConfig: { StatusCode: "404" } }]
"#,
    good: &[("      Priority: 10\n      Conditions", "      Priority: 20\n      Conditions")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let mut seen: BTreeMap<i64, Vec<Resource<'_>>> = BTreeMap::new();
    for rule in view.of("AWS::ElasticLoadBalancingV2::ListenerRule") {
        let (Some(listener), Some(priority)) = (rule.get("ListenerArn"), rule.get("Priority")) else { continue };
        let Some(number) = priority.int() else { continue };
        let others = seen.entry(number).or_default();
        let same = |other: &&Resource<'_>| other.get("ListenerArn").is_some_and(|it| it.is_same(&listener));
        if let Some(first) = others.iter().find(same) {
            let title =
                format!("rules `{}` and `{}` of one listener both have priority {number}", first.id(), rule.id());
            cx.report(
                priority
                    .finding(title, "the second one")
                    .also(first.nearest("Priority").at(), "the first one")
                    .help("give each rule of a listener a priority of its own"),
            );
        }
        others.push(rule);
    }
}
