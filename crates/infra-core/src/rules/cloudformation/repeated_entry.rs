//! `cloudformation/repeated-entry`: the entries of a list differ where the service tells them apart.

use std::collections::BTreeMap;

use crate::facts::unique_entries::{UNIQUE_ENTRIES, UniqueEntries};
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudformation/repeated-entry",
    code: "CFN-022",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "two entries of a list that the service cannot tell apart",
    why: "the entries of this list are told apart by one property, and two with the same value are refused",
    error: None,
    sources: &["https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-processing-order.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Table:
    Type: AWS::EC2::RouteTable
    Properties:
      VpcId: vpc-0123456789abcdef0
      Tags: [{ Key: team, Value: shop }, { Key: team, Value: ops }]
#                                               ^
",
    good: &[("{ Key: team, Value: ops }", "{ Key: on-call, Value: ops }")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for row in UNIQUE_ENTRIES {
        if row.kind.is_empty() {
            view.resources().for_each(|resource| within(cx, row, resource));
        } else {
            view.of(row.kind).for_each(|resource| within(cx, row, resource));
        }
    }
}

fn within(cx: &mut Cx<'_>, row: &UniqueEntries, resource: Resource<'_>) {
    let mut seen: BTreeMap<String, Prop<'_>> = BTreeMap::new();
    for value in resource.properties().every(row.list).iter().filter_map(|entry| entry.key(row.key)) {
        let Some(text) = value.text() else { continue };
        let Some(first) = seen.get(text.as_ref()) else {
            seen.insert(text.into_owned(), value);
            continue;
        };
        let list = row.list.rsplit('.').next().unwrap_or(row.list);
        cx.report(
            value
                .finding(
                    format!("two of the `{list}` of `{}` have the same `{}`: `{text}`", resource.id(), row.key),
                    "the second one",
                )
                .also(first.at(), "the first one")
                .help(format!("give each its own `{}`, or leave one out", row.key)),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn numbers_and_texts_are_one_and_what_is_not_known_is_none() {
        let count = |one: &str, other: &str| {
            let rules = format!("[{{ Name: a, Priority: {one} }}, {{ Name: b, Priority: {other} }}]");
            let text = format!(
                "Parameters:\n  P: {{ Type: Number }}\nResources:\n  Acl: {{ Type: AWS::WAFv2::WebACL, Properties: {{ Rules: {rules} }} }}\n"
            );
            of_rule(&super::RULE, &text).len()
        };
        assert_eq!(count("1", "1"), 1);
        assert_eq!(count("1", "\"1\""), 1);
        assert_eq!(count("1", "2"), 0);
        assert_eq!(count("!Ref P", "!Ref P"), 0);
    }
}
