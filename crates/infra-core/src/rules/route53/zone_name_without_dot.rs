//! `route53/zone-name-without-dot`: zones are named with the final dot.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/zone-name-without-dot",
    code: "R53-028",
    severity: Severity::Warning,
    phase: Phase::Deploy,
    title: "name of a hosted zone without the final dot",
    why: "CloudFormation looks the zone up by the very text, and zone names end with a dot",
    error: Some("No hosted zone with name … found"),
    sources: &[
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-route53-recordset.html",
    ],
    evidence: Evidence::Observed,
    bad: r#"
#: records.yaml
Resources:
  Api:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneName: example.com
#                     ^
      Name: api.example.com
      Type: A
      TTL: "300"
      ResourceRecords: [192.0.2.10]
"#,
    good: &[("HostedZoneName: example.com", "HostedZoneName: example.com.")],
    check: Check::Resources(&["AWS::Route53::RecordSet", "AWS::Route53::RecordSetGroup"], check),
};

fn check(cx: &mut Cx<'_>, set: Resource<'_>) {
    let Some(name) = set.get("HostedZoneName") else { return };
    let Some(text) = name.text().filter(|text| !text.ends_with('.')) else { return };
    let dotted = format!("{text}.");
    cx.report(
        name.finding(format!("no hosted zone is called `{text}`"), "no final dot")
            .help(format!("write `{dotted}`, or name the zone by its id"))
            .fix(name.replace(&dotted)),
    );
}
