//! `lambda/retired-runtime`: a function has a runtime that Lambda takes.

use crate::facts::runtimes;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "lambda/retired-runtime",
    code: "FN-002",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "runtime with which no function can be made any more",
    why: "Lambda ends a runtime in steps: first without security updates, then no function can be made with it, then none can be \
          changed",
    error: Some(
        "The runtime parameter of nodejs12.x is no longer supported for creating or updating AWS Lambda functions.",
    ),
    sources: &["https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Code: { Type: String }
Resources:
  Old:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs12.x
#              ^
      Handler: index.handler
      Role: arn:aws:iam::111122223333:role/old
      Code: { S3Bucket: !Ref Code, S3Key: old.zip }
"#,
    good: &[("nodejs12.x", "nodejs24.x")],
    check: Check::Resources(&["AWS::Lambda::Function", "AWS::Serverless::Function"], check),
};

/// Where no day is known, the day on which the list was read counts.
const READ: &str = "2026-11-30";

fn check(cx: &mut Cx<'_>, function: Resource<'_>) {
    let Some(slot) = function.get("Runtime") else { return };
    let Some(runtime) = slot.text().and_then(|name| runtimes::find(&name)) else { return };
    let today = function.view().today().map_or_else(|| READ.to_owned(), |day| day.to_string());
    let over = |day: &str| !day.is_empty() && day <= today.as_str();
    if !over(runtime.create_block) {
        return;
    }
    let since = if over(runtime.update_block) { "nor can one be changed, since " } else { "since " };
    let last = if over(runtime.update_block) { runtime.update_block } else { runtime.create_block };
    let finding = slot.finding(
        format!("runtime `{}` of function `{}` is over", runtime.name, function.id()),
        format!("no function can be made with it, {since}{last}"),
    );
    cx.report(if runtime.successor.is_empty() {
        finding.help("write a runtime that is supported")
    } else {
        finding
            .help(format!("write `Runtime: {}`, and try the function with it", runtime.successor))
            .fix(slot.replace(runtime.successor))
    });
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn a_runtime_is_over_on_its_day_and_a_newer_one_is_right() {
        let count = |runtime: &str, today: &str| {
            let yaml = super::RULE.bad_example().replace("nodejs12.x", runtime);
            of_rule(&super::RULE, &format!("#: t.yaml today={today}\n{yaml}")).len()
        };
        assert_eq!(count("nodejs20.x", "2027-01-31"), 0);
        assert_eq!(count("nodejs20.x", "2027-02-01"), 1);
        assert_eq!(count("nodejs99.x", "2030-01-01"), 0);
    }
}
