//! `acm/regional-certificate-region`: a regional endpoint takes its certificate from its own region.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "acm/regional-certificate-region",
    code: "ACM-002",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "certificate of a regional endpoint is in another region",
    why: "a regional API domain and a listener read their certificate from their own region",
    error: Some("Invalid certificate ARN … Certificate must be in 'eu-west-1'."),
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDomainName.html",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: api.yaml region=eu-west-1
Resources:
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: api.example.com
      DomainNameConfigurations:
        - EndpointType: REGIONAL
          SecurityPolicy: TLS_1_2
          CertificateArn: arn:aws:acm:us-east-1:111122223333:certificate/6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a
#                         ^
"#,
    good: &[("arn:aws:acm:us-east-1", "arn:aws:acm:eu-west-1")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let domains = view.served().into_iter().filter(|served| !served.edge);
    let domains = domains.map(|served| (served.endpoint, served.certificate));
    let listeners = view
        .of("AWS::ElasticLoadBalancingV2::Listener")
        .chain(view.of("AWS::ElasticLoadBalancingV2::ListenerCertificate"));
    let listeners = listeners.flat_map(|listener| {
        listener.each("Certificates").filter_map(move |it| Some((listener, it.key("CertificateArn")?)))
    });
    for (endpoint, used) in domains.chain(listeners) {
        let Some(home) = endpoint.region() else { continue };
        let Some(region) = super::region_of(&used).filter(|region| region != home.as_str()) else { continue };
        let mut finding = used.finding(
            format!("`{}` is in {home}, its certificate in {region}", endpoint.id()),
            format!("a certificate of {region}"),
        );
        if let Some(certificate) = used.resource_of("AWS::CertificateManager::Certificate") {
            finding = finding.also(certificate.at(), "requested here");
        }
        cx.report(finding.help(format!("request a certificate for the same names in {home}")));
    }
}
