//! `route53/split-batch`: what belongs together is changed together.

use std::collections::BTreeMap;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/split-batch",
    code: "R53-020",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "a name is deleted in one change batch and created in another",
    why: "a batch happens as a whole; between two batches the name has no record, and resolvers keep that \
          answer for as long as the zone's SOA says",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: remove.yaml
HostedZoneId: Z0123456789EXAMPLE0
Changes:
  - Action: DELETE
    ResourceRecordSet:
      Name: api.example.com
      Type: CNAME
      TTL: 300
      ResourceRecords: [{ Value: orders.example.net }]
#: add.yaml
HostedZoneId: Z0123456789EXAMPLE0
Changes:
  - Action: CREATE
    ResourceRecordSet:
      Name: api.example.com
#           ^
      Type: A
      TTL: 300
      ResourceRecords: [{ Value: 192.0.2.10 }]
"#,
    good: &[(
        r#"Name: api.example.com
#"#,
        r#"Name: api-v2.example.com
#"#,
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let name = |record: &Record<'_>| Some((record.zone()?.number(), record.name()?));
    let deleted: BTreeMap<(u32, String), Record<'_>> =
        view.records().filter(|record| record.deleted()).filter_map(|record| Some((name(&record)?, record))).collect();
    for record in view.records().filter(|record| !record.deleted() && record.batch().is_some()) {
        let Some(gone) = name(&record).and_then(|key| deleted.get(&key)) else { continue };
        if gone.batch() != record.batch() {
            cx.report(
                record
                    .finding(format!("`{}` is gone between two batches", record.called()), "created here")
                    .also(gone.at(), "deleted in another batch")
                    .help("put both changes into one batch, the deletion first"),
            );
        }
    }
}
