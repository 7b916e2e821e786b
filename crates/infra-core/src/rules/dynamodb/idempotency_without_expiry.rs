//! `dynamodb/idempotency-without-expiry`: idempotency keys expire.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "dynamodb/idempotency-without-expiry",
    code: "DB-011",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "idempotency keys are kept for ever",
    why: "a table of keys that were seen grows with every request; DynamoDB removes items whose time in the \
          TTL attribute has passed only where that attribute is named",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html",
        "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html",
    ],
    evidence: Evidence::Memory,
    bad: r#"
#: data.yaml
Resources:
  IdempotencyKeys:
# ^
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: key, AttributeType: S }]
      KeySchema: [{ AttributeName: key, KeyType: HASH }]
"#,
    good: &[(
        "      BillingMode:",
        r#"      TimeToLiveSpecification: { AttributeName: expiresAt, Enabled: true }
      BillingMode:"#,
    )],
    check: Check::Resources(&["AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table"], check),
};

fn check(cx: &mut Cx<'_>, table: Resource<'_>) {
    let name = table.get("TableName").and_then(|name| name.text()).unwrap_or_default();
    let meant = [table.id(), &name].iter().any(|text| text.to_ascii_lowercase().contains("idempoten"));
    let kept = match table.get("TimeToLiveSpecification") {
        Some(expiry) => expiry.key("Enabled").is_some_and(|enabled| enabled.bool() == Some(false)),
        None => true,
    };
    if meant && kept {
        cx.report(
            table
                .nearest("TimeToLiveSpecification")
                .finding(format!("keys in `{}` never expire", table.id()), "no attribute with the time of expiry")
                .help("write `TimeToLiveSpecification: { AttributeName: expiresAt, Enabled: true }`"),
        );
    }
}
