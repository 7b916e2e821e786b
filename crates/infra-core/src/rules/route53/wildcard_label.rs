//! `route53/wildcard-label`: wildcards stand leftmost.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/wildcard-label",
    code: "R53-029",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "asterisk that is no wildcard",
    why: "an asterisk is a wildcard only as the whole leftmost label, and no NS record may have one; anywhere \
          else it is the character itself",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Resources:
  Tenants:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: shop.*.example.com
#           ^
      Type: A
      TTL: "300"
      ResourceRecords: [192.0.2.10]
"#,
    good: &[("shop.*.example.com", r#""*.shop.example.com""#)],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let Some(name) = record.name().filter(|name| name.contains('*')) else { return };
    let wildcard = name.strip_prefix("*.").is_some_and(|rest| !rest.contains('*'));
    if !wildcard {
        cx.report(
            record
                .finding(format!("`{name}` is no wildcard"), "means the character itself")
                .help("write the asterisk as the whole leftmost label, such as `*.shop.example.com`"),
        );
    } else if record.is_type(&["NS"]) {
        cx.report(
            record.finding(format!("NS record `{name}` has a wildcard"), "not for NS").help("delegate each name"),
        );
    }
}
