//! `cloudformation/unknown-region`: an ARN names a region that there is.

use crate::artifacts::Expr;
use crate::diag::suggest;
use crate::facts::regions;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudformation/unknown-region",
    code: "CFN-016",
    severity: Severity::Warning,
    phase: Phase::Deploy,
    title: "ARN or endpoint of a region that this version does not know",
    why: "what is named in a region that does not exist is not found: the resource is refused, or allows and reaches nothing",
    error: None,
    sources: &["https://docs.aws.amazon.com/general/latest/gr/rande.html"],
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
            Action: dynamodb:Query
            Resource: arn:aws:dynamodb:eu-wast-1:111122223333:table/orders
#                     ^
"#,
    good: &[("eu-wast-1", "eu-west-1")],
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

fn walk(cx: &mut Cx<'_>, value: Prop<'_>, owner: &str) {
    match value.expr() {
        Expr::Object(_) => value.entries().for_each(|(_, below)| walk(cx, below, owner)),
        Expr::List(_) => value.items().for_each(|item| walk(cx, item, owner)),
        Expr::Text(_) | Expr::Concat(_) => {
            let text = value.pattern();
            let Some(region) = region_of(&text) else { return };
            let finding = value.finding(
                format!("{owner} names the region `{region}`, which this version does not know"),
                "no region that is known",
            );
            cx.report(match suggest(region, regions::names()) {
                Some(near) => {
                    finding.help(format!("did you mean `{near}`?")).fix(value.replace(&text.replace(region, near)))
                }
                None => finding.help("look it up in the list of regions; a newer one is right"),
            });
        }
        _ => {}
    }
}

/// Returns the region of an ARN or of the name of an endpoint, if it has the form of one and is none that is known.
fn region_of(text: &str) -> Option<&str> {
    let region = match text.strip_prefix("arn:") {
        Some(rest) => rest.split(':').nth(2)?,
        None => text.strip_prefix("com.amazonaws.")?.split('.').next()?,
    };
    let parts: Vec<&str> = region.split('-').collect();
    let [area, middle @ .., number] = parts.as_slice() else { return None };
    let letters = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let has_form = !middle.is_empty()
        && letters(area)
        && (2..=4).contains(&area.len())
        && middle.iter().all(|part| letters(part))
        && number.len() == 1
        && number.bytes().all(|byte| byte.is_ascii_digit());
    // The isolated partitions are none of the tables'.
    (has_form && regions::find(region).is_none() && !region.contains("-iso")).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::region_of;

    #[test]
    fn a_region_has_the_form_of_one_and_is_not_known() {
        assert_eq!(region_of("arn:aws:sqs:eu-wast-1:111122223333:jobs"), Some("eu-wast-1"));
        assert_eq!(region_of("com.amazonaws.eu-wast-1.sqs"), Some("eu-wast-1"));
        for good in [
            "arn:aws:sqs:eu-west-1:111122223333:jobs",
            "arn:aws:s3:::files",
            "arn:aws:sqs:*:111122223333:jobs",
            "arn:aws-iso:sqs:us-iso-east-1:111122223333:jobs",
            "com.amazonaws.vpce.eu-west-1.vpce-svc-1",
            "com.amazonaws.global.s3",
        ] {
            assert_eq!(region_of(good), None, "{good}");
        }
    }
}
