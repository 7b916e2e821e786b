//! `delivery/role-missing`: a rule has a role for what receives with the rights of a role only.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "delivery/role-missing",
    code: "DEL-007",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "target of a rule that needs a role and has none",
    why: "EventBridge reaches functions, queues, topics and log groups by their own policies; workflows, streams, tasks, builds and \
          pipelines it reaches with a role, which the target must name",
    error: Some("RoleArn is required for target"),
    sources: &["https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-identity-based.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Hourly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 hour)
      Targets: [{ Id: flow, Arn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:clean' }]
#                                ^
",
    good: &[("stateMachine:clean' }", "stateMachine:clean', RoleArn: 'arn:aws:iam::111122223333:role/starts' }")],
    check: Check::Resources(&["AWS::Events::Rule"], check),
};

/// Types that are reached with a role, and the services in their ARNs.
const BY_ROLE: &[(&str, &str)] = &[
    ("AWS::Batch::JobQueue", ":batch:"),
    ("AWS::CodeBuild::Project", ":codebuild:"),
    ("AWS::CodePipeline::Pipeline", ":codepipeline:"),
    ("AWS::ECS::Cluster", ":ecs:"),
    ("AWS::Events::ApiDestination", ":api-destination/"),
    ("AWS::Kinesis::Stream", ":kinesis:"),
    ("AWS::KinesisFirehose::DeliveryStream", ":firehose:"),
    ("AWS::StepFunctions::StateMachine", ":states:"),
];

fn check(cx: &mut Cx<'_>, rule: Resource<'_>) {
    for target in rule.each("Targets").filter(|it| it.is_object() && it.key("RoleArn").is_none()) {
        // A role of the rule itself was one of the first versions.
        let Some(written) = target.key("Arn").filter(|_| !rule.has("RoleArn")) else { continue };
        let named = written.target().map(|it| it.resource.kind());
        let pattern = written.pattern();
        let by_role = BY_ROLE
            .iter()
            .any(|(kind, service)| named == Some(kind) || (pattern.starts_with("arn:") && pattern.contains(service)));
        if !by_role || target.entries().any(|(key, _)| key.starts_with("Fn::")) {
            continue;
        }
        cx.report(
            written
                .finding(format!("rule `{}` has no role for this target", rule.id()), "reached with a role")
                .help("add `RoleArn` to the target: a role that trusts `events.amazonaws.com` and may start it"),
        );
    }
}
