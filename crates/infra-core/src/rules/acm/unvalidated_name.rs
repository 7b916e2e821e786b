//! `acm/unvalidated-name`: every name of a certificate can be validated.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "acm/unvalidated-name",
    code: "ACM-006",
    severity: Severity::Warning,
    phase: Phase::Deploy,
    title: "nobody writes the validation record of a certificate",
    why: "CloudFormation waits until the certificate is issued, for up to 72 hours; it writes the validation \
          record itself only for names with a `HostedZoneId`",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-certificatemanager-certificate.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: api.yaml
Resources:
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: example.com
      SubjectAlternativeNames: [api.example.com]
#                               ^
      ValidationMethod: DNS
      DomainValidationOptions: [{ DomainName: example.com, HostedZoneId: Z0123456789EXAMPLE0 }]
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: api.example.com
      DomainNameConfigurations:
        - EndpointType: REGIONAL
          SecurityPolicy: TLS_1_2
          CertificateArn: !Ref Certificate
"#,
    good: &[(
        "HostedZoneId: Z0123456789EXAMPLE0 }]",
        "HostedZoneId: Z0123456789EXAMPLE0 }, { DomainName: api.example.com, HostedZoneId: Z0123456789EXAMPLE0 }]",
    )],
    check: Check::Resources(&["AWS::CertificateManager::Certificate"], check),
};

fn check(cx: &mut Cx<'_>, certificate: Resource<'_>) {
    let validated_by_us = certificate.get("ValidationMethod").is_some_and(|method| method.is("DNS"));
    if !validated_by_us || certificate.has("CertificateAuthorityArn") {
        return;
    }
    let options: Vec<Prop<'_>> = certificate.each("DomainValidationOptions").collect();
    let zoned = options.iter().filter(|option| option.key("HostedZoneId").is_some());
    let names: Option<Vec<String>> =
        zoned.map(|option| Some(option.key("DomainName")?.text()?.to_ascii_lowercase())).collect();
    // Without any zone somebody writes the records by other means; with some, the others were forgotten.
    let Some(names) = names.filter(|names| !names.is_empty()) else { return };
    // One record is for a name and its wildcard.
    let plain = |name: &str| name.trim_start_matches("*.").to_owned();
    let has = |name: &str| names.iter().any(|known| plain(known) == plain(name));
    let all = certificate.get("DomainName").into_iter().chain(certificate.each("SubjectAlternativeNames"));
    for name in all {
        let Some(text) = name.text().map(|text| text.to_ascii_lowercase()).filter(|text| !has(text)) else { continue };
        cx.report(
            name.finding(format!("the stack waits for the validation of `{text}`"), "no zone is named for it")
                .help(format!("add {{ DomainName: {text}, HostedZoneId: … }} to `DomainValidationOptions`")),
        );
    }
}
