//! `iam/malformed-resource`: the resources of a policy are ARNs.

use crate::artifacts::Expr;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "iam/malformed-resource",
    code: "IAM-008",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "policy names a resource by something that is no ARN",
    why: "the resources of a statement are ARNs of six parts, or `*`; a name, a URL or half an ARN is refused",
    error: Some("MalformedPolicyDocument: Resource orders must be in ARN format or \"*\"."),
    sources: &["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html"],
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
            Action: sqs:SendMessage
            Resource: arn:aws:sqs:jobs
#                     ^
"#,
    good: &[("arn:aws:sqs:jobs", "arn:aws:sqs:eu-west-1:111122223333:jobs")],
    check: Check::View(check),
};

/// What `Ref` gives for a type where that is no ARN.
///
/// Source: "Return values" of each type in the CloudFormation Template Reference (read 2026-11-30).
const REFS: &[(&str, &str)] = &[
    ("AWS::CloudWatch::Alarm", "the name"),
    ("AWS::DynamoDB::Table", "the name"),
    ("AWS::ECR::Repository", "the name"),
    ("AWS::EKS::Cluster", "the name"),
    ("AWS::Events::EventBus", "the name"),
    ("AWS::IAM::Role", "the name"),
    ("AWS::KMS::Key", "the key's id"),
    ("AWS::Kinesis::Stream", "the name"),
    ("AWS::KinesisFirehose::DeliveryStream", "the name"),
    ("AWS::Lambda::Function", "the name"),
    ("AWS::Logs::LogGroup", "the name"),
    ("AWS::S3::Bucket", "the name"),
    ("AWS::SQS::Queue", "the URL"),
    ("AWS::SSM::Parameter", "the name"),
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for document in view.documents() {
        for statement in document.statements() {
            let named = statement.prop.each("Resource").chain(statement.prop.each("NotResource"));
            for resource in named {
                let Some((problem, help)) = problem(&resource) else { continue };
                let title = format!("policy of `{}` names a resource by something that is no ARN", document.owner.id());
                cx.report(resource.finding(title, problem).help(help));
            }
        }
    }
}

fn problem(resource: &Prop<'_>) -> Option<(String, String)> {
    let first = match resource.expr() {
        Expr::Concat(parts) => parts.first()?,
        whole => whole,
    };
    if let Expr::Ref(handle) = first
        && let Some(target) = resource.view().by_handle(handle)
        && let Some((_, gives)) = REFS.iter().find(|(kind, _)| *kind == target.kind())
    {
        let help = format!("write `!GetAtt {0}.Arn`, or `!Sub \"${{{0}.Arn}}…\"` with more behind it", target.id());
        return Some((format!("`Ref` of `{}` gives {gives}", target.id()), help));
    }
    let help = || "write the whole ARN: `arn:<partition>:<service>:<region>:<account>:<resource>`".to_owned();
    let pattern = resource.pattern();
    if pattern.is_empty() || pattern.starts_with('*') || pattern.starts_with("{{") || pattern.starts_with("${") {
        return None;
    }
    // The policy of a REST API may name its own methods without the start of the ARN.
    // Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
    // (read 2026-11-30).
    if pattern.starts_with("execute-api:/") {
        return None;
    }
    let Some(rest) = pattern.strip_prefix("arn:") else {
        return Some((format!("`{pattern}` does not begin with `arn:`"), help()));
    };
    // Behind a star there may be any number of parts.
    (!rest.contains('*') && rest.matches(':').count() < 4)
        .then(|| (format!("{} parts, an ARN has 6", pattern.matches(':').count() + 1), help()))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn what_a_reference_gives_counts() {
        let of = |resource: &str| {
            let yaml = super::RULE.good_example().replace("arn:aws:sqs:eu-west-1:111122223333:jobs", resource);
            of_rule(
                &super::RULE,
                &format!("{yaml}  Jobs: {{ Type: AWS::SQS::Queue }}\n  Files: {{ Type: AWS::S3::Bucket }}\n"),
            )
            .len()
        };
        assert_eq!(of("!Ref Jobs"), 1);
        assert_eq!(of("!GetAtt Jobs.Arn"), 0);
        assert_eq!(of("!Sub \"${Files}/*\""), 1);
        assert_eq!(of("!Sub \"${Files.Arn}/*\""), 0);
        assert_eq!(of("!Sub \"arn:aws:s3:::${Files}/*\""), 0);
        assert_eq!(of("jobs"), 1);
        assert_eq!(of("\"*\""), 0);
        assert_eq!(of("arn:aws:s3:::files"), 0);
    }
}
