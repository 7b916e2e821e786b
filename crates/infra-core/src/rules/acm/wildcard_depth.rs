//! `acm/wildcard-depth`: a wildcard is for one label.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "acm/wildcard-depth",
    code: "ACM-003",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "wildcard certificate does not reach the name",
    why: "a wildcard stands for exactly one label: `*.example.com` is for `www.example.com`, neither for \
          `a.b.example.com` nor for `example.com`",
    error: Some(
        "The certificate that is attached to your distribution doesn't cover the alternate domain name \
         (CNAME) that you're trying to add.",
    ),
    sources: &["https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: api.yaml
Resources:
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: "*.example.com"
      ValidationMethod: DNS
      DomainValidationOptions: [{ DomainName: "*.example.com", HostedZoneId: Z0123456789EXAMPLE0 }]
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: api.eu.example.com
#                 ^
      DomainNameConfigurations:
        - EndpointType: REGIONAL
          SecurityPolicy: TLS_1_2
          CertificateArn: !Ref Certificate
"#,
    good: &[("DomainName: api.eu.example.com", "DomainName: api.example.com")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    super::uncovered(cx, view, true);
}
