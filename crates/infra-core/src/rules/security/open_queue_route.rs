//! `security/open-queue-route`: who writes into a queue or bus says who it is.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "security/open-queue-route",
    code: "SEC-011",
    severity: Severity::Warning,
    phase: Phase::Security,
    title: "anybody may write through an API into a service of the account",
    why: "a route without an authorizer is open to the internet, and one that hands requests straight to a queue, a bus or \
          a stream has no program behind it that could refuse them: whoever finds it fills it, and the bill",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: { ApiId: !Ref Api, StageName: $default, AutoDeploy: true, DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 } }
  Jobs: { Type: AWS::SQS::Queue }
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { Service: apigateway.amazonaws.com }, Action: "sts:AssumeRole" }] }
      Policies: [{ PolicyName: send, PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "sqs:SendMessage", Resource: !GetAtt Jobs.Arn }] } }]
  ToJobs:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      CredentialsArn: !GetAtt Role.Arn
      PayloadFormatVersion: "1.0"
      RequestParameters: { QueueUrl: !Ref Jobs, MessageBody: $request.body }
  Post:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: POST /orders, Target: !Sub "integrations/${ToJobs}" }
#                                            ^
"#,
    good: &[("RouteKey: POST /orders,", "RouteKey: POST /orders, AuthorizationType: AWS_IAM,")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Route"], check),
};

/// Integrations that write into a service, by how their names begin.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html>
/// (read 2026-11-30).
const WRITING: &[&str] = &["EventBridge-PutEvents", "Kinesis-PutRecord", "SQS-SendMessage", "StepFunctions-Start"];

fn check(cx: &mut Cx<'_>, route: Resource<'_>) {
    let open = route.text_or("AuthorizationType", "NONE").is_some_and(|kind| kind == "NONE");
    let Some(key) = route.get("RouteKey").filter(|_| open) else { return };
    let target = route.get("Target").map(|target| target.mentions()).unwrap_or_default();
    let writing = target.into_iter().find(|integration| {
        let subtype = integration.get("IntegrationSubtype").and_then(|subtype| subtype.text());
        subtype.is_some_and(|subtype| WRITING.iter().any(|known| subtype.starts_with(known)))
    });
    let (Some(integration), Some(written)) = (writing, key.text()) else { return };
    // A limit of the very route says that somebody has thought of it.
    let mut stages = route
        .get("ApiId")
        .and_then(|api| api.resource())
        .into_iter()
        .flat_map(|api| api.referrers_of("AWS::ApiGatewayV2::Stage").collect::<Vec<_>>());
    if stages.any(|stage| stage.get("RouteSettings").and_then(|settings| settings.key(&written)).is_some()) {
        return;
    }
    cx.report(
        key.finding(format!("anybody may send to `{written}` without a token"), "no authorizer")
            .also(integration.at(), "hands each request on")
            .help("add an authorizer, or give the route a limit of its own"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn a_limit_of_the_route_or_a_program_behind_it_is_silent() {
        let bad = RULE.bad_example();
        let limited = bad.replace(
            "AutoDeploy: true,",
            "AutoDeploy: true, RouteSettings: { POST /orders: { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 5 } },",
        );
        assert_eq!(of_rule(&RULE, &limited).len(), 0);
        assert_eq!(of_rule(&RULE, &bad.replace("SQS-SendMessage", "SQS-ReceiveMessage")).len(), 0);
        assert_eq!(of_rule(&RULE, &bad.replace("SQS-SendMessage", "EventBridge-PutEvents")).len(), 1);
    }
}
