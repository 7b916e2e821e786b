//! `route53/malformed-value`: the values of a record are what its type takes.

use crate::names::{check_record_value, record_types};
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/malformed-value",
    code: "R53-037",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "value that is none of its record type",
    why: "each type of record has a grammar, and Route 53 refuses the whole change for one value that does not \
          follow it",
    error: Some("InvalidChangeBatch"),
    sources: &["https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Resources:
  Mail:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: example.com
      Type: TXT
      TTL: "300"
      ResourceRecords: [v=spf1 include:mail.example.net include:bulk.example.net -all]
#                       ^
"#,
    good: &[(
        "[v=spf1 include:mail.example.net include:bulk.example.net -all]",
        r#"['"v=spf1 include:mail.example.net include:bulk.example.net -all"']"#,
    )],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let (Some(kind), name) = (record.record_type(), record.called()) else { return };
    if !record_types().any(|known| known == kind) {
        let Some(written) = record.get("Type") else { return };
        let known: Vec<&str> = record_types().collect();
        cx.report(
            written
                .finding(format!("`{name}` has the type `{kind}`, which Route 53 does not have"), "no type of records")
                .help(format!("write one of {}", known.join(", "))),
        );
        return;
    }
    for value in record.values() {
        let Some(text) = value.text().filter(|text| !text.contains("{{resolve:") && !text.contains("${output:")) else {
            continue;
        };
        if let Err(error) = check_record_value(&kind, &text) {
            cx.report(
                value
                    .finding(format!("a value of `{name}` {kind} is malformed: {}", error.problem), error.problem)
                    .help(format!("write it like `{}`", error.example)),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    fn found(kind: &str, values: &str) -> String {
        let text = RULE.bad_example();
        let (start, _) = text.split_once("      Type: TXT").unwrap();
        let text = format!("{start}      Type: {kind}\n      TTL: '300'\n      ResourceRecords: {values}\n");
        of_rule(&RULE, &text).join("\n")
    }

    #[test]
    fn values_of_every_kind_of_document_are_checked() {
        assert!(found("A", "[192.0.2.300]").contains("IPv4"));
        assert!(found("MX", "[mail.example.net]").contains("priority"));
        assert!(found("ANY", "[a]").contains("`ANY`"));
        assert_eq!(found("A", "[!Ref AWS::StackId]"), "");
        let batch = "#: zone.json\n{\"Changes\": [{\"Action\": \"UPSERT\", \"ResourceRecordSet\": {\"Name\": \"a.example.com.\", \"Type\": \"CAA\", \"TTL\": 300, \"ResourceRecords\": [{\"Value\": \"issue amazon.com\"}]}}]}\n";
        assert!(of_rule(&RULE, batch).join("").contains("flags"));
    }
}
