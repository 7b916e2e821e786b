//! `iam/unknown-action`: a policy names actions that there are.

use crate::diag::suggest;
use crate::facts::iam;
use crate::rules::prelude::*;
use crate::view::action_matches;

pub(super) const RULE: Rule = Rule {
    id: "iam/unknown-action",
    code: "IAM-006",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "policy names an action that this version does not know",
    why: "IAM takes a policy whatever actions it names: one that no service has allows nothing, and the call that it was \
          meant for is denied",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Reader:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: [dynamodb:GetItem, dynamodb:Quary]
#                                      ^
            Resource: arn:aws:dynamodb:eu-west-1:111122223333:table/orders
"#,
    good: &[("dynamodb:Quary", "dynamodb:Query")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for document in view.documents() {
        for statement in document.statements() {
            let named = statement.prop.each("Action").chain(statement.prop.each("NotAction"));
            for (action, text) in named.filter_map(|action| Some((action, action.text()?))) {
                let Some((problem, near)) = problem(&text) else { continue };
                let title =
                    format!("policy of `{}` names `{text}`, which this version does not know", document.owner.id());
                let finding = action.finding(title, problem);
                cx.report(match near {
                    Some(near) => finding.help(format!("did you mean `{near}`?")),
                    None => finding.help("look it up in the Service Authorization Reference; a newer action is right"),
                });
            }
        }
    }
}

/// Returns what is unknown of an action, and what is near to it.
fn problem(text: &str) -> Option<(String, Option<String>)> {
    let (service, name) = text.split_once(':')?;
    let lower = service.to_ascii_lowercase();
    if lower.contains(['*', '?']) || name.is_empty() {
        return None;
    }
    let Some(actions) = iam::actions(&lower) else {
        let near = suggest(&lower, iam::services()).map(|near| format!("{near}:{name}"));
        return Some((format!("no service has the prefix `{service}`"), near));
    };
    if actions.iter().any(|action| action_matches(name, action)) {
        return None;
    }
    let near = suggest(&name.to_ascii_lowercase(), actions.iter().copied()).map(|near| format!("{service}:{near}"));
    Some((format!("no action of `{service}`"), near.filter(|_| !name.contains('*'))))
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn letter_case_does_not_count_and_patterns_match_something() {
        for good in ["sqs:receivemessage", "SQS:ReceiveMessage", "sqs:Receive*", "s3:*", "*:*", "*"] {
            assert_eq!(problem(good), None, "{good}");
        }
        assert_eq!(problem("sqs:RecieveMessage").and_then(|it| it.1).as_deref(), Some("sqs:receivemessage"));
        assert_eq!(problem("dynamo:GetItem").map(|it| it.0).as_deref(), Some("no service has the prefix `dynamo`"));
        assert!(problem("sqs:Publish*").is_some());
    }
}
