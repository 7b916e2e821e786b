//! `iam/unknown-operator`: a condition compares with an operator that there is.

use crate::diag::suggest;
use crate::facts::iam::OPERATORS;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "iam/unknown-operator",
    code: "IAM-007",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "condition with an operator that IAM does not have",
    why: "a condition is an operator, a key and values; IAM refuses a policy with an operator that it does not know",
    error: Some("MalformedPolicyDocument: Invalid Condition type : StringEqual"),
    sources: &["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Reader:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: dynamodb:Query
            Resource: arn:aws:dynamodb:eu-west-1:111122223333:table/orders
            Condition:
              StringEqual: { "aws:PrincipalTag/team": shop }
#             ^
"#,
    good: &[("StringEqual:", "StringEquals:")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for document in view.documents() {
        for statement in document.statements() {
            let conditions = statement.prop.key("Condition").into_iter().flat_map(|condition| condition.entries());
            for (operator, value) in conditions.filter(|(key, _)| !key.starts_with("Fn::") && *key != "Ref") {
                let Err(near) = known(operator) else {
                    if value.text().is_some() {
                        let title =
                            format!("condition of `{}` has no key that `{operator}` compares", document.owner.id());
                        cx.report(
                            value
                                .finding(title, "a value without its key")
                                .help("write the key and its values: `{ key: [value] }`"),
                        );
                    }
                    continue;
                };
                let title = format!(
                    "condition of `{}` has the operator `{operator}`, which IAM does not have",
                    document.owner.id()
                );
                let finding = value.finding_of_key(title, "no operator");
                cx.report(match near {
                    Some(near) => finding.help(format!("write `{near}`")).fix(value.rename(operator, &near)),
                    None => {
                        finding.help("begin with an operator such as `StringEquals`, then the key, then its values")
                    }
                });
            }
        }
    }
}

/// Returns whether an operator is known, else the nearest one.
fn known(operator: &str) -> Result<(), Option<String>> {
    let (set, rest) = operator.split_once(':').map_or(("", operator), |(set, rest)| (set, rest));
    let plain = rest.strip_suffix("IfExists").unwrap_or(rest);
    let sets = ["", "forallvalues", "foranyvalue"];
    if sets.contains(&set.to_ascii_lowercase().as_str()) && OPERATORS.iter().any(|it| it.eq_ignore_ascii_case(plain)) {
        return Ok(());
    }
    let end = if plain == rest { "" } else { "IfExists" };
    let before = if set.is_empty() { String::new() } else { format!("{set}:") };
    Err(suggest(plain, OPERATORS.iter().copied()).map(|near| format!("{before}{near}{end}")))
}

#[cfg(test)]
mod tests {
    use super::known;

    #[test]
    fn operators_of_sets_and_of_missing_keys_are_known() {
        for good in
            ["StringEquals", "ForAnyValue:StringLike", "ArnLikeIfExists", "ForAllValues:StringEqualsIfExists", "Null"]
        {
            assert_eq!(known(good), Ok(()), "{good}");
        }
        assert_eq!(known("StringEqual"), Err(Some("StringEquals".to_owned())));
        assert_eq!(known("StringEqualIfExists"), Err(Some("StringEqualsIfExists".to_owned())));
        assert!(known("aws:SourceArn").is_err());
    }
}
