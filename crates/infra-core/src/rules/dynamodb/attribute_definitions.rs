//! `dynamodb/attribute-definitions`: a table defines the attributes of its keys, and no others.

use std::collections::BTreeSet;

use crate::diag::suggest;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "dynamodb/attribute-definitions",
    code: "DB-014",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "attributes of a table and keys of its indexes do not fit",
    why: "`AttributeDefinitions` holds exactly the attributes that are keys of the table or of an index; one too few or too many \
          is refused. Other attributes need no definition",
    error: Some(
        "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
    ),
    sources: &["https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Book:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      BillingMode: PAY_PER_REQUEST
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }, { AttributeName: day, KeyType: RANGE }]
#                                                                        ^
"#,
    good: &[(
        "[{ AttributeName: id, AttributeType: S }]",
        "[{ AttributeName: id, AttributeType: S }, { AttributeName: day, AttributeType: S }]",
    )],
    check: Check::Resources(&["AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table"], check),
};

fn check(cx: &mut Cx<'_>, table: Resource<'_>) {
    let names = |slots: Vec<Prop<'_>>| -> Option<Vec<String>> {
        slots.iter().map(|it| Some(it.text()?.into_owned())).collect()
    };
    let defined: Vec<Prop<'_>> = table.each("AttributeDefinitions").filter_map(|it| it.key("AttributeName")).collect();
    let indexes = table.each("GlobalSecondaryIndexes").chain(table.each("LocalSecondaryIndexes"));
    let schemas = std::iter::once(table.properties()).chain(indexes);
    let used: Vec<Prop<'_>> =
        schemas.flat_map(|it| it.each("KeySchema")).filter_map(|key| key.key("AttributeName")).collect();
    // A name that is not known may be any.
    let (Some(defined_names), Some(used_names)) = (names(defined.clone()), names(used.clone())) else { return };
    let is_macro = table.each("AttributeDefinitions").any(|it| it.key("AttributeName").is_none());
    if used.is_empty() || is_macro {
        return;
    }
    let mut told: BTreeSet<&String> = BTreeSet::new();
    for (key, name) in used.iter().zip(&used_names) {
        if defined_names.contains(name) || !told.insert(name) {
            continue;
        }
        let finding = key
            .finding(
                format!("key `{name}` of table `{}` is not among its attribute definitions", table.id()),
                "has no definition",
            )
            .also(table.nearest("AttributeDefinitions").at(), "defined here");
        cx.report(match suggest(name, defined_names.iter().map(String::as_str)) {
            Some(near) => finding.help(format!("write `{near}`, or add `{name}` to `AttributeDefinitions`")),
            None => {
                finding.help(format!("add `{{ AttributeName: {name}, AttributeType: S }}` to `AttributeDefinitions`"))
            }
        });
    }
    for (definition, name) in defined.iter().zip(&defined_names) {
        if !used_names.contains(name) {
            let title =
                format!("table `{}` defines the attribute `{name}`, which no key and no index uses", table.id());
            cx.report(
                definition
                    .finding(title, "used by no key")
                    .help("leave it out of `AttributeDefinitions`; an attribute that is no key needs no definition"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn keys_of_indexes_count_both_ways() {
        let good = super::RULE.good_example();
        let index = |attribute: &str| {
            format!(
                "{good}      GlobalSecondaryIndexes: [{{ IndexName: by, KeySchema: [{{ AttributeName: {attribute}, KeyType: HASH }}], Projection: {{ ProjectionType: ALL }} }}]\n"
            )
        };
        assert_eq!(of_rule(&super::RULE, &index("town")).len(), 1);
        assert_eq!(of_rule(&super::RULE, &index("day")).len(), 0);
        let more = good.replace(
            "{ AttributeName: day, AttributeType: S }",
            "{ AttributeName: day, AttributeType: S }, { AttributeName: town, AttributeType: S }",
        );
        assert_eq!(of_rule(&super::RULE, &more).len(), 1);
    }
}
