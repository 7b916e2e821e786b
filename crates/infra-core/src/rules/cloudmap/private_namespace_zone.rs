//! `cloudmap/private-namespace-zone`: a private namespace brings its own hosted zone.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudmap/private-namespace-zone",
    code: "MAP-001",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "private namespace and hosted zone of one name in one VPC",
    why: "Cloud Map makes a private hosted zone of the namespace's name, and a VPC cannot have two private zones of one \
          name",
    error: Some("ConflictingDomainExists"),
    sources: &[
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-servicediscovery-privatednsnamespace.html",
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Vpc: { Type: "AWS::EC2::VPC::Id" }
Resources:
  Names:
    Type: AWS::ServiceDiscovery::PrivateDnsNamespace
    Properties:
      Name: shop.internal
#           ^
      Vpc: !Ref Vpc
  Zone:
    Type: AWS::Route53::HostedZone
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      Name: shop.internal.
      VPCs: [{ VPCId: !Ref Vpc, VPCRegion: eu-west-1 }]
"#,
    good: &[("Name: shop.internal.", "Name: db.internal.")],
    check: Check::Resources(&["AWS::ServiceDiscovery::PrivateDnsNamespace"], check),
};

fn check(cx: &mut Cx<'_>, namespace: Resource<'_>) {
    let (Some(name), Some(vpc)) = (namespace.get("Name"), namespace.get("Vpc")) else { return };
    let Some(text) = name.text() else { return };
    for zone in namespace.view().of("AWS::Route53::HostedZone") {
        let Some(zone_name) = zone.get("Name") else { continue };
        let same = zone_name.text().is_some_and(|other| other.trim_end_matches('.').eq_ignore_ascii_case(&text));
        if same && zone.each("VPCs").filter_map(|it| it.key("VPCId")).any(|other| vpc.is_same(&other)) {
            cx.report(
                name.finding(format!("namespace `{text}` makes a hosted zone that is here already"), "makes a zone")
                    .also(zone_name.at(), "the same zone, in the same VPC")
                    .help("remove the hosted zone and use the namespace's, or give one of them another name"),
            );
        }
    }
}
