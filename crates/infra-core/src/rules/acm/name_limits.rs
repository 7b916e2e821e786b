//! `acm/name-limits`: a certificate has room for its names.

use crate::facts::limits::acm::{FIRST_NAME_LEN, NAMES_MAX};
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "acm/name-limits",
    code: "ACM-010",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "more or longer names than a certificate can have",
    why: "a certificate has at most 100 names, and its first one at most 64 characters",
    error: Some("The first domain name can be no longer than 64 characters."),
    sources: &[
        "https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html",
        "https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: api.yaml
Resources:
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: orders.checkout.payments.internal-services.production.shop.example.com
#                 ^
      ValidationMethod: DNS
      DomainValidationOptions: [{ DomainName: orders.checkout.payments.internal-services.production.shop.example.com, HostedZoneId: Z0123456789EXAMPLE0 }]
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: orders.checkout.payments.internal-services.production.shop.example.com
      DomainNameConfigurations:
        - EndpointType: REGIONAL
          SecurityPolicy: TLS_1_2
          CertificateArn: !Ref Certificate
"#,
    good: &[
        (
            r#"DomainName: orders.checkout.payments.internal-services.production.shop.example.com
#"#,
            r#"DomainName: example.com
      SubjectAlternativeNames: [orders.checkout.payments.internal-services.production.shop.example.com]
#"#,
        ),
        (
            "HostedZoneId: Z0123456789EXAMPLE0 }]",
            "HostedZoneId: Z0123456789EXAMPLE0 }, { DomainName: example.com, HostedZoneId: Z0123456789EXAMPLE0 }]",
        ),
    ],
    check: Check::Resources(&["AWS::CertificateManager::Certificate"], check),
};

fn check(cx: &mut Cx<'_>, certificate: Resource<'_>) {
    if let Some(first) = certificate.get("DomainName") {
        let length = first.text().map_or(0, |name| name.chars().count());
        if length > FIRST_NAME_LEN {
            cx.report(
                first
                    .finding(format!("the first name has {length} characters"), "too long for the first name")
                    .help(format!("put a name of at most {FIRST_NAME_LEN} characters first, and this one into `SubjectAlternativeNames`")),
            );
        }
    }
    if let Some(others) = certificate.get("SubjectAlternativeNames").filter(|others| others.is_list()) {
        let count = others.items().count();
        if count >= NAMES_MAX {
            cx.report(others.finding(format!("{count} further names"), "too many").help("use several certificates"));
        }
    }
}
