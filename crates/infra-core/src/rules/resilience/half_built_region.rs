//! `resilience/half-built-region`: every region that gets traffic is complete.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "resilience/half-built-region",
    code: "RES-004",
    severity: Severity::Error,
    phase: Phase::Design,
    title: "traffic is steered to a region whose domain serves no API",
    why: "records send clients to the domain of every region; a domain without a mapping answers each of them \
          with 403",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: europe.yaml region=eu-west-1
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: shop, ProtocolType: HTTP }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: { ApiId: !Ref Api, StageName: $default, AutoDeploy: true, DefaultRouteSettings: { ThrottlingBurstLimit: 100, ThrottlingRateLimit: 50 } }
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: api.example.com
      DomainNameConfigurations: [{ EndpointType: REGIONAL, SecurityPolicy: TLS_1_2, CertificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a" }]
  Mapping:
    Type: AWS::ApiGatewayV2::ApiMapping
    Properties: { ApiId: !Ref Api, DomainName: !Ref Domain, Stage: !Ref Stage }
  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      SetIdentifier: eu
      Region: eu-west-1
      AliasTarget: { DNSName: !GetAtt Domain.RegionalDomainName, HostedZoneId: !GetAtt Domain.RegionalHostedZoneId }
#: america.yaml region=us-east-1
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: shop-us, ProtocolType: HTTP }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: { ApiId: !Ref Api, StageName: $default, AutoDeploy: true, DefaultRouteSettings: { ThrottlingBurstLimit: 100, ThrottlingRateLimit: 50 } }
  Domain:
# ^
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: api.example.com
      DomainNameConfigurations: [{ EndpointType: REGIONAL, SecurityPolicy: TLS_1_2, CertificateArn: "arn:aws:acm:us-east-1:111122223333:certificate/6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a" }]
  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      SetIdentifier: us
      Region: us-east-1
      AliasTarget: { DNSName: !GetAtt Domain.RegionalDomainName, HostedZoneId: !GetAtt Domain.RegionalHostedZoneId }
"#,
    good: &[(
        r#"  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      SetIdentifier: us
      Region: us-east-1
      AliasTarget: { DNSName: !GetAtt Domain.RegionalDomainName, HostedZoneId: !GetAtt Domain.RegionalHostedZoneId }
"#,
        r#"  Mapping:
    Type: AWS::ApiGatewayV2::ApiMapping
    Properties: { ApiId: !Ref Api, DomainName: !Ref Domain, Stage: !Ref Stage }
  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      SetIdentifier: us
      Region: us-east-1
      AliasTarget: { DNSName: !GetAtt Domain.RegionalDomainName, HostedZoneId: !GetAtt Domain.RegionalHostedZoneId }
"#,
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for group in view.record_groups().into_iter().filter(|group| group.len() > 1) {
        let routed = group.iter().filter(|record| record.routing().is_some());
        let domains: Vec<Resource<'_>> =
            routed.filter_map(|record| record.alias()?.resource()).filter(is_domain).collect();
        let (whole, bare): (Vec<Resource<'_>>, Vec<Resource<'_>>) = domains.into_iter().partition(is_mapped);
        // Where no region shows its mapping, they are in templates that were not given.
        let Some(model) = whole.first() else { continue };
        for domain in bare {
            let region = domain.region().map_or_else(|| "another region".to_owned(), |region| region.to_string());
            cx.report(
                domain
                    .finding(format!("the domain in {region} serves no API"), "no mapping")
                    .also(model.at(), "this one has a mapping")
                    .help("add an `AWS::ApiGatewayV2::ApiMapping` for the domain in this region"),
            );
        }
    }
}

fn is_domain(resource: &Resource<'_>) -> bool {
    matches!(resource.kind(), "AWS::ApiGateway::DomainName" | "AWS::ApiGatewayV2::DomainName")
}

fn is_mapped(domain: &Resource<'_>) -> bool {
    let kinds =
        ["AWS::ApiGateway::BasePathMapping", "AWS::ApiGateway::BasePathMappingV2", "AWS::ApiGatewayV2::ApiMapping"];
    domain.referrers().any(|user| kinds.contains(&user.kind()))
}
