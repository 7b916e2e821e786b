//! `apigateway/access-log-destination`: access logs go where API Gateway can write.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/access-log-destination",
    code: "APIGW-033",
    severity: Severity::Warning,
    phase: Phase::Deploy,
    title: "access log goes where API Gateway cannot write",
    why: "HTTP and WebSocket APIs write access logs to CloudWatch Logs only; REST APIs also to a Firehose \
          stream whose name starts with `amazon-apigateway-`",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-logging-to-kinesis.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
      AccessLogSettings:
        DestinationArn: arn:aws:firehose:eu-west-1:111122223333:deliverystream/amazon-apigateway-shop
#                       ^
        Format: '{"requestId":"$context.requestId"}'
"#,
    good: &[(
        "arn:aws:firehose:eu-west-1:111122223333:deliverystream/amazon-apigateway-shop",
        "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/vendedlogs/apigw/shop",
    )],
    check: Check::Resources(&["AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage"], check),
};

fn check(cx: &mut Cx<'_>, stage: Resource<'_>) {
    let is_rest = stage.kind() == "AWS::ApiGateway::Stage";
    let path = if is_rest { "AccessLogSetting.DestinationArn" } else { "AccessLogSettings.DestinationArn" };
    let Some(destination) = stage.get(path) else { return };
    let stream = destination.resource_of("AWS::KinesisFirehose::DeliveryStream");
    let text = destination.pattern();
    if stream.is_none() && !text.contains(":firehose:") {
        return;
    }
    let written = text.split_once(":deliverystream/").map(|(_, name)| name.to_owned());
    let name = stream.and_then(|stream| Some(stream.get("DeliveryStreamName")?.text()?.into_owned())).or(written);
    let problem = match name {
        _ if !is_rest => "CloudWatch Logs only",
        Some(name) if !name.contains('*') && !name.starts_with("amazon-apigateway-") => {
            "its name does not start with `amazon-apigateway-`"
        }
        _ => return,
    };
    cx.report(destination.finding(format!("stage `{}` cannot log to this stream", stage.id()), problem).help(
        "name a log group, such as `/aws/vendedlogs/apigw/<api>`, or for REST a stream `amazon-apigateway-<name>`",
    ));
}
