//! `iam/malformed-action`: an action is a service and a name with a colon between.

use crate::facts::iam;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "iam/malformed-action",
    code: "IAM-004",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "action that is not written as service and name",
    why: "an action is the prefix of a service, a colon and the name of an action, or `*`; IAM refuses a policy with anything \
          else",
    error: Some("MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
    sources: &["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html"],
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
            Action: dynamodb.Query
#                   ^
            Resource: arn:aws:dynamodb:eu-west-1:111122223333:table/orders
"#,
    good: &[("dynamodb.Query", "dynamodb:Query")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for document in view.documents() {
        for statement in document.statements() {
            let named = statement.prop.each("Action").chain(statement.prop.each("NotAction"));
            for (action, text) in named.filter_map(|action| Some((action, action.text()?))) {
                if is_well_formed(&text) {
                    continue;
                }
                let finding = action.finding(
                    format!("policy of `{}` names the action `{text}`", document.owner.id()),
                    "no service and name with a colon between",
                );
                let near = ['.', '/', ' '].into_iter().find_map(|between| {
                    let (service, name) = text.split_once(between)?;
                    let fixed = format!("{service}:{}", name.trim_start_matches(':'));
                    (iam::actions(service).is_some() && is_well_formed(&fixed)).then_some(fixed)
                });
                cx.report(match near {
                    Some(near) => finding.help(format!("write `{near}` with a colon")).fix(action.replace(&near)),
                    None => finding.help("write an action with its service and a colon, such as `sqs:SendMessage`"),
                });
            }
        }
    }
}

fn is_well_formed(action: &str) -> bool {
    let name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'?'));
    let service = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'*' | b'?'))
    };
    action == "*"
        || action.split_once(':').is_some_and(|(prefix, rest)| service(prefix) && !rest.is_empty() && name(rest))
}

#[cfg(test)]
mod tests {
    use super::is_well_formed;

    #[test]
    fn an_action_has_one_colon_and_no_other_mark() {
        for good in ["*", "sqs:SendMessage", "s3:Get*", "acm-pca:IssueCertificate", "s3:*", "*:*", "a4b:?et"] {
            assert!(is_well_formed(good), "{good}");
        }
        for bad in ["", "sqs", "sqs:", ":Send", "sqs.Send", "sqs::Send", "sqs: Send", "sqs:Send,sqs:Get", "sqs/Send"] {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }
}
