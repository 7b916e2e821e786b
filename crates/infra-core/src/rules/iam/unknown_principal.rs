//! `iam/unknown-principal`: services have names that end as those of AWS do.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "iam/unknown-principal",
    code: "IAM-010",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "principal that is no service",
    why: "a service is named by a word and `.amazonaws.com`; a policy with any other name is refused",
    error: Some("MalformedPolicyDocument: Invalid principal in policy: \"SERVICE\":\"lambda.amazon.com\""),
    sources: &["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Working:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazon.com }, Action: sts:AssumeRole }]
#                                                          ^
"#,
    good: &[("lambda.amazon.com", "lambda.amazonaws.com")],
    check: Check::View(check),
};

/// How names of services end, in all partitions; the last two are of Alexa and of services within AWS.
const ENDS: &[&str] =
    &[".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".aws.internal", "alexa-appkit.amazon.com"];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for document in view.documents() {
        for principal in document.statements().flat_map(|statement| statement.principals("Service").collect::<Vec<_>>())
        {
            let Some(name) = principal.text().filter(|name| !ENDS.iter().any(|end| name.ends_with(end))) else {
                continue;
            };
            // A star is every service, where it is allowed at all.
            if name == "*" {
                continue;
            }
            let word = name.split('.').next().unwrap_or_default();
            cx.report(
                principal
                    .finding(
                        format!("`{name}` in the policy of `{}` is no service", document.owner.id()),
                        "no such service",
                    )
                    .help(format!("write `{word}.amazonaws.com`")),
            );
        }
    }
}
