//! `route53/alias-with-values`: an alias says no more than its target.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/alias-with-values",
    code: "R53-009",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "alias with a TTL or values of its own",
    why: "an alias has the values and the time to live of its target; every other record needs both",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Resources:
  Www:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: www.example.com
      Type: A
      TTL: "300"
#          ^
      AliasTarget: { DNSName: d111111abcdef8.cloudfront.net, HostedZoneId: Z2FDTNDATAQYW2 }
"#,
    good: &[(
        r#"      TTL: "300"
"#,
        "",
    )],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let Some(alias) = record.alias() else { return };
    for key in ["TTL", "ResourceRecords"] {
        if let Some(written) = record.get(key) {
            let title = match record.name() {
                Some(name) => format!("alias `{name}` has `{key}`"),
                None => format!("an alias has `{key}`"),
            };
            cx.report(
                written
                    .finding(title, "not for an alias")
                    .also(alias.prop.at(), "an alias")
                    .help(format!("remove `{key}`")),
            );
        }
    }
}
