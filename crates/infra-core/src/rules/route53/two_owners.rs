//! `route53/two-owners`: one record set, one owner.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/two-owners",
    code: "R53-022",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "record set that two places write",
    why: "a record set has one owner: CloudFormation creates it and fails if it is there, a change batch \
          overwrites what a stack owns, and the next change of the stack takes it away",
    error: Some("[Tried to create resource record set [name='…', type='A'] but it already exists]"),
    sources: &["https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: one.yaml
Resources:
  Api:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      TTL: "300"
      ResourceRecords: [192.0.2.10]
#: two.yaml
Resources:
  Orders:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com.
#           ^
      Type: A
      TTL: "300"
      ResourceRecords: [192.0.2.20]
"#,
    good: &[(
        r#"Name: api.example.com.
"#,
        r#"Name: orders.example.com.
"#,
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for group in view.record_groups() {
        for (number, record) in group.iter().enumerate() {
            let same = |other: &&Record<'_>| {
                let named =
                    |record: &Record<'_>| record.get("SetIdentifier").map(|id| id.text().map(|id| id.into_owned()));
                // Two sets whose identifiers are not known may be two.
                let (one, other) = (named(record), named(other));
                one == other && one != Some(None)
            };
            if let Some(first) = group.iter().take(number).find(same) {
                let name = record.name().unwrap_or_default();
                let kind = record.record_type().unwrap_or_default();
                cx.report(
                    record
                        .finding(format!("{kind} record `{name}` is written twice"), "the second")
                        .also(first.at(), "the first")
                        .help("keep one of them; sets of a routing policy need a `SetIdentifier` each"),
                );
                break;
            }
        }
    }
}
