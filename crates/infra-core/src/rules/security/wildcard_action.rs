//! `security/wildcard-action`: a workload may do what it needs, on what it needs.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "security/wildcard-action",
    code: "SEC-008",
    severity: Severity::Warning,
    phase: Phase::Security,
    title: "a workload's role may do everything with a service",
    why: "whoever gets into a program gets its role; `service:*` on every resource hands over all data of that service in \
          the account",
    error: None,
    sources: &["https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  WorkerRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: pods.eks.amazonaws.com }
            Action: [sts:AssumeRole, sts:TagSession]
      Policies:
        - PolicyName: queues
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: "sqs:*"
#                       ^
                Resource: "*"
"#,
    good: &[
        ("\"sqs:*\"", "[sqs:ReceiveMessage, sqs:DeleteMessage]"),
        ("Resource: \"*\"", "Resource: arn:aws:sqs:eu-west-1:111122223333:payment"),
    ],
    check: Check::Resources(&["AWS::IAM::Role"], check),
};

/// Who assumes the roles of workloads; roles of people and pipelines are another matter.
const WORKLOADS: &[&str] = &["ecs-tasks.amazonaws.com", "lambda.amazonaws.com", "pods.eks.amazonaws.com"];

fn check(cx: &mut Cx<'_>, role: Resource<'_>) {
    let assumed_by_pods = |trust: &Statement<'_>| {
        let web = trust.principals("Federated").any(|provider| provider.pattern().contains("oidc-provider/oidc.eks"));
        web || WORKLOADS.iter().any(|service| trust.service(service))
    };
    if !role.trust().any(|trust| trust.allows() && assumed_by_pods(&trust)) {
        return;
    }
    for statement in role.identity_statements().iter().filter(|statement| statement.allows()) {
        let everywhere = statement.resources().find(|resource| resource.is("*"));
        let Some(everywhere) = everywhere.filter(|_| !statement.is_conditional()) else { continue };
        for action in statement.actions() {
            let service = action.pattern.strip_suffix(":*");
            if action.pattern != "*" && service.is_none() {
                continue;
            }
            let title = format!("workload role `{}` allows `{}` on every resource", role.id(), action.pattern);
            cx.report(
                action
                    .prop
                    .finding(title, "every action")
                    .also(everywhere.at(), "on every resource")
                    .help("list the actions that the program calls and the ARNs that it calls them on"),
            );
        }
    }
}
