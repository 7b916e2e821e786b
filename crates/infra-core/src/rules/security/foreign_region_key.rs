//! `security/foreign-region-key`: a key encrypts in its own region.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "security/foreign-region-key",
    code: "SEC-004",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "encryption key of another region",
    why: "a KMS key is used in its own region only; another region needs a key of its own or a replica of a \
          multi-Region key",
    error: None,
    sources: &["https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: queue.yaml region=eu-west-1
Resources:
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      KmsMasterKeyId: arn:aws:kms:us-east-1:111122223333:key/6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a
#                     ^
"#,
    good: &[("arn:aws:kms:us-east-1", "arn:aws:kms:eu-west-1")],
    check: Check::View(check),
};

/// Where each type names its key.
const KEYS: &[(&str, &str)] = &[
    ("AWS::DynamoDB::Table", "SSESpecification.KMSMasterKeyId"),
    ("AWS::EFS::FileSystem", "KmsKeyId"),
    ("AWS::Logs::LogGroup", "KmsKeyId"),
    ("AWS::RDS::DBCluster", "KmsKeyId"),
    ("AWS::RDS::DBInstance", "KmsKeyId"),
    ("AWS::SNS::Topic", "KmsMasterKeyId"),
    ("AWS::SQS::Queue", "KmsMasterKeyId"),
    ("AWS::SecretsManager::Secret", "KmsKeyId"),
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for (kind, path) in KEYS {
        for resource in view.of(kind) {
            let (Some(written), Some(home)) = (resource.get(path), resource.region()) else { continue };
            let made = written.resource_of("AWS::KMS::Key").or_else(|| written.resource_of("AWS::KMS::ReplicaKey"));
            let region = match made {
                Some(key) => key.region().map(|region| region.as_str().to_owned()),
                None => arn_region(&written.pattern()),
            };
            let Some(region) = region.filter(|region| region != home.as_str()) else { continue };
            let mut finding = written.finding(
                format!("`{}` in {home} is encrypted with a key of {region}", resource.id()),
                format!("a key of {region}"),
            );
            if let Some(key) = made {
                finding = finding.also(key.at(), "this key");
            }
            cx.report(finding.help(format!("use a key of {home}, or a replica there of a multi-Region key")));
        }
    }
}

fn arn_region(text: &str) -> Option<String> {
    let mut parts = text.split(':');
    let is_key = parts.next() == Some("arn") && parts.nth(1) == Some("kms");
    parts.next().filter(|region| is_key && !region.contains('*') && !region.is_empty()).map(str::to_owned)
}
