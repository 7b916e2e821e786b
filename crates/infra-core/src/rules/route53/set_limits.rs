//! `route53/set-limits`: a record has values and a time to live as Route 53 takes them.

use crate::facts::limits::route53 as limits;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/set-limits",
    code: "R53-039",
    severity: Severity::Error,
    phase: Phase::Apply,
    title: "record set that is outside the limits of Route 53",
    why: "a record that is no alias has a time to live of up to 2,147,483,647 seconds and from 1 to 400 values; a CNAME \
          and an SOA record have one",
    error: Some("InvalidChangeBatch"),
    sources: &[
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html",
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html",
    ],
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
      TTL: "3000000000"
#          ^
      ResourceRecords: [192.0.2.1]
"#,
    good: &[("3000000000", "300")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let name = record.called();
    if let Some(ttl) = record.get("TTL")
        && let Some(seconds) = ttl.int().filter(|seconds| !(0..=limits::MAX_TTL).contains(seconds))
    {
        let title = format!("the TTL of `{name}` is {seconds}, and {} is the largest", limits::MAX_TTL);
        cx.report(
            ttl.finding(title, "out of range").help("write `300`, or as many seconds as a change may take to be seen"),
        );
    }
    if record.alias().is_some() || record.get("TrafficPolicyInstanceId").is_some() {
        return;
    }
    let Some(values) = record.get("ResourceRecords") else {
        if !record.prop().entries().any(|(key, _)| key.starts_with("Fn::")) {
            let finding = record.finding(format!("`{name}` has neither values nor an alias target"), "answers nothing");
            cx.report(finding.help("add `ResourceRecords` and `TTL`, or `AliasTarget`"));
        }
        return;
    };
    if record.get("TTL").is_none() {
        let finding = record.finding(format!("`{name}` has values and no TTL"), "no `TTL`");
        cx.report(finding.help("add `TTL: 300`, or as many seconds as resolvers may keep the answer"));
    }
    if !values.is_list() {
        return;
    }
    let count = values.items().count();
    let most = if record.is_type(&["CNAME", "SOA"]) { 1 } else { limits::SET_VALUES };
    // A set is sent whole, and in a change that may overwrite it each character counts twice.
    let weight = if record.resource().is_none() { limits::UPSERT_WEIGHT } else { 1 };
    let characters: usize =
        values.items().map(|value| value.key("Value").unwrap_or(value).pattern().chars().count()).sum();
    if characters * weight > limits::BATCH_CHARACTERS {
        let title = format!(
            "the values of `{name}` have {characters} characters, and {} fit into a change",
            limits::BATCH_CHARACTERS / weight
        );
        cx.report(
            values
                .finding(title, "too much for one change")
                .help("shorten the values, or spread them over several names"),
        );
    }
    if count == 0 || count > most {
        let allowed = if most == 1 { "exactly one is allowed".to_owned() } else { format!("1 to {most} are allowed") };
        let title = format!("`{name}` has {count} values, and {allowed}");
        let help = if count == 0 {
            "add a value, or remove the record"
        } else {
            "remove values, or spread them over several names"
        };
        cx.report(values.finding(title, format!("{count} values")).help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn counts_and_what_is_missing_are_told() {
        let with = |old: &str, new: &str| of_rule(&RULE, &RULE.good_example().replace(old, new)).len();
        assert_eq!(with("[192.0.2.1]", "[]"), 1);
        assert_eq!(with("      TTL: \"300\"\n", ""), 1);
        assert_eq!(with("      ResourceRecords: [192.0.2.1]\n", ""), 1);
        assert_eq!(with("TTL: \"300\"", "TTL: \"0\""), 0);
        assert_eq!(with("TTL: \"300\"", "TTL: \"2147483647\""), 0);
        let many = |count: usize| {
            let all: Vec<String> = (0..count).map(|at| format!("192.0.{}.{}", at / 256, at % 256)).collect();
            with("[192.0.2.1]", &format!("[{}]", all.join(", ")))
        };
        assert_eq!((many(400), many(401)), (0, 1));
        let text = format!("'\"{}\"'", vec!["k".repeat(250); 14].join("\" \""));
        let long: Vec<String> = (0..10).map(|at| text.replacen('k', &at.to_string(), 1)).collect();
        let record = RULE.good_example().replace("Type: A\n", "Type: TXT\n");
        assert_eq!(of_rule(&RULE, &record.replace("192.0.2.1", &long.join(", "))).len(), 1);
        let cname = RULE.good_example().replace("Type: A\n", "Type: CNAME\n");
        assert_eq!(of_rule(&RULE, &cname.replace("[192.0.2.1]", "[a.example.net, b.example.net]")).len(), 1);
    }
}
