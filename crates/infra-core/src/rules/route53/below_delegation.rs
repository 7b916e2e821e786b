//! `route53/below-delegation`: what is delegated is answered by others.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/below-delegation",
    code: "R53-042",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "record at or below a delegated name",
    why: "name servers in a zone hand a name and all below it over to others: what the zone itself has there is never \
          answered, apart from the addresses of those name servers",
    error: None,
    sources: &[
        "https://datatracker.ietf.org/doc/html/rfc5936#section-3.5",
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-routing-traffic-for-subdomains.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Resources:
  Zone:
    Type: AWS::Route53::HostedZone
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: { Name: example.com }
  Lab:
    Type: AWS::Route53::RecordSet
    Properties: { HostedZoneId: !Ref Zone, Name: lab.example.com, Type: NS, TTL: "3600", ResourceRecords: [ns1.example.net, ns2.example.net] }
  Web:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: !Ref Zone
      Name: web.lab.example.com
#           ^
      Type: A
      TTL: "300"
      ResourceRecords: [192.0.2.9]
"#,
    good: &[("Name: web.lab.example.com", "Name: web.example.com")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for zone in view.zones() {
        let records: Vec<(String, Record<'_>)> = zone
            .records()
            .filter(|record| !record.deleted())
            .filter_map(|record| Some((record.name()?, record)))
            .collect();
        let delegations = records.iter().filter(|(name, record)| {
            // The name servers of the zone itself delegate nothing; where its name is not known, another name tells.
            let is_apex = zone
                .domain()
                .map_or_else(|| records.iter().all(|(other, _)| within(other, name)), |domain| domain == name);
            record.is_type(&["NS"]) && !is_apex
        });
        for (delegated, servers) in delegations {
            let is_glue = |name: &str, record: &Record<'_>| {
                let named = |value: Prop<'_>| value.pattern().trim_end_matches('.').eq_ignore_ascii_case(name);
                record.is_type(&["A", "AAAA"]) && servers.values().any(named)
            };
            for (name, record) in records.iter().filter(|(name, _)| within(name, delegated)) {
                if (name == delegated && record.is_type(&["NS", "DS"]))
                    || is_glue(name, record)
                    || is_known_elsewhere(&zone, name, record)
                {
                    continue;
                }
                cx.report(
                    record
                        .finding(
                            format!("`{name}` is hidden by the delegation of `{delegated}`"),
                            "never answered from here",
                        )
                        .also(servers.at(), "these name servers answer for it")
                        .help(format!("put the record into the zone of `{delegated}`, or remove the NS record")),
                );
            }
        }
    }
}

/// Whether the zone that answers is made here, so that the record stands in the wrong one of two zones that are seen:
/// that is told with the name of the right one.
fn is_known_elsewhere(zone: &crate::view::Zone<'_>, name: &str, record: &Record<'_>) -> bool {
    let is_served = |other: crate::view::Zone<'_>| {
        let below = |domain: &str| {
            zone.domain().is_some_and(|own| domain != own && within(domain, own) && within(name, domain))
        };
        other != *zone && other.private() == Some(false) && other.domain().is_some_and(below)
    };
    zone.private() == Some(false) && record.prop().view().zones().any(is_served)
}

fn within(name: &str, domain: &str) -> bool {
    name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn addresses_of_the_name_servers_and_the_key_of_the_child_stand_above_it() {
        let bad = RULE.bad_example();
        assert_eq!(of_rule(&RULE, &bad.replace("ns1.example.net", "web.lab.example.com")).len(), 0);
        assert_eq!(of_rule(&RULE, &bad.replace("Name: web.lab", "Name: lab")).len(), 1);
        let unknown = bad.replace("!Ref Zone", "Z0123456789EXAMPLE0");
        assert_eq!(of_rule(&RULE, &unknown).len(), 0, "it may be the zone of `lab`");
        let told = unknown
            + "  Other:\n    Type: AWS::Route53::RecordSet\n    Properties: { HostedZoneId: Z0123456789EXAMPLE0, Name: www.example.com, Type: A, TTL: '300', ResourceRecords: [192.0.2.3] }\n";
        assert_eq!(of_rule(&RULE, &told).len(), 1);
    }
}
