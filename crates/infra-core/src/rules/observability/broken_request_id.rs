//! `observability/broken-request-id`: one id from the browser to the last worker.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "observability/broken-request-id",
    code: "OBS-001",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "request id is lost at one of the hops",
    why: "one id in every log line finds a request again only if every hop hands it on: each integration of \
          the API sends it, and browsers may read it from the answer",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html",
        "https://fetch.spec.whatwg.org/#http-access-control-expose-headers",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: shop
      ProtocolType: HTTP
      CorsConfiguration:
        AllowOrigins: ["https://www.example.com"]
        AllowHeaders: [authorization, content-type, x-request-id]
        AllowMethods: [GET, POST]
        ExposeHeaders: [retry-after]
#       ^
  ToOrders:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: ANY
      IntegrationUri: https://orders.example.net
      PayloadFormatVersion: "1.0"
      RequestParameters: { "overwrite:header.x-request-id": $context.requestId }
"#,
    good: &[("[retry-after]", "[retry-after, x-request-id]")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Api"], check),
};

fn check(cx: &mut Cx<'_>, api: Resource<'_>) {
    let integrations: Vec<Resource<'_>> = api.referrers_of("AWS::ApiGatewayV2::Integration").collect();
    let Some(sent) = integrations.iter().find_map(sends_id) else { return };
    let exposed = api.get("CorsConfiguration.ExposeHeaders");
    let listed = exposed.into_iter().flat_map(|exposed| exposed.items());
    let open =
        |header: Prop<'_>| header.text().is_none_or(|text| text == "*" || text.eq_ignore_ascii_case("x-request-id"));
    if api.has("CorsConfiguration") && !listed.into_iter().any(open) {
        cx.report(
            api.nearest("CorsConfiguration.ExposeHeaders")
                .finding("browsers cannot read `x-request-id`", "not exposed")
                .also(sent.at(), "the API sends it on")
                .help("add `x-request-id` to `ExposeHeaders`"),
        );
    }
    for integration in integrations.iter().filter(|it| sends_id(it).is_none()) {
        // A proxy hands the caller's header on by itself; a service integration sends only what is mapped.
        if integration.get("IntegrationSubtype").is_some_and(|subtype| subtype.is("SQS-SendMessage")) {
            cx.report(
                integration
                    .finding(format!("integration `{}` drops the request id", integration.id()), "sends none")
                    .also(sent.at(), "another integration of this API sends it")
                    .help("send it in `MessageAttributes`, from `$context.requestId`"),
            );
        }
    }
}

/// The mapping that sends the id: as a header, or as an attribute of a message.
fn sends_id<'v>(integration: &Resource<'v>) -> Option<Prop<'v>> {
    let parameters = integration.get("RequestParameters")?;
    let header = parameters.entries().find(|(key, _)| key.to_ascii_lowercase().ends_with("header.x-request-id"));
    let attribute =
        || parameters.key("MessageAttributes").filter(|it| it.pattern().to_ascii_lowercase().contains("request"));
    header.map(|(_, value)| value).or_else(attribute)
}
