//! `cloudformation/unknown-secret-key`: a dynamic reference names a key that the secret has.

use std::collections::BTreeSet;

use crate::artifacts::Expr;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudformation/unknown-secret-key",
    code: "CFN-023",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "dynamic reference to a key that the secret does not have",
    why: "a generated secret holds the keys of its template, its `GenerateStringKey`, and what an attachment to a database adds; \
          CloudFormation looks for the key when it makes the resource",
    error: Some("Could not find a value associated with JSONKey in SecretString"),
    sources: &["https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Login:
    Type: AWS::SecretsManager::Secret
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      GenerateSecretString: { SecretStringTemplate: '{"username":"orders"}', GenerateStringKey: password }
  Setting:
    Type: AWS::SSM::Parameter
    Properties:
      Type: String
      Value: !Sub "{{resolve:secretsmanager:${Login}:SecretString:user::}}"
#            ^
"#,
    good: &[("SecretString:user:", "SecretString:username:")],
    check: Check::View(check),
};

/// Keys that an attachment to a database adds.
///
/// Source: <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html> (read 2026-11-30).
const OF_ATTACHMENT: &[&str] =
    &["dbClusterIdentifier", "dbInstanceIdentifier", "dbname", "engine", "host", "masterarn", "port"];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for resource in view.resources() {
        within(cx, resource.properties());
    }
}

fn within(cx: &mut Cx<'_>, value: Prop<'_>) {
    match value.expr() {
        Expr::Object(_) => value.entries().for_each(|(_, below)| within(cx, below)),
        Expr::List(_) => value.items().for_each(|item| within(cx, item)),
        _ => value.dynamic().iter().for_each(|named| judge(cx, &value, named)),
    }
}

fn judge(cx: &mut Cx<'_>, value: &Prop<'_>, named: &Prop<'_>) {
    let pattern = named.pattern();
    let Some((_, rest)) = pattern.split_once(":SecretString:") else { return };
    let wanted = rest.split(':').next().unwrap_or_default();
    let mut secrets = named.mentions().into_iter().filter_map(|it| match it.kind() {
        "AWS::SecretsManager::SecretTargetAttachment" => it.get("SecretId")?.resource(),
        _ => Some(it),
    });
    let Some(secret) = secrets.find(|it| it.kind() == "AWS::SecretsManager::Secret") else { return };
    let Some(keys) = keys_of(&secret) else { return };
    if wanted.is_empty() || wanted.contains('*') || keys.contains(wanted) {
        return;
    }
    let has: Vec<&str> = keys.iter().map(String::as_str).collect();
    cx.report(
        value
            .finding(format!("secret `{}` has no key `{wanted}`", secret.id()), "looked for here")
            .also(secret.nearest("GenerateSecretString").at(), format!("has {}", has.join(", ")))
            .help("name a key that the secret has"),
    );
}

/// The keys of a generated secret, if all are known.
fn keys_of(secret: &Resource<'_>) -> Option<BTreeSet<String>> {
    let made = secret.get("GenerateSecretString")?;
    let template: serde_json::Value = serde_json::from_str(&made.key("SecretStringTemplate")?.pattern()).ok()?;
    let mut keys: BTreeSet<String> = template.as_object()?.keys().cloned().collect();
    keys.insert(made.key("GenerateStringKey")?.text()?.into_owned());
    // Attachments and functions of rotation write more.
    let others = |it: &Resource<'_>| {
        it.kind() == "AWS::SecretsManager::RotationSchedule" || it.kind() == "AWS::Lambda::Function"
    };
    if secret.referrers().any(|it| others(&it)) || keys.iter().any(|key| key.contains('*')) {
        return None;
    }
    if secret.referrers_of("AWS::SecretsManager::SecretTargetAttachment").next().is_some() {
        keys.extend(OF_ATTACHMENT.iter().map(|key| (*key).to_owned()));
    }
    Some(keys)
}
