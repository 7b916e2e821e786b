//! `acm/edge-certificate-region`: what is served from the edge takes its certificate from us-east-1.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "acm/edge-certificate-region",
    code: "ACM-001",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "certificate of an edge endpoint is not in us-east-1",
    why: "CloudFront, edge-optimized API domains and Cognito domains read their certificate from us-east-1 only",
    error: Some(
        "InvalidViewerCertificate: The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't \
         valid, or doesn't include a valid certificate chain.",
    ),
    sources: &["https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ViewerCertificate.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: site.yaml region=eu-west-1
Resources:
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: www.example.com
      ValidationMethod: DNS
      DomainValidationOptions:
        - { DomainName: www.example.com, HostedZoneId: Z0123456789EXAMPLE0 }
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Aliases: [www.example.com]
        Origins:
          - Id: api
            DomainName: api.example.net
            CustomOriginConfig: { OriginProtocolPolicy: https-only }
        DefaultCacheBehavior:
          TargetOriginId: api
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
        ViewerCertificate:
          AcmCertificateArn: !Ref Certificate
#                            ^
          SslSupportMethod: sni-only
          MinimumProtocolVersion: TLSv1.2_2021
"#,
    good: &[("region=eu-west-1", "region=us-east-1")],
    check: Check::Resources(
        &["AWS::ApiGateway::DomainName", "AWS::CloudFront::Distribution", "AWS::Cognito::UserPoolDomain"],
        check,
    ),
};

/// Where each type names the certificate that is read from us-east-1.
const SLOTS: &[(&str, &str)] = &[
    ("AWS::ApiGateway::DomainName", "CertificateArn"),
    ("AWS::CloudFront::Distribution", "DistributionConfig.ViewerCertificate.AcmCertificateArn"),
    ("AWS::Cognito::UserPoolDomain", "CustomDomainConfig.CertificateArn"),
];

fn check(cx: &mut Cx<'_>, endpoint: Resource<'_>) {
    let slot = SLOTS.iter().find(|(kind, _)| *kind == endpoint.kind());
    let Some(used) = slot.and_then(|(_, path)| endpoint.get(path)) else { return };
    let region = super::region_of(&used);
    let made = used.resource_of("AWS::CertificateManager::Certificate");
    let Some(region) = region.filter(|region| region != "us-east-1") else { return };
    let mut finding = used.finding(
        format!("certificate for {} must be in us-east-1", noun(&endpoint)),
        format!("this certificate is in {region}"),
    );
    if let Some(certificate) = made {
        finding = finding.also(certificate.at(), "requested here");
    }
    cx.report(finding.help("request the certificate in a stack of us-east-1 and pass its ARN to this one"));
}

fn noun(endpoint: &Resource<'_>) -> &'static str {
    match endpoint.kind() {
        "AWS::CloudFront::Distribution" => "a CloudFront distribution",
        "AWS::Cognito::UserPoolDomain" => "a Cognito domain",
        _ => "an edge-optimized API domain",
    }
}
