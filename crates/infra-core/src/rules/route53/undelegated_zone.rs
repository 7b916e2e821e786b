//! `route53/undelegated-zone`: a record stands in the zone that is asked for it.

use crate::rules::prelude::*;
use crate::view::Zone;

pub(super) const RULE: Rule = Rule {
    id: "route53/undelegated-zone",
    code: "R53-026",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "record in a zone that nobody asks for it",
    why: "resolvers follow the delegation down to the most specific zone; what stands in a zone above it, or \
          in a zone of another name, is never served",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-routing-traffic-for-subdomains.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: zones.yaml
Resources:
  Parent:
    Type: AWS::Route53::HostedZone
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: { Name: example.com }
  Child:
    Type: AWS::Route53::HostedZone
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: { Name: shop.example.com }
  Delegation:
    Type: AWS::Route53::RecordSet
    Properties: { HostedZoneId: !Ref Parent, Name: shop.example.com, Type: NS, TTL: "3600", ResourceRecords: !GetAtt Child.NameServers }
  Api:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: !Ref Parent
      Name: api.shop.example.com
#           ^
      Type: A
      TTL: "300"
      ResourceRecords: [192.0.2.10]
"#,
    good: &[(
        r#"HostedZoneId: !Ref Parent
      Name: api"#,
        r#"HostedZoneId: !Ref Child
      Name: api"#,
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let zones: Vec<Zone<'_>> = view.zones().filter(|zone| zone.private() == Some(false)).collect();
    for record in view.records().filter(|record| !record.deleted()) {
        let (Some(name), Some(zone)) = (record.name(), record.zone()) else { continue };
        let Some(domain) = zone.domain() else { continue };
        if !within(&name, domain) {
            cx.report(
                record
                    .finding(format!("`{name}` is not in the zone `{domain}`"), format!("not below `{domain}`"))
                    .help(format!("write a name that ends with `.{domain}`, or name another zone")),
            );
            continue;
        }
        // The delegation itself stands above the zone that it delegates.
        if record.is_type(&["NS", "DS"]) || is_heritage(&record) || zone.private() != Some(false) {
            continue;
        }
        let below = |child: &&Zone<'_>| {
            child.domain().is_some_and(|child| child != domain && within(child, domain) && within(&name, child))
                && child.domain().is_some_and(|child| zone.sets(child, "NS").next().is_some())
        };
        if let Some(child) = zones.iter().find(below) {
            let served = child.domain().unwrap_or_default();
            let mut finding =
                record.finding(format!("`{name}` is served by the zone `{served}`"), format!("in `{domain}`"));
            if let Some(made) = child.resource() {
                finding = finding.also(made.at(), "the zone that is asked");
            }
            cx.report(finding.help(format!("put the record into the zone `{served}`")));
        }
    }
}

/// Whether the record is a note of external-dns to itself, which nobody asks the DNS for.
fn is_heritage(record: &Record<'_>) -> bool {
    record.is_type(&["TXT"]) && record.values().any(|value| value.pattern().contains("heritage=external-dns"))
}

fn within(name: &str, domain: &str) -> bool {
    name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}
