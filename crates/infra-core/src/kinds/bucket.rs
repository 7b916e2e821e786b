//! S3 buckets: private, encrypted, with lifecycle rules and CORS.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::queue::{Encryption, account_key_policy};
use super::existing::{self, Given};
use super::{Field, Function, Kind, Queue, check, field};
use crate::artifacts::{Expr, Policy, Pseudo, Statement};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::s3;
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::{Name, Seconds};
use crate::resolve::Bound;
use crate::route;

/// The page that says what a lifecycle rule may hold.
const SOURCE: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html";

/// An S3 bucket that nobody outside the account can be given access to; it stays when it leaves the definition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Bucket {
    /// The bucket that exists; without it one is made.
    pub existing: Option<ExistingBucket>,
    /// Encryption of the objects at rest.
    pub encryption: Encryption,
    /// Whether overwritten and deleted objects are kept as earlier versions.
    pub versioning: bool,
    /// When objects go, by a name of your choice.
    pub lifecycle: BTreeMap<Name, Lifecycle>,
    /// After how long the parts of an unfinished upload are deleted. 1 day or more.
    pub abort_uploads_after_days: u32,
    /// What pages of other origins may do with the bucket from a browser. At most 100 rules.
    pub cors: Vec<Cors>,
    /// The queues whose messages point to objects here: no object may expire while a message can still be received.
    pub payloads_of: Vec<Ref<Queue>>,
}

/// A bucket that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExistingBucket {
    /// Its name.
    pub name: Given,
    /// ARN of the customer managed key that encrypts its objects, if there is one; readers and writers may then use it.
    #[serde(default)]
    pub kms_key: Option<Given>,
}

impl ExistingBucket {
    /// Stands for a bucket by its name.
    pub fn new(name: impl Into<Given>) -> Self {
        Self { name: name.into(), kms_key: None }
    }
}

/// When objects go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Lifecycle {
    /// Start of the objects' keys; empty for all objects.
    pub prefix: String,
    /// Age at which an object is deleted. 1 day or more.
    pub expire_days: Option<u32>,
    /// How long an earlier version is kept. 1 day or more.
    pub earlier_versions_days: Option<u32>,
    /// Ages at which an object moves to a cheaper storage class.
    pub move_to: BTreeMap<StorageClass, u32>,
}

/// A storage class that objects move to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StorageClass {
    /// Moves by itself between frequent and infrequent access.
    IntelligentTiering,
    /// Rarely read, at once; from 30 days of age.
    StandardIa,
    /// An archive that is read at once.
    GlacierInstant,
    /// An archive that is read within hours.
    GlacierFlexible,
    /// An archive that is read within a day.
    DeepArchive,
}

/// What pages of other origins may do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cors {
    /// The origins, such as `https://www.example.com`.
    pub origins: Vec<String>,
    /// The methods.
    pub methods: Vec<Method>,
    /// Request headers that they may send.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Response headers that they may read.
    #[serde(default)]
    pub expose: Vec<String>,
    /// How long a browser may remember this. Unit: seconds.
    #[serde(default = "hour")]
    pub max_age: Seconds,
}

/// A method of HTTP that S3 offers to browsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads an object.
    Get,
    /// Reads the headers of an object.
    Head,
    /// Writes an object.
    Put,
    /// Uploads from a form.
    Post,
    /// Deletes an object.
    Delete,
}

impl Default for Bucket {
    fn default() -> Self {
        Self {
            existing: None,
            encryption: Encryption::default(),
            versioning: true,
            lifecycle: BTreeMap::new(),
            abort_uploads_after_days: 7,
            cors: Vec::new(),
            payloads_of: Vec::new(),
        }
    }
}

fn hour() -> Seconds {
    Seconds::new(3_600)
}

impl StorageClass {
    fn as_str(self) -> &'static str {
        match self {
            Self::IntelligentTiering => "INTELLIGENT_TIERING",
            Self::StandardIa => "STANDARD_IA",
            Self::GlacierInstant => "GLACIER_IR",
            Self::GlacierFlexible => "GLACIER",
            Self::DeepArchive => "DEEP_ARCHIVE",
        }
    }
}

impl Method {
    fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

impl Kind for Bucket {
    const SECTION: &'static str = "buckets";
    const NOUN: &'static str = "bucket";
    const PREFIX: &'static str = "Bucket";
    const EXAMPLE: &'static str = "
buckets:
  payloads:
    payloads-of: [payment]
    lifecycle:
      old: { expire-days: 30, earlier-versions-days: 7 }
  exports:
    encryption: kms
    cors:
      - origins: ['https://www.${env.domain}']
        methods: [GET]
queues:
  payment: {}
";

    const FIELDS: &'static [Field] = &[
        field("", "BucketEncryption", "encryption"),
        field("", "CorsConfiguration", "cors"),
        field("", "LifecycleConfiguration", "lifecycle"),
        field("", "VersioningConfiguration", "versioning"),
    ];

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        if let Some(bucket) = &entry.spec().existing {
            existing::only(entry, diags, &[]);
            existing::starts(entry, diags, &route!["existing", "name"], &bucket.name, "");
            if let Some(key) = &bucket.kms_key {
                existing::starts(entry, diags, &route!["existing", "kms-key"], key, "arn:");
            }
        }
        let days = (s3::LIFECYCLE_DAYS, SOURCE);
        check::bounds(entry, diags, &route!["abort-uploads-after-days"], entry.abort_uploads_after_days, days);
        for (name, rule) in &entry.spec().lifecycle {
            lifecycle(entry, name, rule, diags);
        }
        for (index, queue) in entry.spec().payloads_of.iter().enumerate() {
            payloads(entry, index, entry.follow(queue), diags);
        }
        if entry.cors.len() > s3::CORS_RULES {
            let title = format!("a bucket has at most {} CORS rules", s3::CORS_RULES);
            let at = entry.at(&route!["cors"]);
            diags.push(Diagnostic::error("buckets/too-many-cors-rules", title).at(at, entry.cors.len().to_string()));
        }
        for (index, rule) in entry.spec().cors.iter().enumerate() {
            cors(entry, index, rule, diags);
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        if entry.existing.is_some() {
            return;
        }
        if entry.encryption == Encryption::Kms {
            let properties = object! {
                "Description" => format!("Objects of bucket {}", entry.full_name()),
                "EnableKeyRotation" => true,
                "KeyPolicy" => account_key_policy(),
            };
            cx.add(entry.resource("Key", "AWS::KMS::Key", properties).retain());
        }
        cx.add(entry.resource("", "AWS::S3::Bucket", properties(entry)).retain());
        let policy = object! { "Bucket" => entry.bucket_name(), "PolicyDocument" => policy(entry) };
        cx.add(entry.resource("Policy", "AWS::S3::BucketPolicy", policy));
    }
}

impl Bound<'_, Bucket> {
    /// Returns the bucket's ARN.
    pub fn arn(&self) -> Expr {
        match &self.existing {
            Some(bucket) => text!["arn:", Pseudo::Partition, ":s3:::", self.given(&bucket.name)],
            None => self.handle("").arn(),
        }
    }

    /// Returns the bucket's name.
    pub fn bucket_name(&self) -> Expr {
        match &self.existing {
            Some(bucket) => self.given(&bucket.name),
            None => self.handle("").reference(),
        }
    }

    /// Returns what a reader must be allowed; listing too, so that a missing object is a 404 and not a 403.
    pub fn read_statements(&self) -> Vec<Statement> {
        let mut statements = vec![
            Statement::allow(["s3:GetObject"], self.objects()),
            Statement::allow(["s3:ListBucket"], self.arn()),
        ];
        statements.extend(self.key_arn().map(|key| Statement::allow(["kms:Decrypt"], key)));
        statements
    }

    /// Returns what a writer must be allowed; deleting included.
    ///
    /// Parts of an upload are decrypted when they are put together.
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html> (from memory).
    pub fn write_statements(&self) -> Vec<Statement> {
        const ACTIONS: [&str; 3] = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"];
        let mut statements = vec![Statement::allow(ACTIONS, self.objects())];
        statements.extend(self.key_arn().map(|key| Statement::allow(["kms:Decrypt", "kms:GenerateDataKey"], key)));
        statements
    }

    /// Returns the ARN of the customer managed key, if there is one.
    pub fn key_arn(&self) -> Option<Expr> {
        if let Some(bucket) = &self.existing {
            return bucket.kms_key.as_ref().map(|key| self.given(key));
        }
        self.key_of(&self.encryption)
    }

    fn objects(&self) -> Expr {
        text![self.arn(), "/*"]
    }
}

fn lifecycle(entry: Bound<'_, Bucket>, name: &Name, rule: &Lifecycle, diags: &mut Diagnostics) {
    let at = |key: &'static str| route!["lifecycle", name.as_str(), key];
    let days = (s3::LIFECYCLE_DAYS, SOURCE);
    for (key, value) in [("expire-days", rule.expire_days), ("earlier-versions-days", rule.earlier_versions_days)] {
        value.into_iter().for_each(|value| check::bounds(entry, diags, &at(key), value, days));
    }
    if rule.expire_days.is_none() && rule.earlier_versions_days.is_none() && rule.move_to.is_empty() {
        diags.push(
            Diagnostic::error("buckets/empty-rule", format!("lifecycle rule `{name}` does nothing"))
                .at(entry.at(&route!["lifecycle", name.as_str()]), "no age is given")
                .help("set `expire-days`, `earlier-versions-days` or `move-to`"),
        );
    }
    if rule.earlier_versions_days.is_some() && !entry.versioning {
        diags.push(
            Diagnostic::error("buckets/no-versions", "a bucket without versioning has no earlier versions")
                .at(entry.at(&at("earlier-versions-days")), "about earlier versions")
                .also(entry.at(&route!["versioning"]), "turned off"),
        );
    }
    for (class, age) in &rule.move_to {
        if *class == StorageClass::StandardIa && *age < s3::INFREQUENT_ACCESS_DAYS {
            let title = format!("objects move to `standard-ia` from an age of {} days", s3::INFREQUENT_ACCESS_DAYS);
            diags.push(
                Diagnostic::error("buckets/move-too-early", title)
                    .at(entry.at(&at("move-to")), format!("moved at {age} days"))
                    .note(format!("S3 refuses the rule: {SOURCE}")),
            );
        }
        if let Some(expiry) = rule.expire_days.filter(|expiry| age >= expiry) {
            diags.push(
                Diagnostic::error("buckets/moved-after-expiry", "objects expire before they move")
                    .at(entry.at(&at("move-to")), format!("moved at {age} days"))
                    .also(entry.at(&at("expire-days")), format!("deleted at {expiry} days"))
                    .note(format!("S3 refuses the rule: {SOURCE}")),
            );
        }
    }
}

/// A message may be received as long as its queue keeps it, then again as long as the dead-letter queue does.
fn payloads(entry: Bound<'_, Bucket>, index: usize, queue: Bound<'_, Queue>, diags: &mut Diagnostics) {
    const DAY: u32 = 86_400;
    let kept = queue.dead_letter_queue().is_some();
    let dead = if kept { queue.dead_letter.retention } else { Seconds::new(0) };
    let needed = queue.retention.saturating_add(dead).get().div_ceil(DAY);
    for (name, rule) in &entry.spec().lifecycle {
        let Some(expiry) = rule.expire_days.filter(|expiry| *expiry < needed) else { continue };
        diags.push(
            Diagnostic::error("buckets/payload-expires", "objects expire before the messages that point to them")
                .at(entry.at(&route!["lifecycle", name.as_str(), "expire-days"]), format!("deleted at {expiry} days"))
                .also(entry.at(&route!["payloads-of", index]), format!("messages are received for up to {needed} days"))
                .note("a message that is replayed from the dead-letter queue would find its payload gone")
                .help(format!("keep objects {needed} days or longer")),
        );
    }
}

fn cors(entry: Bound<'_, Bucket>, index: usize, rule: &Cors, diags: &mut Diagnostics) {
    for (key, empty) in [("origins", rule.origins.is_empty()), ("methods", rule.methods.is_empty())] {
        if empty {
            let title = format!("a CORS rule needs `{key}`");
            diags.push(Diagnostic::error("buckets/empty-cors", title).at(entry.at(&route!["cors", index, key]), "empty"));
        }
    }
    for (position, origin) in rule.origins.iter().enumerate() {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        if host.is_some_and(|host| !host.is_empty() && !host.contains('/')) {
            continue;
        }
        diags.push(
            Diagnostic::error("buckets/bad-origin", format!("`{origin}` is no origin"))
                .at(entry.at(&route!["cors", index, "origins", position]), "browsers send scheme and host, no path")
                .help("write it as `https://www.example.com`"),
        );
    }
}

fn properties(entry: Bound<'_, Bucket>) -> Expr {
    let encryption = match entry.key_arn() {
        None => object! { "ServerSideEncryptionByDefault" => object! { "SSEAlgorithm" => "AES256" } },
        Some(key) => object! {
            "ServerSideEncryptionByDefault" => object! { "SSEAlgorithm" => "aws:kms", "KMSMasterKeyID" => key },
            "BucketKeyEnabled" => true,
        },
    };
    let cors: Vec<Expr> = entry.cors.iter().map(cors_rule).collect();
    let tells = entry.referrers::<Function>().iter().any(|function| function.is_told_of(entry));
    object! {
        "PublicAccessBlockConfiguration" => object! {
            "BlockPublicAcls" => true,
            "BlockPublicPolicy" => true,
            "IgnorePublicAcls" => true,
            "RestrictPublicBuckets" => true,
        },
        "OwnershipControls" => object! { "Rules" => list![object! { "ObjectOwnership" => "BucketOwnerEnforced" }] },
        "BucketEncryption" => object! { "ServerSideEncryptionConfiguration" => list![encryption] },
        "VersioningConfiguration" => entry.versioning.then(|| object! { "Status" => "Enabled" }),
        "LifecycleConfiguration" => object! { "Rules" => lifecycle_rules(entry) },
        "NotificationConfiguration" => tells.then(|| {
            object! { "EventBridgeConfiguration" => object! { "EventBridgeEnabled" => true } }
        }),
        "CorsConfiguration" => (!cors.is_empty()).then(|| object! { "CorsRules" => cors.clone() }),
    }
}

fn lifecycle_rules(entry: Bound<'_, Bucket>) -> Expr {
    let abort = object! {
        "Id" => "unfinished-uploads",
        "Status" => "Enabled",
        "AbortIncompleteMultipartUpload" => object! { "DaysAfterInitiation" => entry.abort_uploads_after_days },
    };
    let own = entry.spec().lifecycle.iter().map(|(name, rule)| {
        let mut moves: Vec<(u32, StorageClass)> = rule.move_to.iter().map(|(class, age)| (*age, *class)).collect();
        moves.sort_unstable();
        let moves: Vec<Expr> = moves
            .into_iter()
            .map(|(age, class)| object! { "StorageClass" => class.as_str(), "TransitionInDays" => age })
            .collect();
        object! {
            "Id" => name.to_string(),
            "Status" => "Enabled",
            "Prefix" => (!rule.prefix.is_empty()).then_some(&rule.prefix),
            "ExpirationInDays" => rule.expire_days,
            "NoncurrentVersionExpiration" => rule.earlier_versions_days.map(|days| object! { "NoncurrentDays" => days }),
            "Transitions" => (!moves.is_empty()).then_some(moves),
        }
    });
    std::iter::once(abort).chain(own).collect()
}

fn cors_rule(rule: &Cors) -> Expr {
    let texts = |texts: &[String]| (!texts.is_empty()).then(|| texts.iter().collect::<Expr>());
    object! {
        "AllowedOrigins" => texts(&rule.origins),
        "AllowedMethods" => rule.methods.iter().map(|method| method.as_str()).collect::<Expr>(),
        "AllowedHeaders" => texts(&rule.headers),
        "ExposedHeaders" => texts(&rule.expose),
        "MaxAge" => rule.max_age.get(),
    }
}

/// Encrypted connections only, of TLS 1.2 or later.
fn policy(entry: Bound<'_, Bucket>) -> Policy {
    let all = || list![entry.arn(), entry.objects()];
    let deny = |sid: &'static str| Statement::deny(["s3:*"], all()).sid(sid).principal("*".into());
    Policy::default()
        .with(deny("OnlyEncrypted").when("Bool", "aws:SecureTransport", "false"))
        .with(deny("OnlyModernTls").when("NumericLessThan", "s3:TlsVersion", "1.2"))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::kinds::testing::{properties, report, template};

    #[test]
    fn a_bucket_is_private_encrypted_and_kept() {
        let yaml = "buckets: { payloads: {} }";
        assert_eq!(template(yaml)["Resources"]["BucketPayloads"]["DeletionPolicy"], "Retain");
        assert_snapshot!(properties(yaml, "BucketPayloads"), @r"
        PublicAccessBlockConfiguration:
          BlockPublicAcls: true
          BlockPublicPolicy: true
          IgnorePublicAcls: true
          RestrictPublicBuckets: true
        OwnershipControls:
          Rules:
          - ObjectOwnership: BucketOwnerEnforced
        BucketEncryption:
          ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault:
              SSEAlgorithm: AES256
        VersioningConfiguration:
          Status: Enabled
        LifecycleConfiguration:
          Rules:
          - Id: unfinished-uploads
            Status: Enabled
            AbortIncompleteMultipartUpload:
              DaysAfterInitiation: 7
        ");
    }

    #[test]
    fn only_encrypted_connections_are_let_in() {
        assert_snapshot!(properties("buckets: { payloads: {} }", "BucketPayloadsPolicy"), @r"
        Bucket:
          Ref: BucketPayloads
        PolicyDocument:
          Version: 2012-10-17
          Statement:
          - Effect: Deny
            Action: s3:*
            Resource:
            - Fn::GetAtt:
              - BucketPayloads
              - Arn
            - Fn::Sub: ${BucketPayloads.Arn}/*
            Sid: OnlyEncrypted
            Principal: '*'
            Condition:
              Bool:
                aws:SecureTransport: 'false'
          - Effect: Deny
            Action: s3:*
            Resource:
            - Fn::GetAtt:
              - BucketPayloads
              - Arn
            - Fn::Sub: ${BucketPayloads.Arn}/*
            Sid: OnlyModernTls
            Principal: '*'
            Condition:
              NumericLessThan:
                s3:TlsVersion: '1.2'
        ");
    }

    #[test]
    fn lifecycle_rules_and_cors_are_spelled_out() {
        let yaml = "
buckets:
  exports:
    encryption: kms
    lifecycle:
      old: { prefix: reports/, expire-days: 400, earlier-versions-days: 7, move-to: { glacier-instant: 90, standard-ia: 30 } }
    cors: [{ origins: ['https://www.example.com'], methods: [GET, PUT], headers: [content-type] }]
";
        let text = properties(yaml, "BucketExports");
        let (_, tail) = text.split_once("BucketEncryption").unwrap();
        assert_snapshot!(tail, @r"
        :
          ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault:
              SSEAlgorithm: aws:kms
              KMSMasterKeyID:
                Fn::GetAtt:
                - BucketExportsKey
                - Arn
            BucketKeyEnabled: true
        VersioningConfiguration:
          Status: Enabled
        LifecycleConfiguration:
          Rules:
          - Id: unfinished-uploads
            Status: Enabled
            AbortIncompleteMultipartUpload:
              DaysAfterInitiation: 7
          - Id: old
            Status: Enabled
            Prefix: reports/
            ExpirationInDays: 400
            NoncurrentVersionExpiration:
              NoncurrentDays: 7
            Transitions:
            - StorageClass: STANDARD_IA
              TransitionInDays: 30
            - StorageClass: GLACIER_IR
              TransitionInDays: 90
        CorsConfiguration:
          CorsRules:
          - AllowedOrigins:
            - https://www.example.com
            AllowedMethods:
            - GET
            - PUT
            AllowedHeaders:
            - content-type
            MaxAge: 3600
        ");
    }

    #[test]
    fn payloads_outlive_the_messages_that_point_to_them() {
        let yaml = "
buckets: { payloads: { payloads-of: [payment], lifecycle: { old: { expire-days: 7 } } } }
queues: { payment: {} }
";
        assert_snapshot!(report(yaml), @"buckets/payload-expires: objects expire before the messages that point to them <- `7` deleted at 7 days");
    }

    #[test]
    fn rules_that_s3_would_refuse_are_found() {
        let yaml = "
buckets:
  exports:
    versioning: false
    abort-uploads-after-days: 0
    lifecycle:
      nothing: {}
      old: { expire-days: 20, earlier-versions-days: 3, move-to: { standard-ia: 20 } }
    cors: [{ origins: ['www.example.com/app'], methods: [] }]
";
        assert_snapshot!(report(yaml), @r"
        kinds/out-of-range: `abort-uploads-after-days` must be from 1 to 36500 <- `0` 0 is outside
        buckets/empty-rule: lifecycle rule `nothing` does nothing <- `nothing` no age is given
        buckets/no-versions: a bucket without versioning has no earlier versions <- `3` about earlier versions
        buckets/move-too-early: objects move to `standard-ia` from an age of 30 days <- `move-to` moved at 20 days
        buckets/moved-after-expiry: objects expire before they move <- `move-to` moved at 20 days
        buckets/bad-origin: `www.example.com/app` is no origin <- `'www.example.com/app'` browsers send scheme and host, no path
        buckets/empty-cors: a CORS rule needs `methods` <- `methods` empty
        ");
    }
}
