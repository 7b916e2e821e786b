//! `route53/hidden-public-name`: a private zone has every name that is needed inside.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/hidden-public-name",
    code: "R53-027",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "private zone hides names of the public one",
    why: "inside its VPCs a private zone answers for the whole domain: a name that only the public zone has \
          does not exist there",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: zones.yaml
Parameters:
  Vpc: { Type: "AWS::EC2::VPC::Id" }
Resources:
  Public:
    Type: AWS::Route53::HostedZone
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: { Name: example.com }
  Private:
    Type: AWS::Route53::HostedZone
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: { Name: example.com, VPCs: [{ VPCId: !Ref Vpc, VPCRegion: eu-west-1 }] }
  Api:
    Type: AWS::Route53::RecordSet
    Properties: { HostedZoneId: !Ref Public, Name: api.example.com, Type: A, TTL: "300", ResourceRecords: [192.0.2.10] }
#                                                  ^
"#,
    good: &[("Properties: { Name: example.com, VPCs", "Properties: { Name: internal.example.com, VPCs")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for private in view.zones().filter(|zone| zone.private() == Some(true) && zone.resource().is_some()) {
        let unknown = private.records().any(|record| record.name().is_none_or(|name| name.starts_with('*')));
        let Some(domain) = private.domain().filter(|_| !unknown) else { continue };
        let has = |name: &str| private.records().any(|record| record.name().as_deref() == Some(name));
        // What a private zone hands over to others it does not answer itself.
        let hands_over = |name: &str| {
            private
                .records()
                .filter(|record| record.is_type(&["NS"]))
                .any(|record| record.name().is_some_and(|delegated| delegated != domain && within(name, &delegated)))
        };
        let publics = view.zones().filter(|zone| zone.private() == Some(false) && zone.domain().is_some());
        for record in publics.flat_map(|zone| zone.records()).filter(|record| record.is_type(&["A", "AAAA", "CNAME"])) {
            let Some(name) = record.name().filter(|name| within(name, domain) && !hands_over(name)) else { continue };
            if name.starts_with(['_', '*']) || has(&name) {
                continue;
            }
            let mut finding =
                record.finding(format!("`{name}` does not resolve inside the VPC"), "in the public zone only");
            if let Some(made) = private.resource() {
                finding = finding.also(made.at(), "this zone answers there");
            }
            cx.report(finding.help("add the record to the private zone too, or give that one a domain of its own"));
            break;
        }
    }
}

fn within(name: &str, domain: &str) -> bool {
    name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn a_private_zone_above_or_below_hides_names_too() {
        let text = RULE.bad_example();
        let below = text.replace("Name: example.com, VPCs", "Name: lab.example.com, VPCs");
        assert_eq!(of_rule(&RULE, &below).len(), 0);
        assert_eq!(of_rule(&RULE, &below.replace("Name: api.example.com", "Name: api.lab.example.com")).len(), 1);
        let above = text.replace("Properties: { Name: example.com }", "Properties: { Name: shop.example.com }");
        assert_eq!(of_rule(&RULE, &above.replace("Name: api.example.com", "Name: api.shop.example.com")).len(), 1);
    }
}
