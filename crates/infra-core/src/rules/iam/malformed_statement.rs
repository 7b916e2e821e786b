//! `iam/malformed-statement`: a policy is made of the elements of the policy language, spelled as it spells them.

use std::collections::BTreeSet;

use crate::diag::suggest;
use crate::facts::iam::{DOCUMENT, PRINCIPALS, STATEMENT, VERSIONS};
use crate::rules::prelude::*;
use crate::view::{Attached, Document};

pub(super) const RULE: Rule = Rule {
    id: "iam/malformed-statement",
    code: "IAM-001",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "policy that is not written in the policy language",
    why: "elements of a policy, their effect and their version are spelled exactly so; a policy with anything else is \
          refused as a whole",
    error: Some("MalformedPolicyDocument: Syntax errors in policy."),
    sources: &["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"],
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
            Statement:
              - Effect: allow
#                       ^
                Action: dynamodb:Query
                Resource: arn:aws:dynamodb:eu-west-1:111122223333:table/orders
"#,
    good: &[("Effect: allow", "Effect: Allow")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for document in view.documents() {
        of_document(cx, &document);
        let mut names: BTreeSet<String> = BTreeSet::new();
        for statement in document.statements() {
            keys(cx, &document, statement.prop, STATEMENT, "statement");
            effect(cx, &document, &statement);
            principal(cx, &document, &statement);
            if let Some(name) = statement.prop.key("Sid") {
                sid(cx, &document, &name, &mut names);
            }
        }
    }
}

fn of_document(cx: &mut Cx<'_>, document: &Document<'_>) {
    keys(cx, document, document.prop, DOCUMENT, "policy");
    let version = document.prop.key("Version");
    if let Some((version, text)) = version.and_then(|it| Some((it, it.text()?)))
        && !VERSIONS.contains(&text.as_ref())
    {
        cx.report(
            version
                .finding(
                    format!(
                        "policy of `{}` has the version `{text}`, which the language does not have",
                        document.owner.id()
                    ),
                    "not a date of one's own: it names the language",
                )
                .help("write `Version: \"2012-10-17\"`")
                .fix(version.replace("2012-10-17")),
        );
    }
}

fn keys(cx: &mut Cx<'_>, document: &Document<'_>, holder: Prop<'_>, known: &[&'static str], noun: &str) {
    for (key, value) in holder.entries() {
        if known.contains(&key) || key.starts_with("Fn::") || key == "Ref" {
            continue;
        }
        let same = known.iter().find(|it| it.eq_ignore_ascii_case(key)).copied();
        let near = same.or_else(|| suggest(key, known.iter().copied()));
        let title = format!(
            "{noun} of `{}` has the element `{key}`, which the policy language does not have",
            document.owner.id()
        );
        let finding = value.finding_of_key(title, "no element of a policy");
        cx.report(match near {
            Some(near) => finding.help(format!("write `{near}`")).fix(value.rename(key, near)),
            None => finding.help(format!("a {noun} has these elements: {}", known.join(", "))),
        });
    }
}

fn effect(cx: &mut Cx<'_>, document: &Document<'_>, statement: &Statement<'_>) {
    let Some(effect) = statement.prop.key("Effect") else { return };
    let Some(text) = effect.text().filter(|text| !matches!(text.as_ref(), "Allow" | "Deny")) else { return };
    let near = if text.eq_ignore_ascii_case("deny") { "Deny" } else { "Allow" };
    cx.report(
        effect
            .finding(
                format!("statement of `{}` has the effect `{text}`", document.owner.id()),
                "neither `Allow` nor `Deny`",
            )
            .help(format!("write `Effect: {near}`"))
            .fix(effect.replace(near)),
    );
}

fn principal(cx: &mut Cx<'_>, document: &Document<'_>, statement: &Statement<'_>) {
    for key in ["Principal", "NotPrincipal"] {
        let Some(principal) = statement.prop.key(key) else { continue };
        let owner = document.owner.id();
        if let Some(text) = principal.text().filter(|text| text != "*") {
            cx.report(
                principal
                    .finding(format!("`{key}` of `{owner}` says `{text}` and not of what kind it is"), "needs its kind")
                    .help(format!("write `{key}: {{ AWS: <ARN> }}` or `{key}: {{ Service: <name>.amazonaws.com }}`")),
            );
        }
        for (kind, value) in principal.entries() {
            if PRINCIPALS.contains(&kind) || kind.starts_with("Fn::") || kind == "Ref" {
                continue;
            }
            let finding = value.finding_of_key(
                format!("`{key}` of `{owner}` has the kind `{kind}`, which IAM does not know"),
                "no kind",
            );
            let near = suggest(kind, PRINCIPALS.iter().copied());
            cx.report(match near {
                Some(near) => finding.help(format!("write `{near}`")).fix(value.rename(kind, near)),
                None => finding.help(format!("one of {}", PRINCIPALS.join(", "))),
            });
        }
    }
}

/// Policies of IAM itself hold each `Sid` once, of letters and digits.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html> (read 2026-11-30).
fn sid(cx: &mut Cx<'_>, document: &Document<'_>, name: &Prop<'_>, names: &mut BTreeSet<String>) {
    if matches!(document.attached, Attached::Resource(_)) {
        return;
    }
    let Some(text) = name.text() else { return };
    let owner = document.owner.id();
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let title = format!("`Sid` of `{owner}` is `{text}`");
        cx.report(name.finding(title, "letters and digits only").help("leave out everything but letters and digits"));
    } else if !text.is_empty() && !names.insert(text.to_string()) {
        let title = format!("policy of `{owner}` has two statements with the `Sid` `{text}`");
        cx.report(name.finding(title, "the second one").help("give each statement a `Sid` of its own, or none"));
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn elements_versions_principals_and_names_of_statements_are_those_of_the_language() {
        let good = super::RULE.good_example();
        let count = |old: &str, new: &str| {
            assert!(good.contains(old), "{old}");
            of_rule(&super::RULE, &good.replace(old, new)).len()
        };
        assert_eq!(count("Action: dynamodb:Query", "action: dynamodb:Query"), 1);
        assert_eq!(count("            Version: \"2012-10-17\"\n", "            Version: 2025-01-01\n"), 1);
        assert_eq!(count("            Version: \"2012-10-17\"\n", "            version: \"2012-10-17\"\n"), 1);
        assert_eq!(count("{ Service: lambda.amazonaws.com }", "lambda.amazonaws.com"), 1);
        assert_eq!(count("{ Service: lambda.amazonaws.com }", "{ Services: lambda.amazonaws.com }"), 1);
        assert_eq!(count("{ Service: lambda.amazonaws.com }", "\"*\""), 0);
        assert_eq!(count("Effect: Allow\n", "Effect: Allow\n                Sid: read-orders\n"), 1);
        assert_eq!(count("Effect: Allow\n", "Effect: Allow\n                Sid: ReadOrders\n"), 0);
    }
}
