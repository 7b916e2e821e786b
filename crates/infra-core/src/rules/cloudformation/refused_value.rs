//! `cloudformation/refused-value`: texts have the form that their service wants.

use crate::facts::refused_values::{REFUSED_VALUES, RefusedValue};
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudformation/refused-value",
    code: "CFN-020",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "text that the service does not take",
    why: "the schema of the type takes any text here; the service itself refuses this one, or it never fits",
    error: None,
    sources: &["https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Named:
    Type: AWS::KMS::Alias
    Properties:
      AliasName: alias/aws/shop
#                ^
      TargetKeyId: 1234abcd-12ab-34cd-56ef-1234567890ab
",
    good: &[("alias/aws/shop", "alias/shop")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for row in REFUSED_VALUES {
        for resource in view.of(row.kind) {
            for holder in resource.properties().every(row.list) {
                within(cx, row, &resource, &holder);
            }
        }
    }
}

fn within(cx: &mut Cx<'_>, row: &RefusedValue, resource: &Resource<'_>, holder: &Prop<'_>) {
    let (key, values) = row.only;
    if !key.is_empty() && !holder.key(key).is_some_and(|it| it.is_one_of(values)) {
        return;
    }
    for value in holder.each(row.key) {
        let Some(text) = value.text().filter(|text| !text.is_empty() && (row.refuses)(text)) else {
            continue;
        };
        let title = format!("`{}` of `{}` cannot be `{text}`", row.key, resource.id());
        let mut finding = value.finding(title, row.problem).help(row.help);
        finding.notes.push(format!("see {}", row.source));
        cx.report(finding);
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn values_count_wherever_they_come_from_and_only_where_the_row_says() {
        let count = |properties: &str| {
            let parameter = "Parameters:\n  Name: { Type: String, Default: alias/aws/shop }\n";
            of_rule(&super::RULE, &format!("{parameter}Resources:\n  One: {properties}\n")).len()
        };
        assert_eq!(count("{ Type: AWS::KMS::Alias, Properties: { AliasName: !Ref Name, TargetKeyId: abc } }"), 1);
        let hook = |protocol: &str, endpoint: &str| {
            count(&format!(
                "{{ Type: AWS::SNS::Subscription, Properties: {{ TopicArn: \"arn:aws:sns:eu-west-1:111122223333:a\", Protocol: {protocol}, Endpoint: \"{endpoint}\" }} }}"
            ))
        };
        assert_eq!(hook("https", "http://hooks.example.com"), 1);
        assert_eq!(hook("http", "http://hooks.example.com"), 0);
        assert_eq!(hook("email", "ops.example.com"), 1);
        assert_eq!(hook("sqs", "jobs"), 1);
    }
}
