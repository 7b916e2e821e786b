//! `iam/missing-element`: a statement says all that a statement of its kind must say.

use crate::rules::prelude::*;
use crate::view::{Attached, Document};

pub(super) const RULE: Rule = Rule {
    id: "iam/missing-element",
    code: "IAM-002",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "statement without an element that it needs",
    why: "every statement has an effect and actions; one of a role also says on which resources, one of a resource or of a \
          trust policy also says for whom. A policy with half a statement is refused",
    error: Some("MalformedPolicyDocument: Policy statement must contain resources."),
    sources: &["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }]
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: "2012-10-17"
            Statement: { Effect: Allow, Action: dynamodb:Query }
#           ^
"#,
    good: &[(
        "Action: dynamodb:Query",
        r#"Action: dynamodb:Query, Resource: "arn:aws:dynamodb:eu-west-1:111122223333:table/orders""#,
    )],
    check: Check::View(check),
};

/// Services whose policies need no `Resource`: the policy is of one resource and speaks of nothing else.
const OF_ITSELF: &[&str] = &["ecr", "elasticfilesystem"];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for document in view.documents() {
        let mut keys = document.prop.entries().map(|(key, _)| key).peekable();
        if keys.peek().is_some() && !keys.any(|key| key.starts_with("Fn::") || key.eq_ignore_ascii_case("Statement")) {
            let title = format!("policy of `{}` has no statement", document.owner.id());
            cx.report(document.prop.finding(title, "says nothing").help("add `Statement` with at least one statement"));
        }
        for statement in document.statements() {
            of_statement(cx, &document, &statement);
        }
    }
}

fn of_statement(cx: &mut Cx<'_>, document: &Document<'_>, statement: &Statement<'_>) {
    // A misspelt element is another rule's, and there all the same.
    let has = |name: &str| statement.prop.entries().any(|(key, _)| key.eq_ignore_ascii_case(name));
    let resource = match document.attached {
        Attached::Identity => true,
        Attached::Resource(service) => !OF_ITSELF.contains(&service),
        Attached::Trust => false,
    };
    let needs: &[(&str, &str, bool)] = &[
        ("Effect", "Effect", true),
        ("Action", "NotAction", true),
        ("Resource", "NotResource", resource),
        ("Principal", "NotPrincipal", document.attached != Attached::Identity),
    ];
    let owner = document.owner.id();
    for (one, other, needed) in needs {
        let noun = one.to_ascii_lowercase();
        if *needed && !has(one) && !has(other) {
            let title = format!("statement of `{owner}` has no {noun}");
            cx.report(statement.prop.finding(title, format!("lacks `{one}`")).help(help(one, document.attached)));
        } else if one != other && has(one) && has(other) {
            let title = format!("statement of `{owner}` has both `{one}` and `{other}`");
            cx.report(statement.prop.finding(title, "one of the two").help(format!("keep `{one}` or `{other}`")));
        }
    }
}

fn help(element: &str, attached: Attached) -> &'static str {
    match (element, attached) {
        ("Effect", _) => "add `Effect: Allow` or `Effect: Deny`",
        ("Action", _) => "add `Action` with the actions, such as `sqs:SendMessage`",
        ("Resource", Attached::Identity) => "add `Resource` with the ARNs that the actions may be done on",
        ("Resource", _) => "add `Resource` with the ARN of what the policy is of",
        (_, Attached::Trust) => {
            "add `Principal` with who may become this role, such as `{ Service: lambda.amazonaws.com }`"
        }
        _ => "add `Principal` with who may do this, such as `{ AWS: <ARN of a role> }`",
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn each_kind_of_policy_needs_its_own() {
        let with = |properties: &str| of_rule(&super::RULE, &format!("Resources:\n  One:\n    {properties}\n")).len();
        let queue = |statement: &str| {
            with(&format!(
                "Type: AWS::SQS::QueuePolicy\n    Properties: {{ Queues: [jobs], PolicyDocument: {{ Statement: [{statement}] }} }}"
            ))
        };
        let full = r#"{ Effect: Allow, Principal: "*", Action: "sqs:SendMessage", Resource: "*" }"#;
        assert_eq!(queue(full), 0);
        assert_eq!(queue(&full.replace("Principal: \"*\", ", "")), 1);
        assert_eq!(queue(&full.replace("Effect: Allow, ", "")), 1);
        assert_eq!(queue(&full.replace(", Resource: \"*\"", "")), 1);
        assert_eq!(queue(&full.replace("Effect: Allow", "Effect: Allow, NotPrincipal: \"*\"")), 1);
        assert_eq!(
            with(
                "Type: AWS::ECR::Repository\n    Properties: { RepositoryPolicyText: { Statement: [{ Effect: Allow, Principal: \"*\", \
                 Action: \"ecr:BatchGetImage\" }] } }"
            ),
            0
        );
    }
}
