//! `sqs/crowded-attributes`: a message has no more attributes than SQS takes.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sqs/crowded-attributes",
    code: "MSG-024",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "message with more attributes than SQS takes",
    why: "a message has at most ten attributes; the trace header of X-Ray is a system attribute and does not \
          count",
    error: None,
    sources: &["https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Jobs: { Type: String }
  Role: { Type: String }
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  ToJobs:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      CredentialsArn: !Ref Role
      PayloadFormatVersion: "1.0"
      RequestParameters:
        QueueUrl: !Ref Jobs
        MessageBody: $request.body
        MessageAttributes: '{"a":{},"b":{},"c":{},"d":{},"e":{},"f":{},"g":{},"h":{},"i":{},"j":{},"k":{}}'
#                          ^
"#,
    good: &[(r#","k":{}"#, "")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Integration"], check),
};

/// Most attributes of a message.
const MOST: usize = 10;

fn check(cx: &mut Cx<'_>, integration: Resource<'_>) {
    if !integration.get("IntegrationSubtype").is_some_and(|it| it.is("SQS-SendMessage")) {
        return;
    }
    let Some(attributes) = integration.get("RequestParameters.MessageAttributes") else { return };
    let map: Option<serde_json::Map<String, serde_json::Value>> =
        attributes.text().and_then(|text| serde_json::from_str(&text).ok());
    let Some(count) = map.map(|map| map.len()).filter(|count| *count > MOST) else { return };
    cx.report(
        attributes
            .finding(
                format!("`{}` sends {count} attributes, SQS takes {MOST}", integration.id()),
                format!("{count} attributes"),
            )
            .help("send what the consumer does not need before it reads the body in the body"),
    );
}
