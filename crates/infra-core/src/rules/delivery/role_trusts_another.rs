//! `delivery/role-trusts-another`: a service can take on the role that it is given.

use super::sender;
use crate::rules::prelude::*;
use crate::view::By;

pub(super) const RULE: Rule = Rule {
    id: "delivery/role-trusts-another",
    code: "DEL-003",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "role whose trust policy leaves out the service that it is given to",
    why: "a service delivers with a role only if the trust policy of the role names that service",
    error: Some("The execution role you provide must allow AWS EventBridge Scheduler to assume the role."),
    sources: &[
        "https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html",
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Orders:
    Type: AWS::SNS::Topic
  Sender:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: "sts:AssumeRole" }]
      Policies:
        - PolicyName: send
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{ Effect: Allow, Action: sns:Publish, Resource: !Ref Orders }]
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(1 day)
      FlexibleTimeWindow: { Mode: "OFF" }
      Target: { Arn: !Ref Orders, RoleArn: !GetAtt Sender.Arn }
#                    ^
"#,
    good: &[("Service: events.amazonaws.com", "Service: scheduler.amazonaws.com")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for delivery in view.deliveries() {
        let By::Role(Some(role)) = delivery.by() else { continue };
        let service = delivery.slot.service;
        let trusts = |it: &Statement<'_>| {
            it.may_let("sts:AssumeRole") && (it.service(service) || it.anyone() || it.is_for_unknown())
        };
        let mut trust = role.trust().peekable();
        if trust.peek().is_none() || trust.any(|it| trusts(&it)) {
            continue;
        }
        cx.report(
            delivery
                .written
                .finding(
                    format!("`{service}` cannot take on role `{}` of {}", role.id(), sender(&delivery)),
                    "sent with that role",
                )
                .also(role.nearest("AssumeRolePolicyDocument").at(), format!("does not trust `{service}`"))
                .help(format!("name `Service: {service}` as a principal in the trust policy of the role")),
        );
    }
}
