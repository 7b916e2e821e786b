//! DynamoDB tables with their indexes, capacity and keys.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::queue::{Encryption, account_key_policy};
use super::existing::{self, Given};
use super::{Field, Kind, check, field};
use crate::artifacts::{Expr, Pseudo, Statement};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::dynamodb;
use crate::lower::Lowering;
use crate::names::Name;
use crate::resolve::Bound;
use crate::route;
use crate::source::Route;

/// The page that gives the limits of a table.
const SOURCE: &str = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html";

/// A DynamoDB table; it stays in the account when it leaves the definition.
///
/// Pods reach it through the network's gateway endpoint `dynamodb`, which networks have unless it is taken out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Table {
    /// The table that exists; without it one is made. Beside it, keys and `indexes` say how it is.
    #[serde(default)]
    pub existing: Option<ExistingTable>,
    /// The attribute that spreads the items. Cannot be changed later.
    pub partition_key: Key,
    /// The attribute that orders the items of one partition key. Cannot be changed later.
    #[serde(default)]
    pub sort_key: Option<Key>,
    /// How reads and writes are paid for.
    #[serde(default)]
    pub capacity: Capacity,
    /// The attribute, a number of seconds since 1970, after which an item may be deleted; what an idempotency table needs.
    #[serde(default)]
    pub ttl: Option<String>,
    /// Backups to any second.
    #[serde(default)]
    pub point_in_time_recovery: Recovery,
    /// Whether the table refuses to be deleted; as the environment is protected, if not set.
    #[serde(default)]
    pub deletion_protection: Option<bool>,
    /// What the table's stream of changes carries; without it there is none.
    #[serde(default)]
    pub stream: Option<Stream>,
    /// Global secondary indexes by name, which has 3 characters or more. At most 20.
    #[serde(default)]
    pub indexes: BTreeMap<Name, Index>,
    /// Encryption of the items at rest.
    #[serde(default)]
    pub encryption: Encryption,
}

/// A table that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExistingTable {
    /// Its name.
    pub name: Given,
    /// ARN of the customer managed key that encrypts its items, if there is one; readers and writers may then use it.
    #[serde(default)]
    pub kms_key: Option<Given>,
    /// ARN of its stream, if there is one; functions may then be told of its changes.
    #[serde(default)]
    pub stream: Option<Given>,
}

impl ExistingTable {
    /// Stands for a table by its name.
    pub fn new(name: impl Into<Given>) -> Self {
        Self { name: name.into(), kms_key: None, stream: None }
    }
}

/// A key attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Key {
    /// Name of the attribute. 1 to 255 bytes.
    pub name: String,
    /// Type of the attribute.
    #[serde(default, rename = "type")]
    pub kind: KeyType,
}

/// Type of a key attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyType {
    /// Text.
    #[default]
    String,
    /// A number.
    Number,
    /// Bytes.
    Binary,
}

/// How reads and writes are paid for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Capacity {
    /// By request; nothing to size.
    #[default]
    OnDemand,
    /// By reserved units that follow the load; indexes get the same bounds.
    Provisioned(Provisioned),
}

/// Reserved units that follow the load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Provisioned {
    /// Units for reading.
    pub read: Units,
    /// Units for writing.
    pub write: Units,
}

/// Bounds of one kind of units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Units {
    /// Fewest units, and how many there are at first. 1 to 40,000 a second.
    pub min: u32,
    /// Most units. 1 to 40,000 a second.
    pub max: u32,
    /// Part of the units that is to be in use. 20 to 90 per cent.
    pub target: u8,
}

/// Backups to any second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Recovery {
    /// Whether they are made.
    pub enabled: bool,
    /// How far back they go. 1 to 35 days.
    pub days: u8,
}

/// What a stream carries of each changed item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Its keys.
    KeysOnly,
    /// The item after the change.
    NewImage,
    /// The item before the change.
    OldImage,
    /// The item before and after the change.
    NewAndOldImages,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Index {
    /// The attribute that spreads the items.
    pub partition_key: Key,
    /// The attribute that orders the items of one partition key.
    #[serde(default)]
    pub sort_key: Option<Key>,
    /// What the index holds of each item.
    #[serde(default)]
    pub projection: Projection,
}

/// What an index holds of each item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Projection {
    /// All attributes.
    #[default]
    All,
    /// The keys of the index and the table.
    KeysOnly,
    /// The keys and these attributes. At most 100 over all indexes.
    Include(Vec<String>),
}

impl Default for Units {
    fn default() -> Self {
        Self { min: 1, max: 100, target: 70 }
    }
}

impl Default for Recovery {
    fn default() -> Self {
        Self { enabled: true, days: 35 }
    }
}

impl KeyType {
    fn as_str(self) -> &'static str {
        match self {
            Self::String => "S",
            Self::Number => "N",
            Self::Binary => "B",
        }
    }
}

impl Stream {
    fn as_str(self) -> &'static str {
        match self {
            Self::KeysOnly => "KEYS_ONLY",
            Self::NewImage => "NEW_IMAGE",
            Self::OldImage => "OLD_IMAGE",
            Self::NewAndOldImages => "NEW_AND_OLD_IMAGES",
        }
    }
}

impl Key {
    /// Makes a key attribute.
    pub fn new(name: impl Into<String>, kind: KeyType) -> Self {
        Self { name: name.into(), kind }
    }
}

impl Table {
    /// Starts a table that is paid by request and can be recovered.
    pub fn new(partition_key: Key) -> Self {
        Self {
            existing: None,
            partition_key,
            sort_key: None,
            capacity: Capacity::default(),
            ttl: None,
            point_in_time_recovery: Recovery::default(),
            deletion_protection: None,
            stream: None,
            indexes: BTreeMap::new(),
            encryption: Encryption::default(),
        }
    }

    /// Returns every use of a key attribute and where it is written.
    fn keys(&self) -> Vec<(Route, &Key)> {
        let own = [(route!["partition-key"], Some(&self.partition_key)), (route!["sort-key"], self.sort_key.as_ref())];
        let indexes = self.indexes.iter().flat_map(|(name, index)| {
            let at = |key: &'static str| route!["indexes", name.as_str(), key];
            [(at("partition-key"), Some(&index.partition_key)), (at("sort-key"), index.sort_key.as_ref())]
        });
        own.into_iter().chain(indexes).filter_map(|(route, key)| Some((route, key?))).collect()
    }
}

impl Kind for Table {
    const SECTION: &'static str = "tables";
    const NOUN: &'static str = "table";
    const PREFIX: &'static str = "Table";
    const EXAMPLE: &'static str = "
tables:
  idempotency:
    partition-key: { name: key }
    ttl: expires-at
  orders:
    partition-key: { name: customer }
    sort-key: { name: placed-at, type: number }
    indexes:
      by-state:
        partition-key: { name: state }
        projection: keys-only
";

    const FIELDS: &'static [Field] = &[
        field("", "AttributeDefinitions", "partition-key"),
        field("", "BillingMode", "capacity"),
        field("", "DeletionProtectionEnabled", "deletion-protection"),
        field("", "GlobalSecondaryIndexes", "indexes"),
        field("", "KeySchema", "partition-key"),
        field("", "PointInTimeRecoverySpecification", "point-in-time-recovery"),
        field("", "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", "point-in-time-recovery.enabled"),
        field("", "PointInTimeRecoverySpecification.RecoveryPeriodInDays", "point-in-time-recovery.days"),
        field("", "ProvisionedThroughput", "capacity"),
        field("", "SSESpecification", "encryption"),
        field("", "StreamSpecification.StreamViewType", "stream"),
        field("", "TimeToLiveSpecification", "ttl"),
    ];

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        if let Some(table) = &entry.spec().existing {
            existing::only(entry, diags, &["partition-key", "sort-key", "ttl", "indexes"]);
            existing::starts(entry, diags, &route!["existing", "name"], &table.name, "");
            if let Some(key) = &table.kms_key {
                existing::starts(entry, diags, &route!["existing", "kms-key"], key, "arn:");
            }
        }
        keys(entry, diags);
        indexes(entry, diags);
        capacity(entry, diags);
        let days = u32::from(entry.point_in_time_recovery.days);
        let route = route!["point-in-time-recovery", "days"];
        check::bounds(entry, diags, &route, days, (dynamodb::RECOVERY_DAYS, SOURCE));
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        if entry.existing.is_some() {
            return;
        }
        if entry.encryption == Encryption::Kms {
            let properties = object! {
                "Description" => format!("Items of table {}", entry.full_name()),
                "EnableKeyRotation" => true,
                "KeyPolicy" => account_key_policy(),
            };
            cx.add(entry.resource("Key", "AWS::KMS::Key", properties).retain());
        }
        cx.add(entry.resource("", "AWS::DynamoDB::Table", properties(entry)).retain());
        if let Capacity::Provisioned(provisioned) = &entry.spec().capacity {
            scaling(entry, provisioned, None, cx);
            entry.indexes.keys().for_each(|index| scaling(entry, provisioned, Some(index), cx));
        }
    }
}

impl Bound<'_, Table> {
    /// Returns the table's ARN.
    pub fn arn(&self) -> Expr {
        let Some(table) = &self.existing else { return self.handle("").arn() };
        let region = self.region().to_string();
        let name = self.given(&table.name);
        text!["arn:", Pseudo::Partition, ":dynamodb:", region, ":", Pseudo::AccountId, ":table/", name]
    }

    /// Returns the table's name.
    pub fn table_name(&self) -> Expr {
        match &self.existing {
            Some(table) => self.given(&table.name),
            None => self.handle("").reference(),
        }
    }

    /// Returns the ARN of the customer managed key, if there is one.
    fn key_arn(&self) -> Option<Expr> {
        match &self.existing {
            Some(table) => table.kms_key.as_ref().map(|key| self.given(key)),
            None => self.key_of(&self.encryption),
        }
    }

    /// Returns whether its changes are told.
    pub(super) fn has_stream(&self) -> bool {
        self.existing.as_ref().map_or(self.stream.is_some(), |table| table.stream.is_some())
    }

    /// Returns the ARN of the stream of its changes.
    pub fn stream_arn(&self) -> Expr {
        match &self.existing {
            Some(table) => table.stream.as_ref().map(|stream| self.given(stream)).into(),
            None => self.handle("").att("StreamArn"),
        }
    }

    /// Returns what a reader of the stream must be allowed with the key, if there is one.
    pub(super) fn stream_key_statement(&self) -> Option<Statement> {
        self.key_arn().map(|key| Statement::allow(["kms:Decrypt"], key))
    }

    /// Returns what a reader must be allowed.
    ///
    /// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html> (from
    /// memory).
    pub fn read_statements(&self) -> Vec<Statement> {
        const ACTIONS: [&str; 6] = [
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:ConditionCheckItem",
            "dynamodb:DescribeTable",
        ];
        let resources = if self.indexes.is_empty() { self.arn() } else { list![self.arn(), text![self.arn(), "/index/*"]] };
        self.with_key(Statement::allow(ACTIONS, resources))
    }

    /// Returns what a writer must be allowed; conditions and transactions included, reading not.
    pub fn write_statements(&self) -> Vec<Statement> {
        const ACTIONS: [&str; 6] = [
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:BatchWriteItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:DescribeTable",
        ];
        self.with_key(Statement::allow(ACTIONS, self.arn()))
    }

    /// DynamoDB asks KMS in the name of the caller, whatever the caller does.
    ///
    /// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html> and
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html> (read 2026-11-22).
    fn with_key(&self, statement: Statement) -> Vec<Statement> {
        const ACTIONS: [&str; 5] =
            ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"];
        let key = self.key_arn();
        let suffix = self.region().partition().dns_suffix();
        let service = format!("dynamodb.{}.{suffix}", self.region());
        let through = |key| Statement::allow(ACTIONS, key).when("StringEquals", "kms:ViaService", service);
        [Some(statement), key.map(through)].into_iter().flatten().collect()
    }
}

/// Reports attributes that are named badly, declared twice with different types, or used twice in one key.
fn keys(entry: Bound<'_, Table>, diags: &mut Diagnostics) {
    let keys = entry.spec().keys();
    let mut types: BTreeMap<&str, (&Route, KeyType)> = BTreeMap::new();
    for (route, key) in &keys {
        if key.name.is_empty() || key.name.len() > dynamodb::KEY_NAME_BYTES {
            let title = format!("the name of a key attribute has 1 to {} bytes", dynamodb::KEY_NAME_BYTES);
            let at = entry.at(route);
            diags.push(Diagnostic::error("tables/key-name", title).at(at, format!("{} bytes", key.name.len())));
        }
        let (first, kind) = *types.entry(key.name.as_str()).or_insert((route, key.kind));
        if kind != key.kind {
            diags.push(
                Diagnostic::error("tables/key-type", format!("attribute `{}` has two types", key.name))
                    .at(entry.at(route), "another type than before")
                    .also(entry.at(first), "the first use as a key")
                    .help("give both keys the same `type`"),
            );
        }
    }
    let own = [(route!["sort-key"], &entry.partition_key, entry.sort_key.as_ref())];
    let indexes = entry.spec().indexes.iter().map(|(name, index)| {
        (route!["indexes", name.as_str(), "sort-key"], &index.partition_key, index.sort_key.as_ref())
    });
    for (route, partition, sort) in own.into_iter().chain(indexes) {
        if sort.is_some_and(|sort| sort.name == partition.name) {
            let title = format!("`{}` cannot be partition key and sort key at once", partition.name);
            diags.push(Diagnostic::error("tables/same-key-twice", title).at(entry.at(&route), "also the partition key"));
        }
    }
    let ttl = entry.ttl.as_deref().and_then(|ttl| keys.iter().find(|(_, key)| key.name == ttl));
    if let Some((route, _)) = ttl.filter(|(_, key)| key.kind != KeyType::Number) {
        diags.push(
            Diagnostic::error("tables/ttl-type", "the time of expiry must be a number")
                .at(entry.at(&route!["ttl"]), "names a key of another type")
                .also(entry.at(route), "the key")
                .note("DynamoDB ignores items whose expiry is no number of seconds since 1970: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html")
                .help("name an attribute of its own"),
        );
    }
}

fn indexes(entry: Bound<'_, Table>, diags: &mut Diagnostics) {
    if entry.indexes.len() > dynamodb::GLOBAL_INDEXES {
        let title = format!("a table has at most {} global secondary indexes", dynamodb::GLOBAL_INDEXES);
        let at = entry.at(&route!["indexes"]);
        diags.push(Diagnostic::error("tables/too-many-indexes", title).at(at, format!("{} here", entry.indexes.len())));
    }
    for name in entry.indexes.keys().filter(|name| name.as_str().len() < dynamodb::INDEX_NAME_MIN) {
        let title = format!("the name of an index has at least {} characters", dynamodb::INDEX_NAME_MIN);
        let at = entry.at(&route!["indexes", name.as_str()]);
        diags.push(Diagnostic::error("tables/index-name", title).at(at, "too short").help("use a longer name"));
    }
}

fn capacity(entry: Bound<'_, Table>, diags: &mut Diagnostics) {
    let Capacity::Provisioned(provisioned) = &entry.spec().capacity else { return };
    for (key, units) in [("read", &provisioned.read), ("write", &provisioned.write)] {
        let at = |part: &'static str| route!["capacity", "provisioned", key, part];
        check::bounds(entry, diags, &at("min"), units.min, (dynamodb::CAPACITY_UNITS, SOURCE));
        check::bounds(entry, diags, &at("max"), units.max, (dynamodb::CAPACITY_UNITS, SOURCE));
        check::bounds(entry, diags, &at("target"), u32::from(units.target), (dynamodb::TARGET_PERCENT, SOURCE));
        if units.min > units.max {
            diags.push(
                Diagnostic::error("tables/capacity-order", "the fewest units are more than the most")
                    .at(entry.at(&at("min")), format!("at least {}", units.min))
                    .also(entry.at(&at("max")), format!("at most {}", units.max)),
            );
        }
    }
}

fn properties(entry: Bound<'_, Table>) -> Expr {
    let spec = entry.spec();
    let attributes: BTreeMap<&str, KeyType> =
        spec.keys().into_iter().map(|(_, key)| (key.name.as_str(), key.kind)).collect();
    let attributes: Expr = attributes
        .into_iter()
        .map(|(name, kind)| object! { "AttributeName" => name.to_owned(), "AttributeType" => kind.as_str() })
        .collect();
    let throughput = throughput(&spec.capacity);
    let indexes: Vec<Expr> =
        spec.indexes.iter().map(|(name, index)| index_properties(name, index, &throughput)).collect();
    let recovery = &spec.point_in_time_recovery;
    let key = entry.key_arn();
    object! {
        "BillingMode" => match spec.capacity {
            Capacity::OnDemand => "PAY_PER_REQUEST",
            Capacity::Provisioned(_) => "PROVISIONED",
        },
        "ProvisionedThroughput" => throughput,
        "AttributeDefinitions" => attributes,
        "KeySchema" => key_schema(&spec.partition_key, spec.sort_key.as_ref()),
        "GlobalSecondaryIndexes" => (!indexes.is_empty()).then_some(indexes),
        "TimeToLiveSpecification" => spec.ttl.as_ref().map(|name| object! { "AttributeName" => name, "Enabled" => true }),
        "PointInTimeRecoverySpecification" => object! {
            "PointInTimeRecoveryEnabled" => recovery.enabled,
            "RecoveryPeriodInDays" => recovery.enabled.then_some(recovery.days),
        },
        "DeletionProtectionEnabled" => entry.protection(spec.deletion_protection),
        "StreamSpecification" => spec.stream.map(|stream| object! { "StreamViewType" => stream.as_str() }),
        "SSESpecification" => key.map(|key| object! { "SSEEnabled" => true, "SSEType" => "KMS", "KMSMasterKeyId" => key }),
    }
}

fn throughput(capacity: &Capacity) -> Expr {
    match capacity {
        Capacity::OnDemand => Expr::Absent,
        Capacity::Provisioned(units) => {
            object! { "ReadCapacityUnits" => units.read.min, "WriteCapacityUnits" => units.write.min }
        }
    }
}

fn index_properties(name: &Name, index: &Index, throughput: &Expr) -> Expr {
    let projection = match &index.projection {
        Projection::All => object! { "ProjectionType" => "ALL" },
        Projection::KeysOnly => object! { "ProjectionType" => "KEYS_ONLY" },
        Projection::Include(names) => {
            object! { "ProjectionType" => "INCLUDE", "NonKeyAttributes" => names.iter().collect::<Expr>() }
        }
    };
    object! {
        "IndexName" => name.to_string(),
        "KeySchema" => key_schema(&index.partition_key, index.sort_key.as_ref()),
        "Projection" => projection,
        "ProvisionedThroughput" => throughput.clone(),
    }
}

fn key_schema(partition: &Key, sort: Option<&Key>) -> Expr {
    let part = |key: &Key, role: &'static str| object! { "AttributeName" => &key.name, "KeyType" => role };
    list![part(partition, "HASH"), sort.map(|key| part(key, "RANGE"))]
}

/// Makes the units of the table, or of one of its indexes, follow the load.
fn scaling(entry: Bound<'_, Table>, provisioned: &Provisioned, index: Option<&Name>, cx: &mut Lowering<'_>) {
    let resource = match index {
        None => text!["table/", entry.table_name()],
        Some(index) => text!["table/", entry.table_name(), "/index/", index.to_string()],
    };
    let scope = if index.is_some() { "index" } else { "table" };
    let owner = index.map(Name::to_pascal).unwrap_or_default();
    for (word, units) in [("Read", &provisioned.read), ("Write", &provisioned.write)] {
        let target = format!("{owner}{word}Target");
        cx.add(entry.resource(
            &target,
            "AWS::ApplicationAutoScaling::ScalableTarget",
            object! {
                "ServiceNamespace" => "dynamodb",
                "ScalableDimension" => format!("dynamodb:{scope}:{word}CapacityUnits"),
                "ResourceId" => resource.clone(),
                "MinCapacity" => units.min,
                "MaxCapacity" => units.max,
            },
        ));
        let metric = object! { "PredefinedMetricType" => format!("DynamoDB{word}CapacityUtilization") };
        cx.add(entry.resource(
            &format!("{owner}{word}Scaling"),
            "AWS::ApplicationAutoScaling::ScalingPolicy",
            object! {
                "PolicyName" => format!("{word}Utilization"),
                "PolicyType" => "TargetTrackingScaling",
                "ScalingTargetId" => entry.handle(&target).reference(),
                "TargetTrackingScalingPolicyConfiguration" => object! {
                    "PredefinedMetricSpecification" => metric,
                    "TargetValue" => units.target,
                },
            },
        ));
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::kinds::testing::{properties, report, template};

    #[test]
    fn a_table_is_kept_and_recoverable() {
        let yaml = "tables: { idempotency: { partition-key: { name: key }, ttl: expires-at } }";
        assert_eq!(template(yaml)["Resources"]["TableIdempotency"]["DeletionPolicy"], "Retain");
        assert_snapshot!(properties(yaml, "TableIdempotency"), @r"
        BillingMode: PAY_PER_REQUEST
        AttributeDefinitions:
        - AttributeName: key
          AttributeType: S
        KeySchema:
        - AttributeName: key
          KeyType: HASH
        TimeToLiveSpecification:
          AttributeName: expires-at
          Enabled: true
        PointInTimeRecoverySpecification:
          PointInTimeRecoveryEnabled: true
          RecoveryPeriodInDays: 35
        DeletionProtectionEnabled: false
        ");
    }

    #[test]
    fn every_key_attribute_is_declared_once() {
        let yaml = "
tables:
  orders:
    partition-key: { name: customer }
    sort-key: { name: placed-at, type: number }
    indexes:
      by-state: { partition-key: { name: state }, sort-key: { name: placed-at, type: number }, projection: { include: [total] } }
";
        assert_snapshot!(properties(yaml, "TableOrders"), @r"
        BillingMode: PAY_PER_REQUEST
        AttributeDefinitions:
        - AttributeName: customer
          AttributeType: S
        - AttributeName: placed-at
          AttributeType: N
        - AttributeName: state
          AttributeType: S
        KeySchema:
        - AttributeName: customer
          KeyType: HASH
        - AttributeName: placed-at
          KeyType: RANGE
        GlobalSecondaryIndexes:
        - IndexName: by-state
          KeySchema:
          - AttributeName: state
            KeyType: HASH
          - AttributeName: placed-at
            KeyType: RANGE
          Projection:
            ProjectionType: INCLUDE
            NonKeyAttributes:
            - total
        PointInTimeRecoverySpecification:
          PointInTimeRecoveryEnabled: true
          RecoveryPeriodInDays: 35
        DeletionProtectionEnabled: false
        ");
    }

    #[test]
    fn provisioned_units_follow_the_load_of_table_and_index() {
        let yaml = "
tables:
  orders:
    partition-key: { name: id }
    capacity: { provisioned: { read: { min: 5, max: 50 }, write: { min: 2, max: 20 } } }
    indexes: { by-state: { partition-key: { name: state } } }
";
        assert_snapshot!(properties(yaml, "TableOrdersByStateReadTarget"), @r"
        ServiceNamespace: dynamodb
        ScalableDimension: dynamodb:index:ReadCapacityUnits
        ResourceId:
          Fn::Sub: table/${TableOrders}/index/by-state
        MinCapacity: 5
        MaxCapacity: 50
        ");
        assert_snapshot!(properties(yaml, "TableOrdersWriteScaling"), @r"
        PolicyName: WriteUtilization
        PolicyType: TargetTrackingScaling
        ScalingTargetId:
          Ref: TableOrdersWriteTarget
        TargetTrackingScalingPolicyConfiguration:
          PredefinedMetricSpecification:
            PredefinedMetricType: DynamoDBWriteCapacityUtilization
          TargetValue: 70
        ");
    }

    #[test]
    fn a_key_of_its_own_encrypts_and_is_kept() {
        let yaml = "tables: { orders: { partition-key: { name: id }, encryption: kms } }";
        assert_eq!(template(yaml)["Resources"]["TableOrdersKey"]["DeletionPolicy"], "Retain");
        assert!(properties(yaml, "TableOrders").contains("SSEType: KMS"));
    }

    #[test]
    fn contradicting_keys_are_refused() {
        let yaml = "
tables:
  orders:
    partition-key: { name: id }
    sort-key: { name: id }
    ttl: id
    indexes:
      by: { partition-key: { name: id, type: number } }
";
        assert_snapshot!(report(yaml), @r"
        tables/same-key-twice: `id` cannot be partition key and sort key at once <- `sort-key` also the partition key
        tables/ttl-type: the time of expiry must be a number <- `id` names a key of another type
        tables/index-name: the name of an index has at least 3 characters <- `by` too short
        tables/key-type: attribute `id` has two types <- `partition-key` another type than before
        ");
    }

    #[test]
    fn impossible_capacity_is_refused() {
        let yaml = "
tables:
  orders:
    partition-key: { name: id }
    capacity: { provisioned: { read: { min: 9, max: 5 }, write: { min: 0, target: 99 } } }
    point-in-time-recovery: { days: 40 }
";
        assert_snapshot!(report(yaml), @r"
        tables/capacity-order: the fewest units are more than the most <- `9` at least 9
        kinds/out-of-range: `min` must be from 1 to 40000 <- `0` 0 is outside
        kinds/out-of-range: `target` must be from 20 to 90 <- `99` 99 is outside
        kinds/out-of-range: `days` must be from 1 to 35 <- `40` 40 is outside
        ");
    }
}
