//! `route53/unknown-place`: a geolocation record is for a place that exists.

use crate::facts::geography;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/unknown-place",
    code: "R53-041",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "geolocation record for a place that Route 53 does not know",
    why: "Route 53 knows seven continents, the countries of ISO 3166-1 by two letters, and the states of the United States \
          by theirs; anything else is refused",
    error: Some("InvalidInput"),
    sources: &["https://docs.aws.amazon.com/Route53/latest/APIReference/API_GeoLocation.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: records.yaml
Resources:
  Anywhere:
    Type: AWS::Route53::RecordSet
    Properties: { HostedZoneId: Z0123456789EXAMPLE0, Name: api.example.com, Type: A, TTL: "60", SetIdentifier: any, GeoLocation: { CountryCode: "*" }, ResourceRecords: [192.0.2.1] }
  Britain:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      TTL: "60"
      SetIdentifier: britain
      GeoLocation: { CountryCode: UK }
#                                 ^
      ResourceRecords: [192.0.2.2]
"#,
    good: &[("CountryCode: UK", "CountryCode: GB")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for record in view.records().filter(|record| !record.deleted()) {
        if let Some(place) = record.get("GeoLocation") {
            one(cx, &record, &place);
        }
    }
    for group in view.record_groups() {
        for (number, record) in group.iter().enumerate() {
            let place = |record: &Record<'_>| place_of(record).filter(|_| record.set_identifier().is_some());
            let same = |other: &&Record<'_>| {
                place(other).is_some_and(|it| Some(it) == place(record))
                    && other.set_identifier() != record.set_identifier()
            };
            let Some(first) = group.iter().take(number).find(same) else { continue };
            cx.report(
                record
                    .finding(format!("two records of `{}` are for one place", record.called()), "this one")
                    .also(first.at(), "and this one")
                    .help("give each record a place of its own"),
            );
        }
    }
}

fn place_of(record: &Record<'_>) -> Option<[Option<String>; 3]> {
    let place = record.get("GeoLocation").filter(|place| place.is_known())?;
    let text = |key: &str| place.key(key).and_then(|it| it.text()).map(|it| it.into_owned());
    Some([text("ContinentCode"), text("CountryCode"), text("SubdivisionCode")])
}

fn one(cx: &mut Cx<'_>, record: &Record<'_>, place: &Prop<'_>) {
    let name = record.called();
    let code = |key: &str| place.key(key).and_then(|prop| Some((prop, prop.text()?)));
    let (continent, country, part) = (code("ContinentCode"), code("CountryCode"), code("SubdivisionCode"));
    if let Some((prop, text)) = &continent {
        if !geography::CONTINENTS.iter().any(|(known, _)| known == text) {
            let known: Vec<String> =
                geography::CONTINENTS.iter().map(|(code, name)| format!("`{code}` {name}")).collect();
            let meant = geography::code_of(geography::CONTINENTS, text);
            let help = match meant {
                Some(meant) => format!("write `{meant}`"),
                None if geography::is_country(text) => format!("write `CountryCode: {text}`: it is a country"),
                None => format!("the continents are {}", known.join(", ")),
            };
            let title = format!("`{name}` is for the continent `{text}`, and there is none");
            cx.report(prop.finding(title, "no continent").help(help));
        } else if country.is_some() || part.is_some() {
            let title = format!("`{name}` is for a continent and a country at once");
            cx.report(prop.finding(title, "beside a country").help("keep one of the two"));
        }
    }
    if let Some((prop, text)) = &country
        && text != "*"
        && !geography::is_country(text)
    {
        let help = match geography::country_meant(text) {
            Some(meant) => format!("write `{meant}`"),
            None => "write the two letters of ISO 3166-1, such as `DE`".to_owned(),
        };
        let title = format!("`{name}` is for the country `{text}`, and there is none of this code");
        cx.report(prop.finding(title, "no code of a country").help(help));
    }
    let Some((prop, text)) = &part else { return };
    match country.as_ref().map(|(_, country)| country.as_ref()) {
        Some("US") if geography::STATES.iter().any(|(known, _)| known == text) => {}
        Some("US") => {
            let help = match geography::code_of(geography::STATES, text) {
                Some(meant) => format!("write `{meant}`"),
                None => "write the two letters that the Postal Service uses, such as `CA`".to_owned(),
            };
            let title = format!("`{name}` is for the state `{text}`, and there is none of this code");
            cx.report(prop.finding(title, "no code of a state").help(help));
        }
        Some(geography::OTHER_WITH_PARTS) => {}
        Some(country) => {
            let title = format!("`{name}` is for part `{text}` of `{country}`, and Route 53 knows no parts of it");
            cx.report(prop.finding(title, "only states of the United States").help("remove `SubdivisionCode`"));
        }
        None => {
            let title = format!("`{name}` is for the state `{text}` of no country");
            cx.report(prop.finding(title, "no `CountryCode` beside it").help("add `CountryCode: US`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn each_code_is_of_its_kind() {
        let with = |place: &str| {
            let found = of_rule(&RULE, &RULE.good_example().replace("{ CountryCode: GB }", place));
            found.join("\n")
        };
        assert!(with("{ ContinentCode: US }").contains("the continent `US`"));
        assert!(with("{ CountryCode: eu }").contains("the country `eu`"));
        assert!(with("{ CountryCode: DE, SubdivisionCode: BY }").contains("part `BY` of `DE`"));
        assert!(with("{ CountryCode: US, SubdivisionCode: California }").contains("the state `California`"));
        assert!(with("{ ContinentCode: EU, CountryCode: DE }").contains("at once"));
        assert!(with("{ CountryCode: \"*\" }").contains("one place"));
        for right in [
            "{ ContinentCode: EU }",
            "{ CountryCode: US, SubdivisionCode: CA }",
            "{ CountryCode: UA, SubdivisionCode: \"30\" }",
        ] {
            assert_eq!(with(right), "", "{right}");
        }
    }
}
