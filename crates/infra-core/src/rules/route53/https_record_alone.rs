//! `route53/https-record-alone`: HTTPS records stand beside addresses.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/https-record-alone",
    code: "R53-030",
    severity: Severity::Advice,
    phase: Phase::Runtime,
    title: "HTTPS record without an address record",
    why: "clients that do not know HTTPS records ask for A and AAAA, and find nothing",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html",
        "https://www.rfc-editor.org/rfc/rfc9460",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Resources:
  Zone:
    Type: AWS::Route53::HostedZone
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: { Name: example.com }
  Www:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: !Ref Zone
      Name: www.example.com
#           ^
      Type: HTTPS
      AliasTarget: { DNSName: d111111abcdef8.cloudfront.net, HostedZoneId: Z2FDTNDATAQYW2 }
"#,
    good: &[("Type: HTTPS", "Type: A")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let (Some(name), Some(zone), true) = (record.name(), record.zone(), record.is_type(&["HTTPS"])) else { return };
    let has = |kind| zone.sets(&name, kind).next().is_some();
    if record.is_zone_whole() && !has("A") && !has("AAAA") {
        cx.report(
            record
                .finding(format!("`{name}` has an HTTPS record and no address"), "dead for older clients")
                .help("add A and AAAA records beside it"),
        );
    }
}
