//! `route53/geolocation-default`: a geolocation set answers everyone.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/geolocation-default",
    code: "R53-012",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "geolocation set without a default",
    why: "clients from places that no record names, and those whose place nobody knows, get no answer at all \
          unless a record for `*` exists",
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
      TTL: "60"
      ResourceRecords: [192.0.2.10]
      SetIdentifier: europe
      GeoLocation: { ContinentCode: EU }
#     ^
  America:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      TTL: "60"
      ResourceRecords: [192.0.2.20]
      SetIdentifier: america
      GeoLocation: { ContinentCode: NA }
"#,
    good: &[("GeoLocation: { ContinentCode: NA }", r#"GeoLocation: { CountryCode: "*" }"#)],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for group in view.record_groups() {
        let places: Vec<Prop<'_>> = group.iter().filter_map(|record| record.get("GeoLocation")).collect();
        let Some((first, record)) = places.first().zip(group.first()) else { continue };
        let open = |place: &Prop<'_>| !place.is_known() || place.key("CountryCode").is_some_and(|code| code.is("*"));
        // One record alone may have its siblings in a template that was not given.
        if places.iter().any(open) || (places.len() < 2 && !record.is_zone_whole()) {
            continue;
        }
        let title = format!("`{}` has no answer for the rest of the world", record.name().unwrap_or_default());
        cx.report(
            first.finding(title, "no record for `*`").help("add a record with `GeoLocation: { CountryCode: \"*\" }`"),
        );
    }
}
