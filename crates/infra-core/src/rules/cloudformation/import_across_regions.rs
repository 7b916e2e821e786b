//! `cloudformation/import-across-regions`: exports stay in their region.

use std::collections::BTreeMap;

use crate::artifacts::Expr;
use crate::rules::prelude::*;
use crate::view::Stack;

pub(super) const RULE: Rule = Rule {
    id: "cloudformation/import-across-regions",
    code: "CFN-001",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "value is imported from another region or account",
    why: "an export can be imported in its own region and account only",
    error: Some("No export named … found."),
    sources: &["https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: edge.yaml region=us-east-1
Resources:
  Alerts:
    Type: AWS::SNS::Topic
Outputs:
  Alerts: { Value: !Ref Alerts, Export: { Name: edge-alerts } }
#: home.yaml region=eu-west-1
Resources:
  Mail:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !ImportValue edge-alerts
#               ^
      Protocol: email
      Endpoint: oncall@example.com
"#,
    good: &[("home.yaml region=eu-west-1", "home.yaml region=us-east-1")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let mut exports: BTreeMap<String, Vec<(Stack<'_>, Prop<'_>)>> = BTreeMap::new();
    for stack in view.stacks() {
        for (name, value) in stack.exports() {
            exports.entry(name).or_default().push((stack, value));
        }
    }
    if exports.is_empty() {
        return;
    }
    for stack in view.stacks() {
        stack.resources().for_each(|resource| look(cx, &exports, stack, resource.properties()));
    }
}

/// Imports that the evaluation could bind are no calls any more, so what is left has no export beside it.
fn look<'v>(
    cx: &mut Cx<'_>,
    exports: &BTreeMap<String, Vec<(Stack<'v>, Prop<'v>)>>,
    stack: Stack<'v>,
    value: Prop<'v>,
) {
    match value.expr() {
        Expr::Object(_) => value.entries().for_each(|(_, below)| look(cx, exports, stack, below)),
        Expr::List(_) => value.items().for_each(|item| look(cx, exports, stack, item)),
        Expr::Call(function, argument) if function == "Fn::ImportValue" => {
            let Some(name) = argument.as_text() else { return };
            let differs = |other: &Stack<'_>| {
                let regions = other.region().zip(stack.region()).is_some_and(|(one, two)| one != two);
                let accounts = other.account().zip(stack.account()).is_some_and(|(one, two)| one != two);
                regions || accounts
            };
            let Some(found) = exports.get(name).filter(|found| found.iter().all(|(other, _)| differs(other))) else {
                return;
            };
            let Some((other, export)) = found.first() else { return };
            let place = other.region().map_or_else(|| "another place".to_owned(), |region| region.to_string());
            cx.report(
                value
                    .finding(format!("`{name}` is exported in {place}"), "imported here")
                    .also(export.at(), format!("exported by `{}`", other.name()))
                    .help("pass the value as a parameter, or read it with `Fn::GetStackOutput`, which names a region"),
            );
        }
        _ => {}
    }
}
