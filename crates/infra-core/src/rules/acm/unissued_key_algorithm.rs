//! `acm/unissued-key-algorithm`: ACM issues what is asked for.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "acm/unissued-key-algorithm",
    code: "ACM-011",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "key algorithm that ACM does not issue",
    why: "ACM issues public certificates with RSA_2048, EC_prime256v1 and EC_secp384r1; the other algorithms \
          are for imported certificates",
    error: None,
    sources: &["https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: api.yaml
Resources:
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: api.example.com
      ValidationMethod: DNS
      DomainValidationOptions: [{ DomainName: api.example.com, HostedZoneId: Z0123456789EXAMPLE0 }]
      KeyAlgorithm: RSA_4096
#                   ^
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: api.example.com
      DomainNameConfigurations:
        - EndpointType: REGIONAL
          SecurityPolicy: TLS_1_2
          CertificateArn: !Ref Certificate
"#,
    good: &[("KeyAlgorithm: RSA_4096", "KeyAlgorithm: RSA_2048")],
    check: Check::Resources(&["AWS::CertificateManager::Certificate"], check),
};

fn check(cx: &mut Cx<'_>, certificate: Resource<'_>) {
    let Some(algorithm) = certificate.get("KeyAlgorithm") else { return };
    let Some(text) = algorithm.text().filter(|_| !certificate.has("CertificateAuthorityArn")) else { return };
    if !matches!(text.as_ref(), "RSA_2048" | "EC_prime256v1" | "EC_secp384r1") {
        cx.report(
            algorithm
                .finding(format!("ACM issues no certificate with {text}"), "for imported certificates only")
                .help("write RSA_2048, EC_prime256v1 or EC_secp384r1"),
        );
    }
}
