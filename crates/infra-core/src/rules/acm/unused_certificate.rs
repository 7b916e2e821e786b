//! `acm/unused-certificate`: every certificate is in use.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "acm/unused-certificate",
    code: "ACM-015",
    severity: Severity::Advice,
    phase: Phase::Runtime,
    title: "certificate that nothing uses",
    why: "ACM renews only what a service uses, so a certificate that waits for the day of the failover has \
          expired by then",
    error: None,
    sources: &["https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: standby.yaml
Resources:
  Certificate:
# ^
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: api.example.com
      ValidationMethod: DNS
      DomainValidationOptions: [{ DomainName: api.example.com, HostedZoneId: Z0123456789EXAMPLE0 }]
  Other:
    Type: AWS::SNS::Topic
"#,
    good: &[(
        r#"  Other:
    Type: AWS::SNS::Topic
"#,
        r#"  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: api.example.com
      DomainNameConfigurations:
        - EndpointType: REGIONAL
          SecurityPolicy: TLS_1_2
          CertificateArn: !Ref Certificate
"#,
    )],
    check: Check::Resources(&["AWS::CertificateManager::Certificate"], check),
};

fn check(cx: &mut Cx<'_>, certificate: Resource<'_>) {
    let outputs = certificate.stack().outputs().any(|(_, value)| value.mentions().contains(&certificate));
    if certificate.referrers().next().is_none() && !outputs {
        cx.report(
            certificate
                .finding(format!("nothing uses certificate `{}`", certificate.id()), "will not be renewed")
                .help("attach it to the endpoint that it is for, or remove it"),
        );
    }
}
