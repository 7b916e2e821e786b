//! `acm/transparency-opt-out`: public certificates are logged.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "acm/transparency-opt-out",
    code: "ACM-013",
    severity: Severity::Warning,
    phase: Phase::Deploy,
    title: "opt-out of certificate transparency",
    why: "public certificates can no longer be kept out of the transparency logs",
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
      CertificateTransparencyLoggingPreference: DISABLED
#                                               ^
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: api.example.com
      DomainNameConfigurations:
        - EndpointType: REGIONAL
          SecurityPolicy: TLS_1_2
          CertificateArn: !Ref Certificate
"#,
    good: &[("Preference: DISABLED", "Preference: ENABLED")],
    check: Check::Resources(&["AWS::CertificateManager::Certificate"], check),
};

fn check(cx: &mut Cx<'_>, certificate: Resource<'_>) {
    let written = certificate.get("CertificateTransparencyLoggingPreference");
    if let Some(written) = written.filter(|it| it.is("DISABLED") && !certificate.has("CertificateAuthorityArn")) {
        cx.report(written.finding("the opt-out has no effect any more", "not available").help("remove the property"));
    }
}
