//! `route53/unserved-check-name`: the health check of a record asks a name that exists.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/unserved-check-name",
    code: "R53-044",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "health check asks a name that no record has",
    why: "a health check whose name does not resolve fails, so the record that depends on it is taken for unhealthy from \
          its first minute and its traffic goes elsewhere for ever",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html",
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
  Up:
    Type: AWS::Route53::HealthCheck
    Properties:
      HealthCheckConfig: { Type: HTTPS, FullyQualifiedDomainName: eu.example.com, ResourcePath: /ready, FailureThreshold: 3, RequestInterval: 10 }
#                                                                 ^
  First:
    Type: AWS::Route53::RecordSet
    Properties: { HostedZoneId: !Ref Zone, Name: api.example.com, Type: A, TTL: "60", ResourceRecords: [192.0.2.1], SetIdentifier: first, Failover: PRIMARY, HealthCheckId: !Ref Up }
  Second:
    Type: AWS::Route53::RecordSet
    Properties: { HostedZoneId: !Ref Zone, Name: api.example.com, Type: A, TTL: "60", ResourceRecords: [192.0.2.2], SetIdentifier: second, Failover: SECONDARY }
"#,
    good: &[("FullyQualifiedDomainName: eu.example.com", "FullyQualifiedDomainName: status.example.net")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let mut seen = Vec::new();
    for record in view.records().filter(|record| !record.deleted()) {
        let check = record.get("HealthCheckId").and_then(|id| id.resource_of("AWS::Route53::HealthCheck"));
        let (Some(check), Some(zone)) = (check, record.zone()) else { continue };
        let host = check.get("HealthCheckConfig.FullyQualifiedDomainName");
        let (Some(host), Some(domain)) = (host, zone.domain()) else { continue };
        let Some(name) = host.text().map(|name| name.trim_end_matches('.').to_ascii_lowercase()) else { continue };
        // Records of a batch that others cut may have siblings elsewhere.
        let is_ours = zone.resource().is_some() || (record.resource().is_none() && record.batch().is_none());
        if !is_ours || !within(&name, domain) || seen.contains(&check) || check.has("HealthCheckConfig.IPAddress") {
            continue;
        }
        seen.push(check);
        if is_there(view, &name) || is_in_a_cluster(view, &name) {
            continue;
        }
        cx.report(
            host.finding(
                format!("`{name}` has no record, so the check of `{}` always fails", record.called()),
                "does not resolve",
            )
            .also(record.at(), "depends on the check")
            .help(format!("add a record for `{name}` that leads to what is checked, and let that serve the name")),
        );
    }
}

/// Whether a record has the name, stands for it as a wildcard, or hands it over to other name servers.
fn is_there(view: &View<'_>, name: &str) -> bool {
    view.records().filter(|record| !record.deleted()).any(|record| {
        record.name().is_none_or(|known| {
            let is_wildcard = known.strip_prefix('*').is_some_and(|rest| name.ends_with(rest));
            let is_handed_over = record.is_type(&["NS"])
                && within(name, &known)
                && record.zone().is_some_and(|zone| zone.domain() != Some(known.as_str()));
            known == name || is_wildcard || is_handed_over
        })
    })
}

/// Whether an object names the host, so that a controller may write its record.
fn is_in_a_cluster(view: &View<'_>, name: &str) -> bool {
    view.objects().any(|object| mentions(&object.body(), name))
}

fn mentions(value: &Prop<'_>, name: &str) -> bool {
    value.entries().any(|(_, inner)| mentions(&inner, name))
        || (value.is_list() && value.items().any(|item| mentions(&item, name)))
        || value.text().is_some_and(|text| text.contains(name))
}

fn within(name: &str, domain: &str) -> bool {
    name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn a_record_a_wildcard_or_a_delegation_serves_the_name() {
        let extra = |record: &str| {
            let text = RULE.bad_example()
                + &format!(
                    "  More:\n    Type: AWS::Route53::RecordSet\n    Properties: {{ HostedZoneId: !Ref Zone, TTL: '60', {record} }}\n"
                );
            of_rule(&RULE, &text).len()
        };
        assert_eq!(extra("Name: eu.example.com, Type: A, ResourceRecords: [192.0.2.3]"), 0);
        assert_eq!(extra("Name: '*.example.com', Type: A, ResourceRecords: [192.0.2.3]"), 0);
        assert_eq!(extra("Name: us.example.com, Type: A, ResourceRecords: [192.0.2.3]"), 1);
    }
}
