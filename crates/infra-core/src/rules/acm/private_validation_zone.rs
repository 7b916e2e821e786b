//! `acm/private-validation-zone`: validation happens in public.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "acm/private-validation-zone",
    code: "ACM-016",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "certificate is validated in a private zone",
    why: "ACM asks the public DNS for the validation record; what stands in a private zone is never found",
    error: None,
    sources: &["https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: api.yaml
Parameters:
  Vpc: { Type: "AWS::EC2::VPC::Id" }
Resources:
  Inside:
    Type: AWS::Route53::HostedZone
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: { Name: example.com, VPCs: [{ VPCId: !Ref Vpc, VPCRegion: eu-west-1 }] }
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: api.example.com
      ValidationMethod: DNS
      DomainValidationOptions:
        - DomainName: api.example.com
          HostedZoneId: !Ref Inside
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
    good: &[(", VPCs: [{ VPCId: !Ref Vpc, VPCRegion: eu-west-1 }] }", " }")],
    check: Check::Resources(&["AWS::CertificateManager::Certificate"], check),
};

fn check(cx: &mut Cx<'_>, certificate: Resource<'_>) {
    for used in certificate.each("DomainValidationOptions").filter_map(|option| option.key("HostedZoneId")) {
        if let Some(zone) = used.resource_of("AWS::Route53::HostedZone").filter(|zone| zone.has("VPCs")) {
            cx.report(
                used.finding(format!("certificate `{}` is never validated", certificate.id()), "its record goes here")
                    .also(zone.at(), "a private zone")
                    .help("name the public hosted zone of the domain"),
            );
        }
    }
}
