//! `acm/uncovered-name`: every served name is in the certificate.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "acm/uncovered-name",
    code: "ACM-004",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "served name is not in the certificate",
    why: "clients compare the host that they asked for with the names of the certificate; each name that an \
          endpoint serves must be one of them",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDomainName.html",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: api.yaml
Resources:
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: www.example.com
      ValidationMethod: DNS
      DomainValidationOptions: [{ DomainName: www.example.com, HostedZoneId: Z0123456789EXAMPLE0 }]
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: api.example.com
#                 ^
      DomainNameConfigurations:
        - EndpointType: REGIONAL
          SecurityPolicy: TLS_1_2
          CertificateArn: !Ref Certificate
"#,
    good: &[
        (
            r#"DomainName: www.example.com
      Valid"#,
            r#"DomainName: api.example.com
      Valid"#,
        ),
        ("[{ DomainName: www.example.com", "[{ DomainName: api.example.com"),
    ],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    super::uncovered(cx, view, false);
}
