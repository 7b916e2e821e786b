//! `acm/email-validation`: certificates renew unattended.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "acm/email-validation",
    code: "ACM-009",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "certificate is validated by e-mail",
    why: "each renewal of a certificate that was validated by e-mail waits for someone to click, every 198 \
          days",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/acm/latest/userguide/email-validation.html",
        "https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: api.yaml
Resources:
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: api.example.com
      ValidationMethod: EMAIL
#                       ^
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: api.example.com
      DomainNameConfigurations:
        - EndpointType: REGIONAL
          SecurityPolicy: TLS_1_2
          CertificateArn: !Ref Certificate
"#,
    good: &[("ValidationMethod: EMAIL", "ValidationMethod: DNS")],
    check: Check::Resources(&["AWS::CertificateManager::Certificate"], check),
};

fn check(cx: &mut Cx<'_>, certificate: Resource<'_>) {
    if let Some(method) = certificate.get("ValidationMethod").filter(|method| method.is("EMAIL")) {
        cx.report(
            method
                .finding(format!("certificate `{}` does not renew by itself", certificate.id()), "by e-mail")
                .help("write `DNS` and name the hosted zone of each name in `DomainValidationOptions`"),
        );
    }
}
