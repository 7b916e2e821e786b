//! `dynamodb/unprotected-data`: data outlives its resource.

use crate::artifacts::Deletion;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "dynamodb/unprotected-data",
    code: "DB-012",
    severity: Severity::Advice,
    phase: Phase::Deploy,
    title: "data is deleted with its resource",
    why: "CloudFormation deletes a table with its stack, and an old one when a change replaces it, unless a \
          policy or deletion protection says otherwise",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: data.yaml
Resources:
  Orders:
# ^
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: key, AttributeType: S }]
      KeySchema: [{ AttributeName: key, KeyType: HASH }]
"#,
    good: &[(
        r#"    Type: AWS::DynamoDB::Table
"#,
        r#"    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
"#,
    )],
    check: Check::Resources(
        &["AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance"],
        check,
    ),
};

fn check(cx: &mut Cx<'_>, store: Resource<'_>) {
    let gone = match store.deletion() {
        // Where nothing is said, RDS takes a snapshot of what is no copy.
        None => !store.kind().starts_with("AWS::RDS::"),
        Some(Deletion::Delete) => true,
        Some(Deletion::Retain | Deletion::RetainExceptOnCreate | Deletion::Snapshot) => false,
    };
    let copy = ["DBClusterIdentifier", "SourceDBInstanceIdentifier"];
    let copy = store.kind() == "AWS::RDS::DBInstance" && copy.iter().any(|path| store.has(path));
    let protected = ["DeletionProtection", "DeletionProtectionEnabled"].iter().any(|path| store.has(path));
    if gone && !copy && !protected {
        cx.report(
            store
                .finding(format!("the data of `{}` goes with it", store.id()), "neither kept nor protected")
                .help("write `DeletionPolicy: Retain` and `UpdateReplacePolicy: Retain`"),
        );
    }
}
