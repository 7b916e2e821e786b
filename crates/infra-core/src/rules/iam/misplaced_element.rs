//! `iam/misplaced-element`: a statement says nothing that its policy says by where it is attached.

use crate::rules::prelude::*;
use crate::view::Attached;

pub(super) const RULE: Rule = Rule {
    id: "iam/misplaced-element",
    code: "IAM-003",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "statement with an element that its kind of policy does not take",
    why: "the policy of a role, user or group is about those and names no principal, and a trust policy is about its role \
          and names no resource; IAM refuses the policy",
    error: Some("MalformedPolicyDocument: Has prohibited field Resource"),
    sources: &["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: lambda.amazonaws.com }
            Action: sts:AssumeRole
            Resource: "*"
#           ^
"#,
    good: &[("            Resource: \"*\"\n", "")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for document in view.documents() {
        let (keys, why, help): (&[&str], _, _) = match document.attached {
            Attached::Identity => (
                &["Principal", "NotPrincipal"],
                "the policy is of whoever it is attached to",
                "leave it out; who may use a resource stands in the policy of that resource, who may become a role in its \
                 trust policy",
            ),
            Attached::Trust => (&["Resource", "NotResource"], "the resource is the role itself", "leave it out"),
            Attached::Resource(_) => continue,
        };
        for statement in document.statements() {
            for key in keys {
                if let Some(value) = statement.prop.key(key) {
                    let kind = if document.attached == Attached::Trust { "trust policy" } else { "policy" };
                    let title =
                        format!("{kind} of `{}` has the element `{key}`, which it does not take", document.owner.id());
                    cx.report(value.finding_of_key(title, why).help(help));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn a_policy_of_a_role_names_no_principal() {
        let policy = r#"Resources:
  Send:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: { Statement: [{ Effect: Allow, Principal: "*", Action: "sqs:SendMessage", Resource: "*" }] }
"#;
        assert_eq!(of_rule(&super::RULE, policy).len(), 1);
        assert!(of_rule(&super::RULE, &policy.replace("Principal: \"*\", ", "")).is_empty());
    }
}
