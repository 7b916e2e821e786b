//! `apigateway/domain-name`: a custom domain fits its API.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/domain-name",
    code: "APIGW-023",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "custom domain that the API cannot have",
    why: "a custom domain is in lower case; one for HTTP and WebSocket APIs is regional; a path on it leads to \
          one API, and WebSocket APIs do not share it with others",
    error: Some("EDGE endpoint type is not supported for APIGatewayV2 domainName"),
    sources: &[
        "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames.html",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html",
    ],
    evidence: Evidence::Documented,
    bad: r"
Parameters:
  Certificate: { Type: String }
Resources:
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: api.example.com
      DomainNameConfigurations: [{ CertificateArn: !Ref Certificate, EndpointType: EDGE }]
#                                                                                  ^
",
    good: &[("EDGE", "REGIONAL")],
    check: Check::Resources(&["AWS::ApiGateway::DomainName", "AWS::ApiGatewayV2::DomainName"], check),
};

fn check(cx: &mut Cx<'_>, domain: Resource<'_>) {
    if let Some(name) = domain.get("DomainName")
        && name.text().is_some_and(|text| text.bytes().any(|b| b.is_ascii_uppercase()))
    {
        cx.report(
            name.finding("a custom domain is written in lower case", "has capitals").help("write it in lower case"),
        );
    }
    if domain.kind() == "AWS::ApiGatewayV2::DomainName" {
        for kind in domain.each("DomainNameConfigurations").filter_map(|it| it.get("EndpointType")) {
            if kind.is("EDGE") {
                cx.report(
                    kind.finding("HTTP and WebSocket APIs have no edge-optimized domain", "edge-optimized")
                        .help("write `EndpointType: REGIONAL`"),
                );
            }
        }
    }
    let mappings: Vec<Resource<'_>> = domain.referrers_of("AWS::ApiGatewayV2::ApiMapping").collect();
    for (at, mapping) in mappings.iter().enumerate() {
        for earlier in mappings.iter().take(at) {
            check_pair(cx, mapping, earlier);
        }
    }
}

fn check_pair(cx: &mut Cx<'_>, mapping: &Resource<'_>, earlier: &Resource<'_>) {
    let path = |mapping: &Resource<'_>| mapping.text_or("ApiMappingKey", "").map(std::borrow::Cow::into_owned);
    if let (Some(one), Some(other)) = (path(mapping), path(earlier))
        && one == other
    {
        cx.report(
            mapping
                .finding(format!("path `/{one}` of the domain is mapped twice"), "mapped again")
                .also(earlier.at(), "mapped here")
                .help("give each mapping its own `ApiMappingKey`"),
        );
    }
    let socket = |mapping: &Resource<'_>| {
        let api = super::api(mapping)?;
        Some(api.kind() == "AWS::ApiGatewayV2::Api" && api.get("ProtocolType")?.text()? == "WEBSOCKET")
    };
    if let (Some(one), Some(other)) = (socket(mapping), socket(earlier))
        && one != other
    {
        cx.report(
            mapping
                .finding("a WebSocket API shares its domain with another kind of API", "another kind of API")
                .also(earlier.at(), "the other API")
                .help("give the WebSocket API a domain of its own, such as `ws.example.com`"),
        );
    }
}
