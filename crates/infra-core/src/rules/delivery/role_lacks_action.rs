//! `delivery/role-lacks-action`: a role that delivers may deliver.

use super::sender;
use crate::rules::prelude::*;
use crate::view::By;

pub(super) const RULE: Rule = Rule {
    id: "delivery/role-lacks-action",
    code: "DEL-002",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "role that delivers may not deliver there",
    why: "schedules, pipes and functions deliver with a role, and only a policy of that role lets them; Lambda tries it \
          when the function or the mapping is made and refuses it",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Other:
    Type: AWS::SNS::Topic
  Orders:
    Type: AWS::SNS::Topic
  Sender:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: scheduler.amazonaws.com }, Action: "sts:AssumeRole" }]
      Policies:
        - PolicyName: send
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{ Effect: Allow, Action: sns:Publish, Resource: !Ref Other }]
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(1 day)
      FlexibleTimeWindow: { Mode: "OFF" }
      Target: { Arn: !Ref Orders, RoleArn: !GetAtt Sender.Arn }
#                    ^
"#,
    good: &[("Resource: !Ref Other", "Resource: !Ref Orders")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for delivery in view.deliveries() {
        let (By::Role(Some(role)), Some(receiver)) = (delivery.by(), delivery.receiver()) else { continue };
        let actions = delivery.actions(receiver);
        if actions.iter().any(|action| role.may_on(action, &delivery.written)) {
            continue;
        }
        // The policy of the queue or topic may let the role in instead.
        let target = delivery.target();
        let statements = target.and_then(|target| target.policy_statements()).unwrap_or_default();
        let names_role = |it: &Statement<'_>| {
            it.anyone() || it.principals("AWS").any(|who| who.resource().is_none_or(|who| who == role))
        };
        if statements.iter().any(|it| it.may_let(receiver.action()) && names_role(it)) {
            continue;
        }
        let what = target.map_or_else(|| delivery.written.pattern(), |target| target.id().to_owned());
        let effect = if delivery.slot.tried { "tried and refused at once" } else { "what is sent here never arrives" };
        cx.report(
            delivery
                .written
                .finding(
                    format!(
                        "role `{}` of {} may not `{}` to `{what}`",
                        role.id(),
                        sender(&delivery),
                        receiver.action()
                    ),
                    effect,
                )
                .also(role.at(), "this role delivers")
                .help(format!("allow the role `{}` on the ARN of the {}", receiver.action(), receiver.noun())),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn an_arn_in_text_is_compared_as_a_pattern_and_policies_of_aws_may_allow_all() {
        let good = super::RULE.good_example();
        let count = |from: &str, to: &str| of_rule(&super::RULE, &good.replace(from, to)).len();
        let arn = "{ Arn: \"arn:aws:sns:eu-west-1:111122223333:orders\"";
        let narrow = good.replace("Resource: !Ref Orders", "Resource: \"arn:aws:sns:eu-west-1:111122223333:other\"");
        assert_eq!(of_rule(&super::RULE, &narrow.replace("{ Arn: !Ref Orders", arn)).len(), 1);
        let wide = good.replace("Resource: !Ref Orders", "Resource: \"arn:aws:sns:eu-west-1:111122223333:o*\"");
        assert!(of_rule(&super::RULE, &wide.replace("{ Arn: !Ref Orders", arn)).is_empty());
        assert_eq!(count("sns:Publish", "sns:Subscribe"), 1);
        assert_eq!(count("sns:Publish", "\"sns:*\""), 0);
        let managed = good.replace("sns:Publish", "sns:Subscribe").replace(
            "      Policies:",
            "      ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonSNSFullAccess]\n      Policies:",
        );
        assert!(of_rule(&super::RULE, &managed).is_empty());
    }
}
