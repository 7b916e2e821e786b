//! Secrets: where a value lies, or how one is generated. The value itself is never written down.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::queue::{Encryption, account_key_policy};
use super::{Field, Kind, check, field};
use crate::artifacts::{Expr, Object, Pseudo, Statement};
use crate::diag::{At, Diagnostic, Diagnostics};
use crate::facts::limits::secrets_manager;
use crate::lower::Lowering;
use crate::names::{Arn, Region};
use crate::resolve::Bound;
use crate::route;

/// The page that gives the ranges of a generated value.
const SOURCE: &str = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html";

/// A secret: one that exists, or one that Secrets Manager makes up. There is no field for its value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Secret {
    /// Where the value lies; somebody else keeps it.
    pub existing: Option<Existing>,
    /// How a random value is made.
    pub generate: Option<Generate>,
    /// Keys of the value, where it is a JSON object; readers may then ask for one of them.
    pub keys: Vec<String>,
    /// ARN of the customer managed KMS key of an existing secret, so that readers may decrypt it.
    pub kms_key: Option<Arn>,
    /// How often the value changes, where somebody rotates it. In days; `infra` does not rotate it, but readers must read
    /// it again after a change.
    pub rotation_days: Option<u32>,
}

/// Where a value lies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Existing {
    /// Name or ARN of a secret of Secrets Manager.
    SecretsManager(String),
    /// Name of a parameter of SSM Parameter Store.
    SsmParameter(String),
}

/// How a random value is made. A change makes a new value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Generate {
    /// How long it is. 4 to 4,096 characters.
    pub length: u32,
    /// Whether punctuation may occur, beside letters and digits.
    pub punctuation: bool,
    /// Characters that must not occur.
    pub exclude: String,
    /// Key of the random value, where the secret is to be a JSON object.
    pub key: Option<String>,
    /// The other keys of that object and their values, which everybody may know, such as a user name.
    pub template: BTreeMap<String, String>,
    /// Encryption at rest.
    pub encryption: Encryption,
    /// Other regions that get a copy; not with a customer managed key, which is regional.
    pub replicas: Vec<Region>,
}

/// The service that keeps a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// Secrets Manager.
    SecretsManager,
    /// SSM Parameter Store.
    SsmParameter,
}

impl Store {
    /// Returns the `objectType` of a `SecretProviderClass`.
    ///
    /// Source: <https://docs.aws.amazon.com/secretsmanager/latest/userguide/integrating_csi_driver_SecretProviderClass.html>
    /// (from memory).
    pub fn object_type(self) -> &'static str {
        match self {
            Self::SecretsManager => "secretsmanager",
            Self::SsmParameter => "ssmparameter",
        }
    }
}

impl Default for Generate {
    fn default() -> Self {
        Self {
            length: 32,
            punctuation: false,
            exclude: String::new(),
            key: None,
            template: BTreeMap::new(),
            encryption: Encryption::default(),
            replicas: Vec::new(),
        }
    }
}

impl Kind for Secret {
    const SECTION: &'static str = "secrets";
    const NOUN: &'static str = "secret";
    const PREFIX: &'static str = "Secret";
    const EXAMPLE: &'static str = "
secrets:
  session-key:
    generate: { length: 48 }
  orders-user:
    generate: { key: password, template: { username: orders } }
  payment-provider:
    existing: { secrets-manager: shop/dev/payment-provider }
    keys: [api-token]
  sentry:
    existing: { ssm-parameter: /shop/dev/sentry }
";

    const FIELDS: &'static [Field] = &[
        field("", "GenerateSecretString", "generate"),
        field("", "GenerateSecretString.ExcludePunctuation", "generate.punctuation"),
        field("", "GenerateSecretString.PasswordLength", "generate.length"),
        field("", "KmsKeyId", "generate.encryption"),
        field("", "ReplicaRegions", "generate.replicas"),
    ];

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        match (&entry.spec().existing, &entry.spec().generate) {
            (Some(place), None) => existing(entry, place, diags),
            (None, Some(generate)) => generated(entry, generate, diags),
            (None, None) => diags.push(
                Diagnostic::error("secrets/no-source", "a secret needs a place or a way to be made")
                    .at(entry.at(&route![]), "has neither `existing` nor `generate`")
                    .note("the value itself is never written into a definition")
                    .help("write `existing: { secrets-manager: <name> }`, or `generate: {}`"),
            ),
            (Some(_), Some(_)) => diags.push(
                Diagnostic::error("secrets/two-sources", "a secret that exists is not generated")
                    .at(entry.at(&route!["generate"]), "makes a new one")
                    .also(entry.at(&route!["existing"]), "refers to one")
                    .help("remove one of the two"),
            ),
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        let Some(generate) = &entry.spec().generate else { return };
        let key = entry.key_of(&generate.encryption);
        if generate.encryption == Encryption::Kms {
            let properties = object! {
                "Description" => format!("Secret {}", entry.full_name()),
                "EnableKeyRotation" => true,
                "KeyPolicy" => account_key_policy(),
            };
            cx.add(entry.resource("Key", "AWS::KMS::Key", properties).retain());
        }
        let replicas: Vec<Expr> =
            generate.replicas.iter().map(|region| object! { "Region" => region.to_string() }).collect();
        let properties = object! {
            "Description" => format!("Secret {}", entry.full_name()),
            "GenerateSecretString" => generator(generate),
            "KmsKeyId" => key,
            "ReplicaRegions" => (!replicas.is_empty()).then_some(replicas),
        };
        cx.add(entry.resource("", "AWS::SecretsManager::Secret", properties).retain());
    }
}

impl Bound<'_, Secret> {
    /// Returns which service keeps the secret.
    pub fn store(&self) -> Store {
        match &self.existing {
            Some(Existing::SsmParameter(_)) => Store::SsmParameter,
            Some(Existing::SecretsManager(_)) | None => Store::SecretsManager,
        }
    }

    /// Returns the secret's ARN; that of an existing one which is given by name lacks the random suffix, which the API
    /// takes all the same.
    ///
    /// Source: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html> (from memory).
    pub fn arn(&self) -> Expr {
        match &self.spec().existing {
            None => self.handle("").reference(),
            Some(Existing::SecretsManager(id) | Existing::SsmParameter(id)) if id.starts_with("arn:") => id.into(),
            Some(Existing::SecretsManager(name)) => self.named("secretsmanager", format!("secret:{name}")),
            Some(Existing::SsmParameter(name)) => {
                self.named("ssm", format!("parameter/{}", name.trim_start_matches('/')))
            }
        }
    }

    /// Returns what the service's API calls the secret: the name or ARN as it was given.
    pub fn secret_id(&self) -> Expr {
        match &self.spec().existing {
            None => self.handle("").reference(),
            Some(Existing::SecretsManager(id) | Existing::SsmParameter(id)) => id.into(),
        }
    }

    /// Returns the keys of the value; none where it is no JSON object.
    pub fn json_keys(&self) -> Vec<&str> {
        let generate = self.spec().generate.iter();
        let generated = generate.flat_map(|generate| generate.key.iter().chain(generate.template.keys()));
        generated.chain(&self.spec().keys).map(String::as_str).collect()
    }

    /// Returns whether the secret is generated as plain text, without keys.
    pub(super) fn generated_text(&self) -> bool {
        self.generate.as_ref().is_some_and(|generate| generate.key.is_none())
    }

    /// Returns what a reader must be allowed.
    ///
    /// Source: <https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html> (from
    /// memory): the six `?` stand for the random suffix of a secret's ARN.
    pub fn read_statements(&self) -> Vec<Statement> {
        let access = match &self.spec().existing {
            Some(Existing::SsmParameter(_)) => Statement::allow(["ssm:GetParameter", "ssm:GetParameters"], self.arn()),
            Some(Existing::SecretsManager(id)) if !id.starts_with("arn:") => read(text![self.arn(), "-??????"]),
            Some(Existing::SecretsManager(_)) | None => read(self.arn()),
        };
        let key = self.generate.as_ref().and_then(|generate| self.key_of(&generate.encryption));
        let key = key.or_else(|| Some(self.kms_key.as_ref()?.to_string().into()));
        [Some(access), key.map(|key| Statement::allow(["kms:Decrypt"], key))].into_iter().flatten().collect()
    }

    fn named(&self, service: &'static str, resource: String) -> Expr {
        let region = self.region().to_string();
        text!["arn:", Pseudo::Partition, ":", service, ":", region, ":", Pseudo::AccountId, ":", resource]
    }
}

fn read(secret: Expr) -> Statement {
    Statement::allow(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], secret)
}

fn existing(entry: Bound<'_, Secret>, place: &Existing, diags: &mut Diagnostics) {
    let (key, service, id, extra) = match place {
        Existing::SecretsManager(id) => ("secrets-manager", "secretsmanager", id, "/_+=.@-"),
        Existing::SsmParameter(id) => ("ssm-parameter", "ssm", id, "/_.-"),
    };
    let at = || entry.at(&route!["existing", key]);
    if id.starts_with("arn:") {
        return foreign(entry, id, service, at(), diags);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || extra.contains(c);
    if id.is_empty() || id.len() > secrets_manager::NAME_LEN || !id.chars().all(plain) {
        diags.push(
            Diagnostic::error("secrets/bad-name", "this cannot be the name of a secret")
                // Somebody may have written the value itself here.
                .at(at().hidden(), format!("letters, digits and {extra} make a name"))
                .note("give the name under which the value lies, never the value itself"),
        );
    }
}

fn foreign(entry: Bound<'_, Secret>, id: &str, service: &str, at: At, diags: &mut Diagnostics) {
    match id.parse::<Arn>() {
        Err(error) => diags.push(Diagnostic::error("secrets/bad-arn", error.to_string()).at(at, "not an ARN")),
        Ok(arn) if arn.service() != service => {
            let title = format!("an ARN of `{}` is no secret of `{service}`", arn.service());
            diags.push(Diagnostic::error("secrets/bad-arn", title).at(at, "of another service"));
        }
        Ok(arn) if arn.region().is_some_and(|region| region != *entry.region()) => diags.push(
            Diagnostic::error("secrets/other-region", "a secret is read in the region of its stack")
                .at(at, format!("lives elsewhere than in {}", entry.region()))
                .note("pods read through the endpoint of their own region")
                .help("replicate the secret and name the replica, or put the entry into a stack of its region"),
        ),
        Ok(_) => {}
    }
}

fn generated(entry: Bound<'_, Secret>, generate: &Generate, diags: &mut Diagnostics) {
    let length = (secrets_manager::PASSWORD_LEN, SOURCE);
    check::bounds(entry, diags, &route!["generate", "length"], generate.length, length);
    if !generate.template.is_empty() && generate.key.is_none() {
        diags.push(
            Diagnostic::error("secrets/no-key", "the random value has no place in the object")
                .at(entry.at(&route!["generate", "template"]), "an object without the random value")
                .help("add `key: password`"),
        );
    }
    for (key, value) in &generate.template {
        let at = entry.at(&route!["generate", "template", key.as_str()]);
        if generate.key.as_ref() == Some(key) {
            let title = format!("`{key}` is both the random value and a literal");
            diags.push(Diagnostic::error("secrets/key-twice", title).at(at, "would be overwritten"));
        } else {
            diags.extend(check::secret_literal(key, value, at));
        }
    }
    if generate.encryption != Encryption::Managed && !generate.replicas.is_empty() {
        diags.push(
            Diagnostic::error("secrets/regional-key", "a customer managed key does not leave its region")
                .at(entry.at(&route!["generate", "replicas"]), "copies in other regions")
                .also(entry.at(&route!["generate", "encryption"]), "a key of this region")
                .help("use `encryption: managed`, which takes the service's own key in each region"),
        );
    }
    for (index, region) in generate.replicas.iter().enumerate().filter(|(_, region)| *region == entry.region()) {
        let at = entry.at(&route!["generate", "replicas", index]);
        let title = format!("the secret itself is in {region}");
        diags.push(Diagnostic::error("secrets/replica-at-home", title).at(at, "no other region"));
    }
    if entry.kms_key.is_some() {
        diags.push(
            Diagnostic::error("secrets/key-of-generated", "`kms-key` tells the key of a secret that exists")
                .at(entry.at(&route!["kms-key"]), "this secret is generated")
                .help("use `generate: { encryption: kms }`"),
        );
    }
}

pub(super) fn generator(generate: &Generate) -> Expr {
    let template: Object = generate.template.iter().map(|(key, value)| (key.clone(), Expr::from(value))).collect();
    let template = generate.key.as_ref().and_then(|_| serde_json::to_string(&template).ok());
    object! {
        "PasswordLength" => generate.length,
        "ExcludePunctuation" => (!generate.punctuation).then_some(true),
        "ExcludeCharacters" => (!generate.exclude.is_empty()).then_some(&generate.exclude),
        "GenerateStringKey" => generate.key.as_ref(),
        "SecretStringTemplate" => template,
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::kinds::testing::{properties, report, template};

    #[test]
    fn a_generated_secret_is_kept() {
        let yaml = "secrets: { orders-user: { generate: { key: password, template: { username: orders } } } }";
        assert_eq!(template(yaml)["Resources"]["SecretOrdersUser"]["DeletionPolicy"], "Retain");
        assert_snapshot!(properties(yaml, "SecretOrdersUser"), @r#"
        Description: Secret shop-dev-orders-user
        GenerateSecretString:
          PasswordLength: 32
          ExcludePunctuation: true
          GenerateStringKey: password
          SecretStringTemplate: '{"username":"orders"}'
        "#);
    }

    #[test]
    fn an_existing_secret_makes_nothing() {
        let yaml = "
queues: { a: {} }
secrets: { token: { existing: { ssm-parameter: /shop/token } } }
";
        assert!(!template(yaml).to_string().contains("Secret"));
    }

    #[test]
    fn a_value_is_never_written_down() {
        let yaml = "
secrets:
  a: { generate: { key: token, template: { password: hunter2 } } }
  b: { existing: { secrets-manager: 'correct horse battery staple' } }
";
        let text = report(yaml);
        assert!(!text.contains("hunter2"), "{text}");
        assert_snapshot!(text, @r"
        kinds/secret-literal: `password` looks like a secret <- a literal; it is not shown here
        secrets/bad-name: this cannot be the name of a secret <- letters, digits and /_+=.@- make a name
        ");
    }

    #[test]
    fn one_source_is_needed() {
        let yaml = "
secrets:
  a: {}
  b: { generate: {}, existing: { ssm-parameter: /b } }
  c: { existing: { secrets-manager: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:c-AbCdEf' } }
  d: { existing: { ssm-parameter: 'arn:aws:sqs:eu-west-1:111122223333:d' } }
";
        assert_snapshot!(report(yaml), @r"
        secrets/no-source: a secret needs a place or a way to be made <- `a` has neither `existing` nor `generate`
        secrets/two-sources: a secret that exists is not generated <- `generate` makes a new one
        secrets/other-region: a secret is read in the region of its stack <- `'arn:aws:secretsmanager:us-east-1:111122223333:secret:c-AbCdEf'` lives elsewhere than in eu-west-1
        secrets/bad-arn: an ARN of `sqs` is no secret of `ssm` <- `'arn:aws:sqs:eu-west-1:111122223333:d'` of another service
        ");
    }

    #[test]
    fn copies_need_other_regions_and_a_managed_key() {
        let yaml = "secrets: { a: { generate: { length: 2, encryption: kms, replicas: [eu-west-1, eu-central-1] } } }";
        assert_snapshot!(report(yaml), @r"
        kinds/out-of-range: `length` must be from 4 to 4096 <- `2` 2 is outside
        secrets/regional-key: a customer managed key does not leave its region <- `replicas` copies in other regions
        secrets/replica-at-home: the secret itself is in eu-west-1 <- `eu-west-1` no other region
        ");
    }
}
