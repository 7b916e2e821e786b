//! `route53/repeated-value`: a record has each value once.

use std::collections::BTreeMap;

use crate::names::plain_record_value;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/repeated-value",
    code: "R53-038",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "record has one value twice",
    why: "the values of a record are a set, and Route 53 refuses a change that has one of them twice",
    error: Some("Duplicate Resource Record"),
    sources: &[
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html",
        "https://github.com/kubernetes-sigs/external-dns/issues/1929",
    ],
    evidence: Evidence::Observed,
    bad: r#"
#: records.yaml
Resources:
  Api:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      TTL: "300"
      ResourceRecords: [192.0.2.1, 192.0.2.1]
#                                  ^
"#,
    good: &[("[192.0.2.1, 192.0.2.1]", "[192.0.2.1, 192.0.2.2]")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let Some(kind) = record.record_type() else { return };
    let mut seen: BTreeMap<String, Prop<'_>> = BTreeMap::new();
    for value in record.values() {
        let Some(text) = value.text() else { continue };
        if let Some(first) = seen.insert(plain_record_value(&kind, &text), value) {
            cx.report(
                value
                    .finding(format!("`{}` {kind} has the value `{text}` twice", record.called()), "the second time")
                    .also(first.at(), "the first time")
                    .help("remove one of the two"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn values_are_compared_by_what_they_mean() {
        let text = |kind: &str, values: &str| {
            let text = RULE.bad_example().replace("Type: A\n", &format!("Type: {kind}\n"));
            of_rule(&RULE, &text.replace("[192.0.2.1, 192.0.2.1]", values)).len()
        };
        assert_eq!(text("AAAA", "['2001:DB8::1', '2001:db8:0::1']"), 1);
        assert_eq!(text("MX", "[10 mail.example.com, 10 MAIL.example.com.]"), 1);
        assert_eq!(text("MX", "[10 mail.example.com, 20 mail.example.com]"), 0);
        assert_eq!(text("TXT", "['\"a\"', '\"A\"']"), 0);
    }
}
