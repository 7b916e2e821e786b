//! `route53/routing-policy`: a record has one whole routing policy or none.

use crate::facts::limits::route53 as limits;
use crate::names::Region;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/routing-policy",
    code: "R53-040",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "routing policy that is not whole",
    why: "a record with a policy has an identifier that tells it from the others of its name, and exactly one policy; \
          weights go from 0 to 255, and a multivalue answer is no alias and has one value",
    error: Some("InvalidChangeBatch"),
    sources: &["https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Resources:
  Api:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      TTL: "60"
      ResourceRecords: [192.0.2.1]
      SetIdentifier: eu
      Weight: 300
#             ^
"#,
    good: &[("Weight: 300", "Weight: 100")],
    check: Check::Records(check),
};

const POLICIES: [&str; 7] =
    ["Weight", "Region", "Failover", "GeoLocation", "MultiValueAnswer", "CidrRoutingConfig", "GeoProximityLocation"];

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let name = record.called();
    let off = |key: &str, value: &Prop<'_>| key == "MultiValueAnswer" && value.bool() == Some(false);
    let written = POLICIES.iter().filter_map(|key| Some((*key, record.get(key)?))).filter(|(key, it)| !off(key, it));
    let written: Vec<(&str, Prop<'_>)> = written.collect();
    match (written.as_slice(), record.get("SetIdentifier")) {
        ([(first, value), ..], None) => cx.report(
            value
                .finding(
                    format!("`{name}` has `{first}` and no `SetIdentifier`"),
                    "nothing tells the record from others",
                )
                .help("add `SetIdentifier` with a name of this record among those of its name and type"),
        ),
        ([], Some(identifier)) => cx.report(
            identifier
                .finding(
                    format!("`{name}` has a `SetIdentifier` and no routing policy"),
                    "for records with a policy only",
                )
                .help("add `Weight`, `Region`, `Failover`, `GeoLocation` or `MultiValueAnswer`, or remove it"),
        ),
        _ => {}
    }
    if let [(first, one), (second, other), ..] = written.as_slice() {
        cx.report(
            other
                .finding(format!("`{name}` has two routing policies, `{first}` and `{second}`"), "the second policy")
                .also(one.at(), "the first one")
                .help(format!("keep one of `{first}` and `{second}`")),
        );
    }
    for (key, value) in &written {
        bounds(cx, &record, &name, key, value);
    }
}

fn bounds(cx: &mut Cx<'_>, record: &Record<'_>, name: &str, key: &str, value: &Prop<'_>) {
    match key {
        "Weight" => {
            if let Some(weight) = value.int().filter(|weight| !(0..=limits::MAX_WEIGHT).contains(weight)) {
                let title = format!("the weight of `{name}` is {weight}, and {} is the largest", limits::MAX_WEIGHT);
                cx.report(
                    value.finding(title, "out of range").help("scale the weights of all records of the name down"),
                );
            }
        }
        "Region" => {
            if let Some(text) = value.text().filter(|text| text.parse::<Region>().is_err()) {
                let title = format!("`{name}` is for the region `{text}`, which is not known to this version of infra");
                // A region that is newer than the list is none of our business.
                let is_like_one = text.split('-').count() >= 3 && text.ends_with(|c: char| c.is_ascii_digit());
                let severity = if is_like_one { Severity::Warning } else { Severity::Error };
                cx.report_as(
                    severity,
                    value.finding(title, "no region that is known").help("write a region such as `eu-west-1`"),
                );
            }
        }
        "Failover" => {
            if let Some(text) = value.text().filter(|text| text != "PRIMARY" && text != "SECONDARY") {
                let title = format!("`{name}` has the failover role `{text}`");
                cx.report(value.finding(title, "no role").help("write `PRIMARY` or `SECONDARY`"));
            }
        }
        "MultiValueAnswer" => {
            let count = record.values().count();
            if record.alias().is_some() {
                let title = format!("`{name}` is an alias with multivalue answers");
                cx.report(value.finding(title, "not for an alias").help("write addresses, or remove it"));
            } else if count > 1 {
                let title = format!("`{name}` has {count} values in one multivalue answer");
                cx.report(value.finding(title, "each record has one value").help("make a record of each value"));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn each_half_asks_for_the_other() {
        let with = |policy: &str| {
            let text = RULE.good_example().replace("      SetIdentifier: eu\n      Weight: 100\n", policy);
            of_rule(&RULE, &text).len()
        };
        assert_eq!(with("      Weight: 1\n"), 1);
        assert_eq!(with("      SetIdentifier: eu\n"), 1);
        assert_eq!(with("      SetIdentifier: eu\n      Weight: 1\n      Region: eu-west-1\n"), 1);
        assert_eq!(with("      SetIdentifier: eu\n      Region: eu-wast\n"), 1);
        assert_eq!(with("      SetIdentifier: eu\n      Failover: primary\n"), 1);
        assert_eq!(with("      SetIdentifier: eu\n      MultiValueAnswer: true\n"), 0);
        assert_eq!(with("      MultiValueAnswer: false\n"), 0);
        assert_eq!(with("      SetIdentifier: eu\n      Weight: 255\n") + with(""), 0);
    }

    #[test]
    fn a_multivalue_answer_has_one_value() {
        let text = RULE.good_example().replace("Weight: 100", "MultiValueAnswer: true");
        assert_eq!(of_rule(&RULE, &text.replace("[192.0.2.1]", "[192.0.2.1, 192.0.2.2]")).len(), 1);
    }
}
