//! `route53/cname-to-itself`: a name does not stand for itself.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/cname-to-itself",
    code: "R53-043",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "CNAME that leads to itself",
    why: "a resolver follows a CNAME to its target, and one that is its own target never ends, so that the name does not \
          resolve",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Resources:
  Api:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: CNAME
      TTL: "300"
      ResourceRecords: [API.example.com.]
#                       ^
"#,
    good: &[("API.example.com.", "api.example.net")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let Some(name) = record.name().filter(|_| record.is_type(&["CNAME"])) else { return };
    let itself = record
        .values()
        .find(|value| value.text().is_some_and(|text| text.trim_end_matches('.').eq_ignore_ascii_case(&name)));
    if let Some(value) = itself {
        let finding = value.finding(format!("`{name}` is a CNAME of itself"), "the very name");
        cx.report(finding.help("write the name that has the address, or an address in a record of type A"));
    }
}
