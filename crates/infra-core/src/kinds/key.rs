//! Keys of KMS that entries share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::existing::{self, Given};
use super::queue::account_key_policy;
use super::{Kind, Queue, Topic, check};
use crate::artifacts::{Expr, Policy, Statement};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::kms;
use crate::lower::Lowering;
use crate::resolve::Bound;
use crate::route;
use crate::source::Route;

/// The page that gives the ranges of a key.
const SOURCE: &str = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html";

/// A customer managed key of KMS that entries share: `encryption: { key: <name> }`.
///
/// IAM policies of the account decide who uses it; what services need beyond that, such as SNS to deliver into an encrypted
/// queue, follows from the entries that name the key. It stays in the account when it leaves the definition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Key {
    /// The key that exists; without it one is made.
    pub existing: Option<ExistingKey>,
    /// What it is for.
    pub description: Option<String>,
    /// How often it gets new key material, while data that was encrypted before stays readable. 90 to 2,560 days.
    pub rotation_days: u32,
    /// How long a deletion can be taken back. 7 to 30 days.
    pub deletion_days: u32,
}

/// A key that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExistingKey {
    /// Its ARN; not that of an alias, which no permission can name.
    pub arn: Given,
}

impl Default for Key {
    fn default() -> Self {
        Self { existing: None, description: None, rotation_days: 365, deletion_days: 30 }
    }
}

impl Key {
    /// Stands for a key by its ARN.
    pub fn existing(arn: impl Into<Given>) -> Self {
        Self { existing: Some(ExistingKey { arn: arn.into() }), ..Self::default() }
    }
}

impl Kind for Key {
    const SECTION: &'static str = "keys";
    const NOUN: &'static str = "key";
    const PREFIX: &'static str = "Key";
    const EXAMPLE: &'static str = "
keys:
  orders: { description: What customers order }
queues:
  orders: { encryption: { key: orders } }
topics:
  orders:
    encryption: { key: orders }
    subscriptions: { orders: { queue: orders } }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        if let Some(key) = &entry.spec().existing {
            existing::only(entry, diags, &[]);
            existing::starts(entry, diags, &route!["existing", "arn"], &key.arn, "arn:");
            alias(entry, key, diags);
        }
        check::bounds(entry, diags, &route!["rotation-days"], entry.rotation_days, (kms::ROTATION_DAYS, SOURCE));
        check::bounds(entry, diags, &route!["deletion-days"], entry.deletion_days, (kms::DELETION_DAYS, SOURCE));
        regions(entry, diags);
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        if entry.existing.is_some() {
            let uses = entry.uses();
            if !uses.is_empty() {
                let policy = uses.into_iter().fold(Policy::default(), Policy::with);
                cx.owner_must(entry.id, "let services use it, in the policy of the key", entry.arn(), policy);
            }
            return;
        }
        let description = entry.description.clone().unwrap_or_else(|| format!("Key {}", entry.full_name()));
        let properties = object! {
            "Description" => description,
            "EnableKeyRotation" => true,
            "RotationPeriodInDays" => (entry.rotation_days != 365).then_some(entry.rotation_days),
            "PendingWindowInDays" => (entry.deletion_days != 30).then_some(entry.deletion_days),
            "KeyPolicy" => entry.uses().into_iter().fold(account_key_policy(), Policy::with),
        };
        cx.add(entry.resource("", "AWS::KMS::Key", properties).retain());
        let alias = object! { "AliasName" => format!("alias/{}", entry.full_name()), "TargetKeyId" => entry.arn() };
        cx.add(entry.resource("Alias", "AWS::KMS::Alias", alias));
    }
}

impl Bound<'_, Key> {
    /// Returns the key's ARN.
    pub fn arn(&self) -> Expr {
        match &self.existing {
            Some(key) => self.given(&key.arn),
            None => self.handle("").arn(),
        }
    }

    /// Returns what services may do with the key, each once.
    fn uses(&self) -> Vec<Statement> {
        let queues = self.referrers::<Queue>().into_iter().flat_map(|queue| queue.key_uses());
        let topics = self.referrers::<Topic>().into_iter().flat_map(|topic| topic.key_uses());
        let mut uses: Vec<Statement> = Vec::new();
        for statement in queues.chain(topics) {
            if !uses.contains(&statement) {
                uses.push(statement);
            }
        }
        uses
    }
}

fn alias(entry: Bound<'_, Key>, key: &ExistingKey, diags: &mut Diagnostics) {
    if matches!(&key.arn, Given::Literal(arn) if arn.contains(":alias/")) {
        diags.push(
            Diagnostic::error("keys/alias", "permissions cannot name an alias")
                .at(entry.at(&route!["existing", "arn"]), "the ARN of an alias")
                .note("a statement on an alias allows what is done to the alias, not the use of its key")
                .help("write the ARN of the key: `aws kms describe-key --key-id <alias>` shows it"),
        );
    }
}

/// A key encrypts in its own region.
fn regions(entry: Bound<'_, Key>, diags: &mut Diagnostics) {
    for referral in entry.referrals() {
        let region = entry.world().home_region(referral.from.stack);
        if region == entry.region() {
            continue;
        }
        let at = entry.world().common(referral.from).1.locate(&Route(route!["encryption"].0));
        diags.push(
            Diagnostic::error("keys/other-region", "a key encrypts in its own region")
                .at(at, format!("this is in {region}, the key in {}", entry.region()))
                .also(entry.at(&route![]), "the key")
                .help(format!("name a key of a stack in {region}")),
        );
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::kinds::testing::{ids, properties, report, report_stacks, template};

    #[test]
    fn entries_share_a_key_that_lets_in_the_services_they_need() {
        let template = template(Key::EXAMPLE);
        assert_eq!(
            ids(&template),
            [
                "KeyOrders",
                "KeyOrdersAlias",
                "QueueOrdersDeadLetter",
                "QueueOrders",
                "QueueOrdersPolicy",
                "QueueOrdersDeadLetterPolicy",
                "TopicOrders",
                "TopicOrdersPolicy",
                "TopicOrdersToOrders"
            ]
        );
        let key = serde_json::json!({ "Fn::GetAtt": ["KeyOrders", "Arn"] });
        for id in ["QueueOrders", "QueueOrdersDeadLetter", "TopicOrders"] {
            let properties = &template["Resources"][id]["Properties"];
            assert_eq!(properties.get("KmsMasterKeyId").unwrap(), &key, "{id}");
        }
        let policy = properties(Key::EXAMPLE, "KeyOrders");
        assert_eq!(policy.matches("sns.amazonaws.com").count(), 1, "{policy}");
        assert!(properties("keys: { a: {} }\nqueues: { b: { encryption: { key: a } } }\n", "KeyA").matches("Sid").count() == 1);
    }

    #[test]
    fn buckets_tables_secrets_databases_and_caches_take_it_too() {
        let yaml = "
keys: { main: { rotation-days: 180, deletion-days: 7 } }
networks: { main: { cidr: 10.20.0.0/16 } }
buckets: { a: { encryption: { key: main } } }
tables: { a: { partition-key: { name: id }, encryption: { key: main } } }
secrets: { a: { generate: { encryption: { key: main } } } }
databases: { a: { network: main, encryption: { key: main } } }
caches: { a: { network: main, encryption: { key: main } } }
";
        let template = template(yaml);
        for id in ["BucketA", "TableA", "SecretA", "DatabaseA", "CacheA"] {
            assert!(template["Resources"][id].to_string().contains("KeyMain"), "{id}");
        }
        assert!(ids(&template).iter().all(|id| !id.ends_with("AKey")));
        let key = properties(yaml, "KeyMain");
        assert!(key.contains("RotationPeriodInDays: 180\nPendingWindowInDays: 7\n"), "{key}");
    }

    #[test]
    fn a_key_that_exists_is_named_and_its_owner_is_told() {
        let yaml = Key::EXAMPLE.replace(
            "orders: { description: What customers order }",
            "orders: { existing: { arn: 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000' } }",
        );
        let made = template(&yaml);
        assert!(made["Resources"]["QueueOrders"].to_string().contains(":key/0a1b2c3d"));
        assert!(report(&yaml).contains("existing/owner: the owner of key `orders` has to let services use it"));
        assert!(report(&yaml.replace(":key/0a1b2c3d-0000-4000-8000-000000000000", ":alias/orders")).contains("keys/alias"));
    }

    #[test]
    fn a_key_encrypts_in_its_region_and_within_its_ranges() {
        let keys = ("keys", "region: eu-central-1\nkeys: { main: { rotation-days: 89, deletion-days: 31 } }\n");
        let found = report_stacks(&[keys, ("queues", "queues: { a: { encryption: { key: keys.main } } }\n")]);
        assert_snapshot!(found, @r#"
        kinds/out-of-range: `rotation-days` must be from 90 to 2560 <- `89` of stacks/keys.yaml 89 is outside
        kinds/out-of-range: `deletion-days` must be from 7 to 30 <- `31` of stacks/keys.yaml 31 is outside
        keys/other-region: a key encrypts in its own region <- `encryption` of stacks/queues.yaml this is in eu-west-1, the key in eu-central-1 + `main` of stacks/keys.yaml the key
        "#);
    }
}
