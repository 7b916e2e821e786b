//! `delivery/role-without-key`: a role that sends to what is encrypted, or reads it, may use the key.

use super::sender;
use crate::rules::prelude::*;
use crate::view::By;

pub(super) const RULE: Rule = Rule {
    id: "delivery/role-without-key",
    code: "DEL-006",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "role that may send or read, but may not use the key of what it is about",
    why: "who sends to an encrypted queue or topic asks KMS for a data key, and who reads a queue decrypts, with the rights of its own role: \
          without them each attempt is refused",
    error: Some("KMS.AccessDeniedException"),
    sources: &["https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Key:
    Type: AWS::KMS::Key
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - { Effect: Allow, Principal: { AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" }, Action: "kms:*", Resource: "*" }
  Jobs:
    Type: AWS::SQS::Queue
    Properties: { KmsMasterKeyId: !Ref Key, MessageRetentionPeriod: 1209600, ReceiveMessageWaitTimeSeconds: 20 }
  Sender:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: scheduler.amazonaws.com }, Action: sts:AssumeRole }]
      Policies:
        - PolicyName: send
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - { Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Jobs.Arn }
              - { Effect: Allow, Action: sqs:GetQueueUrl, Resource: !GetAtt Jobs.Arn }
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(1 day)
      FlexibleTimeWindow: { Mode: "OFF" }
      Target: { Arn: !GetAtt Jobs.Arn, RoleArn: !GetAtt Sender.Arn }
#                    ^
"#,
    good: &[(
        "Action: sqs:GetQueueUrl, Resource: !GetAtt Jobs.Arn",
        "Action: [kms:GenerateDataKey, kms:Decrypt], Resource: !GetAtt Key.Arn",
    )],
    check: Check::View(check),
};

/// What a sender asks of the key.
const SENDS: &[&str] = &["kms:GenerateDataKey", "kms:Decrypt"];

/// One use of something encrypted with the rights of a role.
struct Use<'v> {
    /// Where what is encrypted is named.
    written: Prop<'v>,
    /// Who uses it, as reports call it.
    user: String,
    role: Resource<'v>,
    target: Resource<'v>,
    /// What it asks of the key.
    actions: &'static [&'static str],
}

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for delivery in view.deliveries() {
        let (By::Role(Some(role)), Some(target)) = (delivery.by(), delivery.target()) else { continue };
        judge(cx, &Use { written: delivery.written, user: sender(&delivery), role, target, actions: SENDS });
    }
    for integration in view.of("AWS::ApiGatewayV2::Integration") {
        let role = integration.get("CredentialsArn").and_then(|role| role.resource_of("AWS::IAM::Role"));
        let Some(written) = integration.get("RequestParameters.QueueUrl") else { continue };
        let (Some(role), Some(target)) = (role, written.resource_of("AWS::SQS::Queue")) else { continue };
        let user = format!("integration `{}`", integration.id());
        judge(cx, &Use { written, user, role, target, actions: SENDS });
    }
    for mapping in view.of("AWS::Lambda::EventSourceMapping") {
        let function = mapping.get("FunctionName").and_then(|name| name.resource_of("AWS::Lambda::Function"));
        let role = function.and_then(|function| function.get("Role")?.resource_of("AWS::IAM::Role"));
        let Some(written) = mapping.get("EventSourceArn") else { continue };
        let (Some(role), Some(target)) = (role, written.resource_of("AWS::SQS::Queue")) else { continue };
        let user = format!("mapping `{}`", mapping.id());
        judge(cx, &Use { written, user, role, target, actions: &["kms:Decrypt"] });
    }
}

fn judge(cx: &mut Cx<'_>, it: &Use<'_>) {
    let (role, target) = (&it.role, &it.target);
    if !["AWS::SNS::Topic", "AWS::SQS::Queue"].contains(&target.kind()) {
        return;
    }
    let Some(encryption) = target.get("KmsMasterKeyId") else { return };
    let Some(key) = key_of(&encryption) else { return };
    let policy = key.get("KeyPolicy");
    let named = |statement: &Statement<'_>, action: &str| {
        statement.may_let(action) && statement.principals("AWS").any(|who| !who.pattern().ends_with(":root"))
    };
    let by_key =
        |action: &str| policy.is_none_or(|policy| Statement::of(policy).any(|statement| named(&statement, action)));
    let refused = |action: &&str| !role.may(action, &key) && !by_key(action);
    let missing: Vec<&str> = it.actions.iter().copied().filter(refused).collect();
    if missing.is_empty() {
        return;
    }
    let title = format!("role `{}` of {} may not use the key of `{}`", role.id(), it.user, target.id());
    cx.report(
        it.written
            .finding(title, "encrypted")
            .also(encryption.at(), format!("with key `{}`", key.id()))
            .also(role.at(), "the role")
            .help(format!("allow the role {} on `!GetAtt {}.Arn`", missing.join(" and "), key.id())),
    );
}

fn key_of<'v>(used: &Prop<'v>) -> Option<Resource<'v>> {
    let named = used.resource()?;
    match named.kind() {
        "AWS::KMS::Alias" => named.get("TargetKeyId")?.resource_of("AWS::KMS::Key"),
        "AWS::KMS::Key" => Some(named),
        _ => None,
    }
}
