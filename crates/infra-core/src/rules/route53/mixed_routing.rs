//! `route53/mixed-routing`: all sets of a name are routed in one way.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/mixed-routing",
    code: "R53-014",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "record sets of one name with routing that does not fit together",
    why: "all sets of a name and type use one routing policy, each with its own identifier; simple routing \
          allows a single set, latency routing one set a region",
    error: Some(
        "Expected exactly one of [Weight, Region, Failover, GeoLocation, MultiValueAnswer, \
         GeoProximityLocation, or CidrRoutingConfig]",
    ),
    sources: &["https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: europe.yaml
Resources:
  Api:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      TTL: "60"
      ResourceRecords: [192.0.2.10]
      SetIdentifier: eu
      Region: eu-west-1
#: america.yaml region=us-east-1
Resources:
  Api:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
#           ^
      Type: A
      TTL: "60"
      ResourceRecords: [192.0.2.20]
      SetIdentifier: us
      Weight: 50
"#,
    good: &[("Weight: 50", "Region: us-east-1")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for group in view.record_groups() {
        let Some((first, rest)) = group.split_first() else { continue };
        let policy = |record: &Record<'_>| record.routing().map_or("simple routing", |(key, _)| key);
        let name = first.name().unwrap_or_default();
        if let Some(other) = rest.iter().find(|other| policy(other) != policy(first)) {
            cx.report(
                other
                    .finding(format!("`{name}` is routed in two ways"), format!("by {}", policy(other)))
                    .also(first.at(), format!("by {}", policy(first)))
                    .help("give all record sets of the name and type one routing policy"),
            );
            continue;
        }
        if policy(first) == "simple routing" {
            continue;
        }
        for (number, record) in group.iter().enumerate() {
            let earlier = group.iter().take(number);
            let same_id = |other: &&Record<'_>| {
                record.set_identifier().is_some() && other.set_identifier() == record.set_identifier()
            };
            // The very same set in two places is a matter of who owns it.
            let same_region = |other: &&Record<'_>| {
                let region =
                    |record: &Record<'_>| record.get("Region").and_then(|it| it.text()).map(|it| it.into_owned());
                region(record).is_some() && region(other) == region(record) && !same_id(other)
            };
            if let Some(other) = earlier.clone().find(same_region) {
                cx.report(
                    record
                        .finding(format!("`{name}` has two latency records of one region"), "the second")
                        .also(other.at(), "the first")
                        .help("keep one, or use weighted records below it"),
                );
            }
        }
    }
}
