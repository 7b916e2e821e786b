//! `acm/caa-without-amazon`: the domain lets Amazon issue.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "acm/caa-without-amazon",
    code: "ACM-007",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "CAA record keeps Amazon from issuing",
    why: "a CAA record at a name, or at the nearest name above it that has one, lists the authorities that may \
          issue; without one of Amazon's the certificate fails now or at its next renewal",
    error: Some("CAA_ERROR"),
    sources: &["https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: api.yaml
Resources:
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: api.example.com
#                 ^
      ValidationMethod: DNS
      DomainValidationOptions: [{ DomainName: api.example.com, HostedZoneId: Z0123456789EXAMPLE0 }]
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: api.example.com
      DomainNameConfigurations:
        - EndpointType: REGIONAL
          SecurityPolicy: TLS_1_2
          CertificateArn: !Ref Certificate
  Authorities:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneName: example.com.
      Name: example.com
      Type: CAA
      TTL: "3600"
      ResourceRecords: ['0 issue "letsencrypt.org"']
"#,
    good: &[(r#"['0 issue "letsencrypt.org"']"#, r#"['0 issue "letsencrypt.org"', '0 issue "amazon.com"']"#)],
    check: Check::Resources(&["AWS::CertificateManager::Certificate"], check),
};

/// Values of CAA records that let Amazon issue.
///
/// Source: <https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html> (read 2026-11-22).
const AMAZON: &[&str] = &["amazon.com", "amazonaws.com", "amazontrust.com", "awstrust.com"];

fn check(cx: &mut Cx<'_>, certificate: Resource<'_>) {
    if certificate.has("CertificateAuthorityArn") {
        return;
    }
    let view = certificate.view();
    let caa: Vec<Record<'_>> = view.records().filter(|it| !it.deleted() && it.is_type(&["CAA"])).collect();
    if caa.is_empty() {
        return;
    }
    let names = certificate.get("DomainName").into_iter().chain(certificate.each("SubjectAlternativeNames"));
    for name in names {
        let Some(text) = name.text() else { continue };
        let text = text.to_ascii_lowercase();
        let wild = text.starts_with("*.");
        let mut domain = Some(text.trim_start_matches("*."));
        let decides = loop {
            let Some(here) = domain else { break None };
            if let Some(record) = caa.iter().find(|record| record.name().as_deref() == Some(here)) {
                break Some(record);
            }
            domain = here.split_once('.').map(|(_, parent)| parent);
        };
        let Some(record) = decides else { continue };
        if !lets_amazon(record, wild) {
            cx.report(
                name.finding(format!("Amazon may not issue for `{text}`"), "asked of Amazon")
                    .also(record.at(), "lists who may issue")
                    .help("add the value `0 issue \"amazon.com\"` to the CAA record"),
            );
        }
    }
}

/// Whether the record lets Amazon issue; wildcards look at `issuewild` first. What is not known lets it.
fn lets_amazon(record: &Record<'_>, wild: bool) -> bool {
    let values: Option<Vec<String>> = record.values().map(|value| value.text().map(|it| it.into_owned())).collect();
    let Some(values) = values else { return true };
    let tagged = |tag: &'static str| {
        values.iter().filter_map(move |value| {
            let mut words = value.split_whitespace().skip(1);
            (words.next() == Some(tag)).then(|| words.next().unwrap_or_default().trim_matches('"').to_owned())
        })
    };
    let tag = if wild && tagged("issuewild").next().is_some() { "issuewild" } else { "issue" };
    let named: Vec<String> = tagged(tag).map(|value| value.split(';').next().unwrap_or_default().to_owned()).collect();
    named.is_empty() || named.iter().any(|name| AMAZON.contains(&name.as_str()))
}
