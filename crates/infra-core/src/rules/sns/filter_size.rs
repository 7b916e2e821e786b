//! `sns/filter-size`: a filter asks for as much as SNS compares.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sns/filter-size",
    code: "MSG-028",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "filter policy with more keys or combinations than SNS takes",
    why: "a filter policy has at most five keys at its ends, and at most 150 combinations of values: the product of the number of \
          values of each key, times the depth of each that is nested",
    error: Some("Invalid parameter: FilterPolicy: Filter policy can not have more than 5 keys"),
    sources: &["https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Orders: { Type: String }
Resources:
  Mail:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Orders
      Protocol: email
      Endpoint: ops@example.com
      FilterPolicy: { size: [a], kind: [a], land: [a], town: [a], day: [a], hour: [a] }
#     ^
"#,
    good: &[(", hour: [a]", "")],
    check: Check::View(check),
};

/// Most keys of a filter policy, and most combinations of their values.
const KEYS: usize = 5;
const COMBINATIONS: usize = 150;

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for subscription in view.subscriptions() {
        let Some(policy) = subscription.get("FilterPolicy").filter(Prop::is_object) else { continue };
        let mut ends = Vec::new();
        leaves(&policy, 1, &mut ends);
        let product =
            ends.iter().fold(1_usize, |all, (values, depth)| all.saturating_mul(values.saturating_mul(*depth)));
        if ends.len() > KEYS {
            let title = format!("filter policy has {} keys, five are allowed", ends.len());
            cx.report(
                policy
                    .finding_of_key(title, "too many keys")
                    .help("filter by five keys at most, and by the rest where the message is read"),
            );
        } else if product > COMBINATIONS {
            let title = format!("filter policy has {product} combinations of values, {COMBINATIONS} are allowed");
            cx.report(
                policy.finding_of_key(title, "too many values").help("list fewer values, or match them by a prefix"),
            );
        }
    }
}

/// Collects the number of values and the depth of each key that holds a list.
fn leaves(object: &Prop<'_>, depth: usize, found: &mut Vec<(usize, usize)>) {
    for (key, value) in object.entries() {
        if key == "$or" {
            value.items().for_each(|item| leaves(&item, depth, found));
        } else if value.is_object() {
            leaves(&value, depth.saturating_add(1), found);
        } else {
            found.push((value.items().count(), depth));
        }
    }
}
