//! `cloudformation/unmapped-key`: `Fn::FindInMap` finds something.

use crate::artifacts::Expr;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudformation/unmapped-key",
    code: "CFN-020",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "key that a mapping does not have",
    why: "`Fn::FindInMap` names a mapping of the template and two keys of it; CloudFormation refuses the template where one is \
          missing",
    error: Some("Template error: Unable to get mapping for Sizes::small::type"),
    sources: &[
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-findinmap.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Mappings:
  Sizes:
    small: { delay: 5 }
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: { DelaySeconds: !FindInMap [Sizes, smal, delay] }
#                               ^
"#,
    good: &[("[Sizes, smal, delay]", "[Sizes, small, delay]")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for resource in view.resources() {
        walk(cx, resource.properties(), &format!("`{}`", resource.id()));
    }
    for stack in view.stacks() {
        stack.outputs().for_each(|(key, value)| walk(cx, value, &format!("output `{key}`")));
    }
}

/// What the evaluation found is no call any more.
fn walk(cx: &mut Cx<'_>, value: Prop<'_>, owner: &str) {
    match value.expr() {
        Expr::Object(_) => value.entries().for_each(|(_, below)| walk(cx, below, owner)),
        Expr::List(_) => value.items().for_each(|item| walk(cx, item, owner)),
        Expr::Call(name, argument) if name == "Fn::FindInMap" => {
            let Expr::List(parts) = argument.as_ref() else { return };
            // Pseudo parameters and parameters without a value may be anything.
            let words: Option<Vec<&str>> = parts.iter().take(3).map(Expr::as_text).collect();
            let Some([map, first, second]) = words.as_deref() else { return };
            cx.report(
                value
                    .finding(
                        format!("{owner} asks mapping `{map}` for `{first}` and `{second}`, which it does not have"),
                        "finds nothing",
                    )
                    .help(format!("add the key to mapping `{map}`, or name one that it has")),
            );
        }
        _ => {}
    }
}
