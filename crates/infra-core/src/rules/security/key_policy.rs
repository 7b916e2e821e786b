//! `security/key-policy`: a service that encrypts with our key must be let to.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "security/key-policy",
    code: "SEC-003",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "key policy does not let the service use the key",
    why: "services that encrypt on their own behalf call KMS as themselves; IAM policies of the account do not count \
          for them, only a statement of the key's own policy does",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" }
            Action: "kms:*"
            Resource: "*"
  AccessLogs:
    Type: AWS::Logs::LogGroup
    Properties:
      RetentionInDays: 30
      KmsKeyId: !GetAtt Key.Arn
#               ^
"#,
    good: &[(
        "        Statement:\n",
        "        Statement:
          - Effect: Allow
            Principal: { Service: !Sub \"logs.${AWS::Region}.amazonaws.com\" }
            Action: [kms:Encrypt*, kms:Decrypt*, kms:ReEncrypt*, kms:GenerateDataKey*, kms:Describe*]
            Resource: \"*\"
",
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for group in view.of("AWS::Logs::LogGroup") {
        let (Some(used), Some(region)) = (group.get("KmsKeyId"), group.region()) else { continue };
        let service = format!("logs.{region}.amazonaws.com");
        demand(cx, &used, &[&service, "logs.amazonaws.com"], &["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"]);
    }
    for bucket in view.of("AWS::S3::Bucket") {
        let rules = bucket.each("BucketEncryption.ServerSideEncryptionConfiguration");
        let keys = rules.filter_map(|rule| rule.get("ServerSideEncryptionByDefault.KMSMasterKeyID"));
        let served = bucket.referrers_of("AWS::CloudFront::Distribution").any(|site| {
            site.each("DistributionConfig.Origins")
                .any(|origin| origin.key("OriginAccessControlId").is_some() && origin.mentions().contains(&bucket))
        });
        if served {
            keys.for_each(|used| demand(cx, &used, &["cloudfront.amazonaws.com"], &["kms:Decrypt"]));
        }
    }
}

fn demand(cx: &mut Cx<'_>, used: &Prop<'_>, services: &[&str], actions: &[&str]) {
    let Some(key) = used.resource_of("AWS::KMS::Key") else { return };
    // What is not written here may be added by a custom resource that is told of the key.
    let is_custom =
        |it: Resource<'_>| it.kind().starts_with("Custom::") || it.kind() == "AWS::CloudFormation::CustomResource";
    let Some(policy) = key.get("KeyPolicy").filter(|_| !key.referrers().any(is_custom)) else { return };
    let statements: Vec<Statement<'_>> = Statement::of(policy).filter(|statement| statement.allows()).collect();
    // A principal that is put together of unknown parts may be the one.
    let unknown = |statement: &Statement<'_>| statement.principals("Service").any(|service| service.text().is_none());
    let lets = |action: &&&str| {
        statements.iter().any(|statement| {
            let named = services.iter().any(|service| statement.service(service)) || statement.anyone();
            (named || unknown(statement)) && statement.covers(action)
        })
    };
    let missing: Vec<&str> = actions.iter().filter(|action| !lets(action)).copied().collect();
    let (Some(service), false) = (services.first(), missing.is_empty()) else { return };
    cx.report(
        used.finding(format!("key `{}` does not let `{service}` use it", key.id()), "encrypted with this key")
            .also(policy.at(), format!("no statement allows {} to the service", missing.join(", ")))
            .help(format!(
                "add a statement with `Principal: {{ Service: {service} }}` that allows {}",
                actions.join(", ")
            )),
    );
}
