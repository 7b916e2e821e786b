//! `apigateway/foreign-alias`: a name leads to the custom domain of that name.

use crate::rules::prelude::*;
use crate::view::glob;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/foreign-alias",
    code: "APIGW-032",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "DNS name leads to a custom domain of another name",
    why: "API Gateway looks at the name that was asked for: a record that leads to the endpoint of another \
          custom domain gets 403 from it",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-regional-api-custom-domain-create.html",
    ],
    evidence: Evidence::Documented,
    bad: r"
Parameters:
  Certificate: { Type: String }
Resources:
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: orders.example.com
      DomainNameConfigurations: [{ CertificateArn: !Ref Certificate, EndpointType: REGIONAL, SecurityPolicy: TLS_1_2 }]
  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneName: example.com.
      Name: api.example.com
#           ^
      Type: A
      AliasTarget: { DNSName: !GetAtt Domain.RegionalDomainName, HostedZoneId: !GetAtt Domain.RegionalHostedZoneId }
",
    good: &[("DomainName: orders.example.com", "DomainName: api.example.com")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let target = record.alias().and_then(|alias| alias.resource());
    let Some(domain) =
        target.filter(|it| matches!(it.kind(), "AWS::ApiGateway::DomainName" | "AWS::ApiGatewayV2::DomainName"))
    else {
        return;
    };
    let Some(slot) = domain.get("DomainName") else { return };
    let (Some(asked), Some(served)) = (record.name(), slot.text()) else { return };
    // A name that other records lead to is not the one that callers ask for.
    if glob(&served.to_ascii_lowercase(), &asked) || domain.view().records().any(|other| leads_to(&other, &asked)) {
        return;
    }
    cx.report(
        record
            .finding(format!("`{asked}` leads to the endpoint of `{served}`"), "answered with 403")
            .also(slot.at(), "the custom domain")
            .help(format!("make a custom domain `{asked}` in that region and map the API to it")),
    );
}

fn leads_to(record: &Record<'_>, name: &str) -> bool {
    let is_name =
        |prop: Prop<'_>| prop.text().is_some_and(|text| text.trim_end_matches('.').eq_ignore_ascii_case(name));
    record.values().any(is_name) || record.alias().and_then(|alias| alias.dns_name()).is_some_and(is_name)
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn a_name_that_others_lead_to_is_not_asked_for() {
        let further = "  Public:
    Type: AWS::Route53::RecordSet
    Properties: { HostedZoneName: example.com., Name:                        orders.example.com, Type: CNAME, TTL: 60, ResourceRecords: [api.example.com] }
";
        assert!(of_rule(&super::RULE, &format!("{}{further}", super::RULE.bad_example())).is_empty());
    }
}
