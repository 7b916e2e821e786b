//! `acm/mutual-tls-ownership`: a private certificate comes with a public one.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "acm/mutual-tls-ownership",
    code: "ACM-014",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "domain with mutual TLS and a private certificate proves no ownership",
    why: "API Gateway wants a public certificate of the same name beside a private or imported one, and mutual \
          TLS wants TLS 1.2",
    error: Some("Mutual TLS authentication is only supported with TLS 1.2."),
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDomainName.html",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: api.yaml
Resources:
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: api.example.com
      CertificateAuthorityArn: arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: api.example.com
      MutualTlsAuthentication: { TruststoreUri: s3://example-trust/clients.pem }
#     ^
      DomainNameConfigurations:
        - EndpointType: REGIONAL
          SecurityPolicy: TLS_1_2
          CertificateArn: !Ref Certificate
"#,
    good: &[(
        "          CertificateArn: !Ref Certificate",
        r#"          CertificateArn: !Ref Certificate
          OwnershipVerificationCertificateArn: arn:aws:acm:eu-west-1:111122223333:certificate/6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a"#,
    )],
    check: Check::Resources(&["AWS::ApiGateway::DomainName", "AWS::ApiGatewayV2::DomainName"], check),
};

fn check(cx: &mut Cx<'_>, domain: Resource<'_>) {
    let Some(mutual) = domain.get("MutualTlsAuthentication") else { return };
    let settings: Vec<Prop<'_>> = match domain.kind() {
        "AWS::ApiGatewayV2::DomainName" => domain.each("DomainNameConfigurations").collect(),
        _ => vec![domain.properties()],
    };
    for setting in settings {
        if let Some(policy) = setting.key("SecurityPolicy").filter(|policy| policy.is("TLS_1_0")) {
            cx.report(
                policy
                    .finding("mutual TLS needs TLS 1.2", "TLS 1.0")
                    .also(mutual.at(), "mutual TLS")
                    .help("write `TLS_1_2`")
                    .fix(policy.replace("TLS_1_2")),
            );
        }
        let used = setting.key("CertificateArn").or_else(|| setting.key("RegionalCertificateArn"));
        let private = used.and_then(|used| used.resource_of("AWS::CertificateManager::Certificate"));
        let Some(private) = private.filter(|certificate| certificate.has("CertificateAuthorityArn")) else { continue };
        if setting.key("OwnershipVerificationCertificateArn").is_none() {
            cx.report(
                mutual
                    .finding(format!("`{}` proves no ownership of its name", domain.id()), "mutual TLS")
                    .also(private.at(), "issued by a private authority")
                    .help("add `OwnershipVerificationCertificateArn` with a public certificate for the name"),
            );
        }
    }
}
