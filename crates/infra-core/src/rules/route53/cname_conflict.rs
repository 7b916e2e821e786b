//! `route53/cname-conflict`: a CNAME is the only record of its name.

use std::collections::BTreeMap;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/cname-conflict",
    code: "R53-008",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "CNAME beside another record of the same name",
    why: "a CNAME stands for everything that its name has, so no other record may have that name, from \
          whichever stack it comes",
    error: Some(
        "RRSet of type CNAME with DNS name … is not permitted as it conflicts with other records with the \
         same DNS name in zone …",
    ),
    sources: &["https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: old.yaml
Resources:
  Api:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
#           ^
      Type: CNAME
      TTL: "300"
      ResourceRecords: [orders.example.net]
#: new.yaml
Resources:
  Api:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com.
      Type: A
      TTL: "300"
      ResourceRecords: [192.0.2.10]
"#,
    good: &[(
        r#"Name: api.example.com.
"#,
        r#"Name: api-v2.example.com.
"#,
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let mut by_name: BTreeMap<(u32, String), Vec<Record<'_>>> = BTreeMap::new();
    for record in view.record_groups().into_iter().filter_map(|group| group.into_iter().next()) {
        if let (Some(zone), Some(name)) = (record.zone(), record.name()) {
            by_name.entry((zone.number(), name)).or_default().push(record);
        }
    }
    for ((_, name), records) in by_name {
        let Some(cname) = records.iter().find(|record| record.is_type(&["CNAME"])) else { continue };
        let Some(other) = records.iter().find(|record| !record.is_type(&["CNAME"])) else { continue };
        let kind = other.record_type().unwrap_or_default();
        cx.report(
            cname
                .finding(format!("`{name}` is a CNAME and has an {kind} record as well"), "a CNAME")
                .also(other.at(), format!("the {kind} record"))
                .help("keep one of the two; to move from one to the other, delete and create in one change batch"),
        );
    }
}
