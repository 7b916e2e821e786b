//! `route53/apex-cname`: the apex takes an alias, never a CNAME.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/apex-cname",
    code: "R53-007",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "CNAME at the apex of a zone",
    why: "the apex holds the zone's SOA and NS records, and a CNAME may stand beside no other record",
    error: Some("RRSet of type CNAME with DNS name … is not permitted at apex in zone …"),
    sources: &[
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Resources:
  Apex:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneName: example.com.
      Name: example.com
#           ^
      Type: CNAME
      TTL: "300"
      ResourceRecords: [www.example.net]
"#,
    good: &[("Name: example.com\n", "Name: www.example.com\n")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let (Some(name), Some(zone)) = (record.name(), record.zone()) else { return };
    if record.is_type(&["CNAME"]) && zone.domain() == Some(name.as_str()) {
        cx.report(
            record
                .finding(format!("`{name}` is the apex of its zone and cannot be a CNAME"), "the zone itself")
                .help("write an alias: an A record, and an AAAA record if the target answers on IPv6"),
        );
    }
}
