//! `iam/objects-of-bucket`: what is about objects names objects, and what is about a bucket names the bucket.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "iam/objects-of-bucket",
    code: "IAM-011",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "statement that allows nothing: actions on objects, and the ARN of a bucket",
    why: "the ARN of a bucket is not that of its objects: reading and writing objects needs `…/*`, listing needs the bucket; \
          S3 refuses such a bucket policy, and a role gets AccessDenied",
    error: Some("Action does not apply to any resource(s) in statement"),
    sources: &["https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html"],
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
            Action: s3:GetObject
            Resource: arn:aws:s3:::shop-files
#                     ^
"#,
    good: &[("arn:aws:s3:::shop-files", "arn:aws:s3:::shop-files/*")],
    check: Check::View(check),
};

/// Actions on objects, and on buckets, that are often allowed.
///
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html> (read 2026-11-30).
const OBJECTS: &[&str] = &[
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetObject",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "s3:RestoreObject",
];
const BUCKETS: &[&str] = &[
    "s3:GetBucketLocation",
    "s3:GetBucketVersioning",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListBucketVersions",
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for document in view.documents() {
        for statement in document.statements().filter(Statement::allows) {
            let actions: Vec<String> = statement.prop.each("Action").map(|it| it.pattern()).collect();
            let all = |known: &[&str]| {
                !actions.is_empty() && actions.iter().all(|it| known.iter().any(|known| known.eq_ignore_ascii_case(it)))
            };
            let (wrong, help): (fn(&Prop<'_>) -> bool, _) = if all(OBJECTS) {
                (is_bucket, "add `/*` to the ARN of the bucket")
            } else if all(BUCKETS) {
                (is_objects, "name the bucket itself, without `/*`")
            } else {
                continue;
            };
            let resources: Vec<Prop<'_>> = statement.resources().collect();
            let Some(first) = resources.first().filter(|_| resources.iter().all(wrong)) else { continue };
            let title = format!("a statement of `{}` allows nothing", document.owner.id());
            cx.report(first.finding(title, format!("{} is not done to this", actions.join(", "))).help(help));
        }
    }
}

fn is_bucket(resource: &Prop<'_>) -> bool {
    let of_bucket =
        resource.target().is_some_and(|it| it.resource.kind() == "AWS::S3::Bucket" && it.attribute == Some("Arn"));
    let text = resource.text();
    let name = text.as_ref().and_then(|text| text.split_once(":s3:::"));
    of_bucket || name.is_some_and(|(_, name)| !name.contains(['/', '*', '?', '$']))
}

fn is_objects(resource: &Prop<'_>) -> bool {
    let pattern = resource.pattern();
    pattern.split_once(":s3:::").is_some_and(|(_, name)| name.ends_with("/*") && !name.starts_with('*'))
        || (resource.mentions().iter().any(|it| it.kind() == "AWS::S3::Bucket")
            && pattern.ends_with("/*")
            && pattern.len() > 2)
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn lists_of_both_and_of_other_actions_are_right() {
        let count = |action: &str, resource: &str| {
            let good = super::RULE.good_example().replace("arn:aws:s3:::shop-files/*", resource);
            of_rule(&super::RULE, &good.replace("Action: s3:GetObject", &format!("Action: {action}"))).len()
        };
        assert_eq!(count("[s3:GetObject, s3:ListBucket]", "arn:aws:s3:::shop-files"), 0);
        assert_eq!(count("s3:ListBucket", "arn:aws:s3:::shop-files/*"), 1);
        assert_eq!(count("s3:ListBucket", "arn:aws:s3:::shop-files"), 0);
        assert_eq!(count("s3:GetObject", "[\"arn:aws:s3:::shop-files\", \"arn:aws:s3:::shop-files/*\"]"), 0);
        assert_eq!(count("s3:GetObject", "arn:aws:s3:::*"), 0);
        assert_eq!(count("\"s3:Get*\"", "arn:aws:s3:::shop-files"), 0);
    }
}
