//! `route53/disposable-zone`: a zone that a registrar points to is kept.

use crate::artifacts::Deletion;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/disposable-zone",
    code: "R53-032",
    severity: Severity::Warning,
    phase: Phase::Deploy,
    title: "hosted zone may be deleted with its stack",
    why: "a zone that is made anew gets other name servers, and the domain is dark until the registrar or the \
          parent zone names them",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/GetInfoAboutHostedZone.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: zone.yaml
Resources:
  Zone:
# ^
    Type: AWS::Route53::HostedZone
    Properties: { Name: example.com }
  Www:
    Type: AWS::Route53::RecordSet
    Properties: { HostedZoneId: !Ref Zone, Name: www.example.com, Type: A, TTL: "300", ResourceRecords: [192.0.2.10] }
"#,
    good: &[(
        r#"Type: AWS::Route53::HostedZone
"#,
        r#"Type: AWS::Route53::HostedZone
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
"#,
    )],
    check: Check::Resources(&["AWS::Route53::HostedZone"], check),
};

fn check(cx: &mut Cx<'_>, zone: Resource<'_>) {
    let kept = matches!(zone.deletion(), Some(Deletion::Retain | Deletion::RetainExceptOnCreate));
    // A private zone has no delegation that could break, and an empty one serves nobody yet.
    if kept || zone.has("VPCs") || zone.referrers().next().is_none() {
        return;
    }
    let name = zone.get("Name").and_then(|name| name.text()).unwrap_or_default();
    cx.report(
        zone.finding(format!("zone `{name}` goes with its stack"), "no `DeletionPolicy: Retain`")
            .help("add `DeletionPolicy: Retain` and `UpdateReplacePolicy: Retain`"),
    );
}
