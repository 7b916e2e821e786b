//! `iam/foreign-action`: the policy of a resource speaks of actions of its own service.

use crate::rules::prelude::*;
use crate::view::Attached;

pub(super) const RULE: Rule = Rule {
    id: "iam/foreign-action",
    code: "IAM-005",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "policy of a resource names an action of another service",
    why: "a queue, a topic, a bucket or a key knows the actions of its own service only; the service refuses a policy that \
          names others, and IAM refuses a trust policy with anything but actions of STS",
    error: Some("Policy statement action out of service scope!"),
    sources: &[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html",
        "https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Open:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: ["https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { AWS: "arn:aws:iam::111122223333:root" }
            Action: sns:Publish
#                   ^
            Resource: arn:aws:sqs:eu-west-1:111122223333:jobs
"#,
    good: &[("sns:Publish", "sqs:SendMessage")],
    check: Check::View(check),
};

/// Services that are known to refuse actions of others.
const STRICT: &[&str] = &["ecr", "kms", "s3", "secretsmanager", "sns", "sqs"];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for document in view.documents() {
        let service = match document.attached {
            Attached::Resource(service) if STRICT.contains(&service) => service,
            Attached::Trust => "sts",
            Attached::Resource(_) | Attached::Identity => continue,
        };
        for action in document.statements().flat_map(|statement| statement.actions()) {
            let Some((named, _)) = action.pattern.split_once(':') else { continue };
            let fits = named.eq_ignore_ascii_case(service) || named.contains(['*', '?']);
            // Directory buckets have a prefix of their own.
            if fits || (service == "s3" && named.starts_with("s3")) {
                continue;
            }
            let title = format!("policy `{}` of {service} names `{}`", document.owner.id(), action.pattern);
            cx.report(
                action
                    .prop
                    .finding(title, format!("not an action of {service}"))
                    .help(format!("name actions that begin with `{service}:`")),
            );
        }
    }
}
