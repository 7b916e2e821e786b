//! `route53/latency-region`: a latency record names the region of its target.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/latency-region",
    code: "R53-013",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "latency record for a region where its target is not",
    why: "Route 53 sends clients by the region that the record names and does not look where the target really \
          is",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Resources:
  Europe:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      SetIdentifier: eu
      Region: eu-west-1
#             ^
      AliasTarget:
        DNSName: d-a1b2c3d4e5.execute-api.us-east-1.amazonaws.com
        HostedZoneId: Z1UJRXOUMOOFQ8
"#,
    good: &[("Region: eu-west-1", "Region: us-east-1")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let Some(named) = record.get("Region") else { return };
    let Some(alias) = record.alias() else { return };
    let (Some(text), Some(region)) = (named.text(), alias.service().and_then(|it| it.region)) else { return };
    if text == region.as_str() {
        return;
    }
    let mut finding = named.finding(format!("clients near {text} are sent to {region}"), format!("says {text}"));
    if let Some(target) = alias.dns_name() {
        finding = finding.also(target.at(), format!("the target is in {region}"));
    }
    cx.report(
        finding
            .help(format!("write `{region}`, or point the record at the endpoint in {text}"))
            .fix(named.replace(region.as_str())),
    );
}
