//! `apigateway/queue-integration-role`: an API may send to its queue.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/queue-integration-role",
    code: "APIGW-006",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "API may not send to the queue that it hands requests to",
    why: "API Gateway sends with the role of the integration: it must be able to take that role on, and the \
          role must allow sending to that queue, else each caller gets a 500",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services.html",
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
  Jobs: { Type: AWS::SQS::Queue }
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: apigateway.amazonaws.com }, Action: "sts:AssumeRole" }]
      Policies:
        - PolicyName: send
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{ Effect: Allow, Action: "sns:Publish", Resource: !GetAtt Jobs.Arn }]
  ToJobs:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      CredentialsArn: !GetAtt Role.Arn
#                     ^
      PayloadFormatVersion: "1.0"
      RequestParameters: { QueueUrl: !Ref Jobs, MessageBody: $request.body }
"#,
    good: &[("sns:Publish", "sqs:SendMessage")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Integration"], check),
};

fn check(cx: &mut Cx<'_>, integration: Resource<'_>) {
    if !integration.get("IntegrationSubtype").is_some_and(|it| it.is("SQS-SendMessage")) {
        return;
    }
    let Some(slot) = integration.get("CredentialsArn") else { return };
    let Some(role) = slot.resource_of("AWS::IAM::Role") else { return };
    let queue = integration.get("RequestParameters.QueueUrl").and_then(|queue| queue.resource_of("AWS::SQS::Queue"));
    let trusted = role.trust().any(|it| {
        it.allows()
            && (it.service("apigateway.amazonaws.com") || it.principals("Service").any(|it| it.text().is_none()))
    });
    let (problem, help) = match queue {
        _ if !trusted => (
            format!("API Gateway may not take on role `{}`", role.id()),
            "let `apigateway.amazonaws.com` do `sts:AssumeRole` in the trust policy of the role".to_owned(),
        ),
        Some(queue) if !role.may("sqs:SendMessage", &queue) => (
            format!("role `{}` may not send to queue `{}`", role.id(), queue.id()),
            format!("allow the role `sqs:SendMessage` on `!GetAtt {}.Arn`", queue.id()),
        ),
        _ => return,
    };
    cx.report(slot.finding(problem, "API Gateway sends with this role").also(role.at(), "the role").help(help));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    /// The role gets its policy from a resource that names it in the given way.
    fn with(name: &str, policy: &str) -> usize {
        let text = RULE.bad_example().replace(
            "    Properties:\n      AssumeRole",
            &format!("    Properties:\n      RoleName: {name}\n      AssumeRole"),
        );
        let text = text.replace("sns:Publish", "sqs:GetQueueUrl");
        let document = "PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Jobs.Arn }] }";
        let text = format!("Parameters: {{ App: {{ Type: String }} }}\n{}", text.trim_start())
            + &format!("  Send:\n    {policy}\n    DependsOn: Role\n").replace("DOCUMENT", document);
        of_rule(&RULE, &text).len()
    }

    #[test]
    fn a_policy_may_name_its_role_by_text() {
        let policy = |role: &str| {
            format!("Type: AWS::IAM::Policy\n    Properties: {{ PolicyName: send, Roles: [{role}], DOCUMENT }}")
        };
        assert_eq!(with("sender", &policy("sender")), 0);
        assert_eq!(with("!Sub '${App}-sender'", &policy("!Sub '${App}-sender'")), 0);
        assert_eq!(with("sender", &policy("other")), 1);
        assert_eq!(with("!Sub '${App}-sender'", &policy("!Sub '${App}-other'")), 1);
        let inline = "Type: AWS::IAM::RolePolicy\n    Properties: { PolicyName: send, RoleName: sender, DOCUMENT }";
        assert_eq!(with("sender", inline), 0);
    }
}
