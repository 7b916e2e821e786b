//! `acm/deleted-validation`: validation records stay.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "acm/deleted-validation",
    code: "ACM-008",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "validation record of a certificate is deleted",
    why: "ACM looks the record up again for every renewal, which comes about every five months since \
          certificates are valid for 198 days",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html",
        "https://docs.aws.amazon.com/acm/latest/userguide/dns-renewal-validation.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: batch.yaml
HostedZoneId: Z0123456789EXAMPLE0
Changes:
  - Action: DELETE
    ResourceRecordSet:
      Name: _0123456789abcdef0123456789abcdef.api.example.com
#           ^
      Type: CNAME
      TTL: 300
      ResourceRecords: [{ Value: _fedcba9876543210fedcba9876543210.xlfgrmvvlj.acm-validations.aws. }]
"#,
    good: &[("Action: DELETE", "Action: UPSERT")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for record in view.records().filter(|record| record.deleted() && record.is_type(&["CNAME"])) {
        let validates = |value: Prop<'_>| {
            value.text().is_some_and(|text| text.trim_end_matches('.').ends_with(".acm-validations.aws"))
        };
        if !record.values().any(validates) {
            continue;
        }
        let name = record.name().unwrap_or_default();
        let again = record.zone().is_some_and(|zone| zone.sets(&name, "CNAME").any(|other| !other.deleted()));
        if !again {
            cx.report(
                record
                    .finding(format!("the certificate behind `{name}` cannot be renewed"), "its validation record goes")
                    .help("keep the record for as long as any certificate for the name is in use"),
            );
        }
    }
}
