//! `security/unmanageable-key`: someone may change the policy of a key.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "security/unmanageable-key",
    code: "SEC-012",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "key whose policy nobody may change",
    why: "KMS refuses a key policy after which the caller could not change it again, unless `BypassPolicyLockoutSafetyCheck` is set; \
          a statement for the account, with `kms:*`, leaves it to IAM",
    error: Some("The new key policy will not allow you to update the key policy in the future"),
    sources: &["https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Disks:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
#     ^
        Version: "2012-10-17"
        Statement:
          - { Effect: Allow, Principal: { Service: logs.eu-west-1.amazonaws.com }, Action: "kms:*", Resource: "*" }
"#,
    good: &[(
        "{ Service: logs.eu-west-1.amazonaws.com }",
        "{ AWS: !Sub \"arn:${AWS::Partition}:iam::${AWS::AccountId}:root\" }",
    )],
    check: Check::Resources(&["AWS::KMS::Key", "AWS::KMS::ReplicaKey"], check),
};

fn check(cx: &mut Cx<'_>, key: Resource<'_>) {
    if key.bool_or("BypassPolicyLockoutSafetyCheck", false) != Some(false) {
        return;
    }
    let Some(policy) = key.get("KeyPolicy").filter(|it| crate::view::is_readable(it)) else { return };
    let manages = |it: &Statement<'_>| {
        let someone = it.principals("AWS").next().is_some()
            || it.principals("Federated").next().is_some()
            || it.prop.key("NotPrincipal").is_some()
            || it.is_for_unknown()
            || !it.prop.is_object();
        someone && it.may_let("kms:PutKeyPolicy")
    };
    if Statement::of(policy).any(|it| !it.prop.is_object() || manages(&it)) {
        return;
    }
    cx.report(
        policy
            .finding_of_key(format!("nobody may change the policy of key `{}`", key.id()), "no statement allows kms:PutKeyPolicy")
            .help("add a statement with `Principal: { AWS: !Sub \"arn:${AWS::Partition}:iam::${AWS::AccountId}:root\" }` and `Action: \"kms:*\"`"),
    );
}
